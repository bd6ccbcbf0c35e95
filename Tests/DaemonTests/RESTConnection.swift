import APIModel
import Foundation
import Glibc
import Synchronization

/// What a server answered.
struct RESTAnswer: Sendable {
    let status: Int
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
    var envelope: APIEnvelope? {
        (try? APIValue(parsing: body)).flatMap { APIEnvelope($0) }
    }
}

/// A plain socket: what a hostile client has in hand. Calls block, for 20 s at most; one thread
/// reads at a time.
final class RESTConnection: Sendable {
    struct Ended: Error {}
    struct Failed: Error { let errno: Int32 }

    private let file: Int32
    private let received = Mutex<[UInt8]>([])

    /// Runs blocking code away from the threads that Swift's tasks share.
    static func run<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread { continuation.resume(with: Swift.Result { try body() }) }
            thread.start()
        }
    }

    init(port: UInt16, v6: Bool = false) throws {
        file = socket(v6 ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard file >= 0 else { throw Failed(errno: errno) }
        var limit = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(file, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        // A failed one is closed as it is given up.
        guard (v6 ? connectV6(port) : connectV4(port)) == 0 else { throw Failed(errno: errno) }
    }

    deinit { close(file) }

    private func connectV4(_ port: UInt16) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    private func connectV6(_ port: UInt16) -> Int32 {
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_port = port.bigEndian
        address.sin6_addr = in6addr_loopback
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(file, $0, socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
    }

    func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(file, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failed(errno: errno) }
            rest = rest.dropFirst(count)
        }
    }

    /// The port at this end of an IPv4 connection.
    func localPort() throws -> UInt16 {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(file, $0, &length)
            }
        }
        guard status == 0 else { throw Failed(errno: errno) }
        return UInt16(bigEndian: address.sin_port)
    }

    /// Says that nothing more comes.
    func finish() {
        shutdown(file, Int32(SHUT_WR))
    }

    /// `count` bytes.
    func read(_ count: Int) throws -> [UInt8] {
        try received.withLock { pending in
            while pending.count < count { try fill(&pending) }
            defer { pending.removeFirst(count) }
            return Array(pending.prefix(count))
        }
    }

    /// All until the server closes.
    func readToEnd() throws -> [UInt8] {
        try received.withLock { pending in
            while true {
                do { try fill(&pending) } catch is Ended { break }
            }
            defer { pending = [] }
            return pending
        }
    }

    /// All up to and including `mark`.
    func read(until mark: String) throws -> String {
        let mark = Array(mark.utf8)
        return try received.withLock { pending in
            while true {
                if let range = pending.firstRange(of: mark) {
                    defer { pending.removeFirst(range.upperBound) }
                    return String(decoding: pending[..<range.upperBound], as: UTF8.self)
                }
                try fill(&pending)
            }
        }
    }

    func answer(hasBody: Bool = true) throws -> RESTAnswer {
        let lines = try read(until: "\r\n\r\n").split(separator: "\r\n")
        let status = Int(lines[0].split(separator: " ")[1]) ?? 0
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let halves = line.split(separator: ":", maxSplits: 1)
            headers[halves[0].lowercased()] = String(halves[1].drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        return RESTAnswer(
            status: status, headers: headers, body: hasBody ? try read(length) : [])
    }

    private func fill(_ pending: inout [UInt8]) throws {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = Glibc.recv(file, &bytes, bytes.count, 0)
        if count == 0 { throw Ended() }
        guard count > 0 else {
            if errno == ECONNRESET { throw Ended() }
            throw Failed(errno: errno)
        }
        pending += bytes.prefix(count)
    }
}
