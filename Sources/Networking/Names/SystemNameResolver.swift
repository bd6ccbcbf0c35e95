internal import Glibc
package import Model
internal import NIOPosix
internal import Synchronization

/// Asks the system, as its hosts file and its name servers say, and keeps answers for a minute.
///
/// The system's function blocks for seconds when a name server is away, so it runs on threads of
/// its own and never on Swift's.
package final class SystemNameResolver: NameResolver {
    private let time: any TimeSource
    private let cache = Mutex(NameCache())

    package init(time: any TimeSource) {
        self.time = time
    }

    package func addresses(of name: String) async throws(NameError) -> [IPAddress] {
        if let address = IPAddress(name) { return [address] }
        guard HostName.isValid(name) else { throw .notFound(name) }
        let key = name.lowercased()
        let uptime = time.uptime
        if let known = cache.withLock({ $0.answer(for: key, at: uptime) }) {
            return try known.get()
        }
        let answer = await ask(key)
        let answered = time.uptime
        cache.withLock { $0.keep(answer, for: key, at: answered) }
        return try answer.get()
    }

    private func ask(_ name: String) async -> NameCache.Answer {
        do {
            return try await NIOThreadPool.singleton.runIfActive { SystemNameResolver.query(name) }
        } catch {
            return .failure(.noAnswer(name))
        }
    }

    private static func query(_ name: String) -> NameCache.Answer {
        var hints = addrinfo()
        // Else every address would come once for each kind of socket.
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name, nil, &hints, &list)
        defer { if let list { freeaddrinfo(list) } }
        guard status == 0 else {
            return .failure(status == EAI_AGAIN ? .noAnswer(name) : .notFound(name))
        }
        var found: [IPAddress] = []
        var next = list
        while let entry = next?.pointee, found.count < Limits.nameAnswerCountMax {
            let bytes = UnsafeRawBufferPointer(start: entry.ai_addr, count: Int(entry.ai_addrlen))
            if let address = SocketAddresses.endpoint(bytes)?.address, !found.contains(address) {
                found.append(address)
            }
            next = entry.ai_next
        }
        return found.isEmpty ? .failure(.notFound(name)) : .success(found)
    }
}
