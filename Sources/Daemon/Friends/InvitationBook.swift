internal import APIModel
internal import Hashing
internal import Model
internal import Synchronization

/// One code that this node has given out.
struct Invitation: Hashable, Sendable {
    let token: [UInt8]
    /// The whole code, to be shown again.
    let code: String
    /// Bytes that are kept for whoever takes it.
    let gift: Int
    /// What its maker calls whom it is for; `nil` when nobody was named.
    let name: DisplayName?
    let end: Timestamp
    /// Who has taken it.
    var user: UserID?

    func isOpen(at now: Timestamp) -> Bool { user == nil && now < end }
}

/// The invitations of a home, in its file `invitations.json`, which only the node uses: whom a token
/// lets in, and once.
///
/// Thread rules: any thread.
final class InvitationBook: Sendable {
    private let path: String
    private let invitations: Mutex<[Invitation]>

    /// - Throws: `BD-FILE`, or `BD-FRIENDS` when the file is damaged.
    init(home: NodeHome) throws(Failure) {
        path = home.invitations
        invitations = Mutex(try InvitationBook.read(path))
    }

    var all: [Invitation] { invitations.withLock { $0 } }

    func open(at now: Timestamp) -> [Invitation] { all.filter { $0.isOpen(at: now) } }

    /// Bytes that invitations promise which may still be taken.
    func reserved(at now: Timestamp) -> Int { open(at: now).reduce(0) { $0 + $1.gift } }

    /// - Throws: `BD-INVITATIONS-FULL`, or `BD-FILE`.
    func add(_ invitation: Invitation, now: Timestamp) throws(Failure) {
        try change { all throws(Failure) in
            // A week after its end nobody asks any more what became of it.
            all.removeAll { now.nanoseconds - $0.end.nanoseconds > InvitationBook.memory }
            guard all.count(where: { $0.isOpen(at: now) }) < Limits.invitationCountMax else {
                throw Failure(
                    "BD-INVITATIONS-FULL", .quotaExceeded,
                    "\(Limits.invitationCountMax) invitations wait already",
                    remedy: "take one back: `bitdust invitations --cancel CODE`")
            }
            all.append(invitation)
        }
    }

    private static let memory: Int64 = 7 * 86_400 * 1_000_000_000

    /// Takes an invitation that nobody has used back.
    ///
    /// - Parameter text: a whole code, or its last group.
    /// - Returns: `nil` when there is none, or several end so.
    func cancel(_ text: String, now: Timestamp) throws(Failure) -> Invitation? {
        let wanted = InvitationBook.plain(text)
        guard wanted.utf8.count >= 3 else { return nil }
        let matches = open(at: now).filter { InvitationBook.plain($0.code).hasSuffix(wanted) }
        guard let found = matches.first, matches.count == 1 else { return nil }
        try change { all throws(Failure) in all.removeAll { $0.token == found.token } }
        return found
    }

    private static func plain(_ text: String) -> String {
        String(text.lowercased().filter { $0 != "-" && !$0.isWhitespace })
    }

    /// Lets `user` in by a token, once: the same user may ask again for an answer that was lost.
    ///
    /// How long it takes does not depend on how much of a token is right.
    func use(
        _ token: [UInt8], by user: UserID, now: Timestamp
    ) throws(Failure) -> Result<Invitation, InvitationRefusal> {
        var outcome = Result<Invitation, InvitationRefusal>.failure(.unknown)
        let wanted = InvitationBook.digest(token)
        try change { all throws(Failure) in
            var found: Int?
            for (index, one) in all.enumerated() where InvitationBook.digest(one.token) == wanted {
                found = index
            }
            guard let found else { return }
            let one = all[found]
            if let taken = one.user {
                outcome = taken == user ? .success(one) : .failure(.used)
            } else if one.end <= now {
                outcome = .failure(.expired)
            } else {
                all[found].user = user
                outcome = .success(all[found])
            }
        }
        return outcome
    }

    /// Compares in a time that does not depend on the bytes.
    private static func digest(_ token: [UInt8]) -> SecretBytes {
        SecretBytes(BLAKE3.hash(token.span.bytes))
    }

    private func change(
        _ body: (inout [Invitation]) throws(Failure) -> Void
    ) throws(Failure) {
        let outcome = invitations.withLock { all -> Result<Void, Failure> in
            do throws(Failure) {
                var fresh = all
                try body(&fresh)
                guard fresh != all else { return .success(()) }
                try HomeFile.write(
                    APIValue.array(fresh.map(InvitationBook.value)).printed, to: path)
                all = fresh
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    // MARK: The file

    private static func read(_ path: String) throws(Failure) -> [Invitation] {
        guard let bytes = try HomeFile.readIfThere(path, limit: Limits.friendFileLengthMax) else {
            return []
        }
        guard let values = (try? APIValue(parsing: bytes))?.asArray else {
            throw FriendBook.damaged(path)
        }
        return try values.map { value throws(Failure) in
            guard let invitation = invitation(value) else { throw FriendBook.damaged(path) }
            return invitation
        }
    }

    private static func value(_ invitation: Invitation) -> APIValue {
        [
            "code": .text(invitation.code), "gift": APIValue(invitation.gift),
            "name": APIValue(invitation.name?.text), "end": .integer(invitation.end.nanoseconds),
            "user_id": APIValue(invitation.user?.description),
        ]
    }

    private static func invitation(_ value: APIValue) -> Invitation? {
        guard let text = value["code"]?.asText, let code = try? InvitationCode(text),
            let gift = value["gift"]?.asInteger, let end = value["end"]?.asInteger,
            gift >= 0, gift <= Limits.diskSpaceMax
        else { return nil }
        return Invitation(
            token: code.token, code: text, gift: Int(gift),
            name: value["name"]?.asText.flatMap { DisplayName($0) },
            end: Timestamp(nanoseconds: end),
            user: value["user_id"]?.asText.flatMap { UserID(hex: $0) })
    }
}

/// Wrong tokens of the last hour by where they came from: whoever guesses is not heard for long.
final class InvitationTries: Sendable {
    private struct Tries {
        var count: Int
        /// Uptime in nanoseconds.
        var since: UInt64
    }

    private let tries = Mutex<[IPAddress: Tries]>([:])

    /// Whether somebody from there may show a token.
    func admits(_ address: IPAddress, at uptime: UInt64) -> Bool {
        tries.withLock { tries in
            guard let known = tries[InvitationTries.key(address)] else { return true }
            return uptime - known.since >= Limits.invitationTriesWindow
                || known.count < Limits.invitationTriesMax
        }
    }

    /// Notes a wrong one.
    func note(_ address: IPAddress, at uptime: UInt64) {
        let key = InvitationTries.key(address)
        tries.withLock { tries in
            let known = tries[key]
            let isFresh = known.map { uptime - $0.since >= Limits.invitationTriesWindow } ?? true
            if known == nil, tries.count >= Limits.invitationTrierCountMax,
                let oldest = tries.min(by: { $0.value.since < $1.value.since })?.key
            {
                tries[oldest] = nil
            }
            tries[key] = Tries(
                count: isFresh ? 1 : (known?.count ?? 0) + 1,
                since: isFresh ? uptime : known?.since ?? uptime)
        }
    }

    /// Within a home network each address counts for itself.
    private static func key(_ address: IPAddress) -> IPAddress {
        address.isLocal ? address : address.range
    }
}
