internal import APIModel
internal import Glibc
package import Model
internal import Synchronization

/// The join codes that a node has given out: until when each holds, and how many may still use it.
///
/// A file of the home, read anew for every use, so that a command can add a code while the node
/// runs.
package final class JoinBook: Sendable {
    package struct Entry: Equatable, Sendable {
        package let token: String
        package let network: String
        /// Nanoseconds since 1970.
        package let end: Int64
        package var uses: Int
    }

    package static let lifetime: Int64 = 24 * 3600 * 1_000_000_000
    package static let usesOfNew = 3
    /// Wrong codes that a node hears before it takes no code at all any more.
    private static let wrongCountMax = 1000

    private let path: String
    private let wrongCount = Mutex(0)

    package init(home: NodeHome) {
        path = "\(home.path)/join-codes.json"
    }

    package func add(_ code: JoinCode, network: String, now: Timestamp) throws(Failure) {
        let entry = Entry(
            token: code.token, network: network, end: now.nanoseconds + JoinBook.lifetime,
            uses: JoinBook.usesOfNew)
        try change { entries throws(Failure) in
            entries = entries.filter { $0.end > now.nanoseconds && $0.uses > 0 } + [entry]
        }
    }

    /// Takes one use of a code.
    ///
    /// - Returns: the name of its network; `nil` when there is no such code, or no more.
    package func use(_ token: String, now: Timestamp) throws(Failure) -> String? {
        guard wrongCount.withLock({ $0 < JoinBook.wrongCountMax }) else { return nil }
        var network: String?
        try change { entries throws(Failure) in
            let index = entries.firstIndex {
                $0.token == token && $0.end > now.nanoseconds && $0.uses > 0
            }
            guard let index else { return }
            entries[index].uses -= 1
            network = entries[index].network
        }
        if network == nil { wrongCount.withLock { $0 += 1 } }
        return network
    }

    /// One process at a time reads, changes and writes the file.
    private func change(
        _ body: (inout [Entry]) throws(Failure) -> Void
    ) throws(Failure) {
        let lock = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if lock >= 0 { flock(lock, LOCK_EX) }
        defer { if lock >= 0 { close(lock) } }
        let old = try entries()
        var new = old
        try body(&new)
        guard new != old else { return }
        try HomeFile.write(APIValue.array(new.map(JoinBook.value)).printed, to: path)
    }

    private func entries() throws(Failure) -> [Entry] {
        guard let bytes = try HomeFile.readIfThere(path, limit: 64 << 10),
            let values = (try? APIValue(parsing: bytes))?.asArray
        else { return [] }
        return values.compactMap { value in
            guard let token = value["token"]?.asText, let network = value["network"]?.asText,
                let end = value["end"]?.asInteger, let uses = value["uses"]?.asInteger
            else { return nil }
            return Entry(token: token, network: network, end: end, uses: Int(clamping: uses))
        }
    }

    private static func value(_ entry: Entry) -> APIValue {
        [
            "token": .text(entry.token), "network": .text(entry.network),
            "end": .integer(entry.end), "uses": APIValue(entry.uses),
        ]
    }
}
