internal import Identities
internal import Model
internal import Suppliers
internal import Synchronization

/// Documents of others under a new root, which wait before they are believed: whoever stole a seed
/// can put a new root in place, and its owner has `Limits.rotationHold` to see it. Until then the
/// devices count that the former root has named; all of them stay in a rotation of the owner's.
///
/// Time is that in which this node has run, since a clock may be set.
///
/// ```
/// line 1    BDNEXT01 DUE SUM                     docs/formats/identity-document.md
/// the rest  the document
/// ```
///
/// `DUE` is the moment in decimal digits, `SUM` the CRC-32C of the line up to `DUE` and the
/// document, eight hexadecimal digits. In the directory of the identities, as `USER.next`.
///
/// Golden file: `fixtures/identity-document/held-v1.txt`.
///
/// Thread rules: any thread.
final class HeldRotations: Sendable {
    struct Held {
        /// In ``ServiceTime/served``.
        let due: UInt64
        let document: IdentityDocument

        private static let magic = "BDNEXT01 "

        init(due: UInt64, document: IdentityDocument) {
            self.due = due
            self.document = document
        }

        var encoded: [UInt8] {
            let start = Held.magic + "\(due)"
            let sum = Held.sum(Array(start.utf8) + document.bytes)
            return Array("\(start) \(sum)\n".utf8) + document.bytes
        }

        /// `nil` for what is no document that waits.
        init?(_ bytes: [UInt8]) {
            guard let end = bytes.prefix(64).firstIndex(of: UInt8(ascii: "\n")),
                let line = String(validating: bytes[..<end], as: UTF8.self),
                line.hasPrefix(Held.magic)
            else { return nil }
            let words = line.dropFirst(Held.magic.utf8.count).split(
                separator: " ", omittingEmptySubsequences: false)
            guard words.count == 2, let due = UInt64(words[0]), "\(due)" == words[0],
                let document = try? IdentityDocument(decoding: Array(bytes[(end + 1)...]))
            else { return nil }
            self.init(due: due, document: document)
            guard encoded == bytes else { return nil }
        }

        private static func sum(_ bytes: [UInt8]) -> String {
            let digits = String(Checksum.crc32c(bytes.span.bytes), radix: 16)
            return String(repeating: "0", count: 8 - digits.utf8.count) + digits
        }
    }

    private let directory: String
    private let time: ServiceTime
    private let held: Mutex<[UserID: Held]>

    /// - Parameter time: lasts over restarts when it is one with a directory.
    init(directory: String, time: ServiceTime) {
        self.directory = directory
        self.time = time
        var found: [UserID: Held] = [:]
        for name in HomeFile.names(in: directory) where name.hasSuffix(".next") {
            guard let held = HeldRotations.read("\(directory)/\(name)"),
                name == "\(held.document.userID).next"
            else { continue }
            found[held.document.userID] = held
        }
        self.held = Mutex(found)
    }

    /// Lets a document wait, in the place of one that waits already and that it follows: its time
    /// goes on, unless it is under another root again.
    ///
    /// - Returns: whether the root is new here.
    func hold(_ document: IdentityDocument) -> Bool {
        let (entry, isNews) = held.withLock { held -> (Held?, Bool) in
            let user = document.userID
            var due = time.served &+ Limits.rotationHold
            var isNews = true
            if let former = held[user] {
                guard let succession = try? Succession.judge(document, after: former.document),
                    succession != .same
                else { return (nil, false) }
                if succession == .newer { (due, isNews) = (former.due, false) }
            }
            let entry = Held(due: due, document: document)
            held[user] = entry
            return (entry, isNews)
        }
        guard let entry else { return false }
        // What is lost by a full disk waits anew when it is seen again.
        try? time.save(always: true)
        try? HomeFile.write(entry.encoded, to: path(of: document.userID))
        return isNews
    }

    /// The document of a user that has waited long enough, once.
    func due(_ user: UserID) -> IdentityDocument? {
        guard held.withLock({ $0[user] != nil }) else { return nil }
        try? time.save()
        let now = time.served
        let document = held.withLock { held -> IdentityDocument? in
            guard let entry = held[user], entry.due <= now else { return nil }
            held[user] = nil
            return entry.document
        }
        if document != nil { HomeFile.remove(path(of: user)) }
        return document
    }

    func forget(_ user: UserID) {
        guard held.withLock({ $0.removeValue(forKey: user) }) != nil else { return }
        HomeFile.remove(path(of: user))
    }

    /// Nanoseconds until a document that waits is believed; `nil` when none waits.
    func left(_ user: UserID) -> UInt64? {
        held.withLock { $0[user] }.map { $0.due - min($0.due, time.served) }
    }

    private func path(of user: UserID) -> String { "\(directory)/\(user).next" }

    /// `nil` for what is no document that waits.
    static func read(_ path: String) -> Held? {
        let limit = Limits.identityDocumentLengthMax + 64
        return (try? HomeFile.read(path, limit: limit)).flatMap { Held($0) }
    }
}
