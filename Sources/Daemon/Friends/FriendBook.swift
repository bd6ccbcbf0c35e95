internal import APIModel
internal import Glibc
package import Model
package import Networking
internal import Synchronization

/// Somebody with whom this node has agreed that each keeps data of the other.
package struct Friend: Hashable, Sendable {
    package let user: UserID
    /// As this node calls it.
    package var name: DisplayName
    /// Bytes that it keeps for us; 0 of a mere acquaintance.
    package var gives: Int
    /// Bytes that we keep for it.
    package var given: Int
    /// Where it was when it was met.
    package var places: PeerAddresses
    package let since: Timestamp
    /// It was asked, and its answer has not come yet.
    package var isPending: Bool

    package init(
        user: UserID, name: DisplayName, gives: Int, given: Int, places: PeerAddresses,
        since: Timestamp, isPending: Bool = false
    ) {
        self.user = user
        self.name = name
        self.gives = gives
        self.given = given
        self.places = places
        self.since = since
        self.isPending = isPending
    }
}

/// The friends of a home, in its file `friends.json`. The node writes it; commands read it.
///
/// Thread rules: any thread.
package final class FriendBook: Sendable {
    private let path: String
    private let state: Mutex<State>

    private struct State {
        var friends: [Friend]
        var stamp: FileStamp?
    }

    /// The file as bytes, for a machine that takes the place of this one; `nil` without friends.
    package static func bytes(of home: NodeHome) throws(Failure) -> [UInt8]? {
        try HomeFile.readIfThere(home.friends, limit: Limits.friendFileLengthMax)
    }

    /// Writes the friends of another machine of the same user, where there are none yet.
    ///
    /// - Returns: their names; none where there were friends, or `bytes` are not understood.
    package static func restore(
        _ bytes: [UInt8], to home: NodeHome
    ) throws(Failure) -> [DisplayName] {
        guard try read(home.friends).isEmpty,
            let values = (try? APIValue(parsing: bytes))?.asArray
        else { return [] }
        let found = values.compactMap(friend)
        guard !found.isEmpty, found.count <= Limits.friendCountMax else { return [] }
        try HomeFile.write(APIValue.array(found.map(value)).printed, to: home.friends)
        return found.map(\.name)
    }

    /// - Throws: `BD-FILE`, or `BD-FRIENDS` when the file is damaged.
    package init(home: NodeHome) throws(Failure) {
        path = home.friends
        let stamp = FileStamp(path)
        state = Mutex(State(friends: try FriendBook.read(path), stamp: stamp))
    }

    /// As the file has them: a command may have written it that recovers this home. One that
    /// cannot be read leaves them as they are.
    private var friends: [Friend] {
        state.withLock { state in
            let stamp = FileStamp(path)
            if stamp != state.stamp, let fresh = try? FriendBook.read(path) {
                state = State(friends: fresh, stamp: stamp)
            }
            return state.friends
        }
    }

    /// In the order in which they were met.
    package var all: [Friend] { friends }

    package func friend(_ user: UserID) -> Friend? {
        friends.first { $0.user == user }
    }

    /// The friends that a text names: by name, or by at least eight digits of the user id.
    package func named(_ text: String) -> [Friend] {
        let all = all
        let exact = all.filter { $0.name.text == text }
        if !exact.isEmpty { return exact }
        let lower = text.lowercased()
        guard lower.utf8.count >= Limits.userPrefixLengthMin else { return [] }
        return all.filter { $0.user.description.hasPrefix(lower) }
    }

    /// What is promised to each, in bytes.
    var gifts: [UserID: Int] {
        Dictionary(
            friends.filter { $0.given > 0 }.map { ($0.user, $0.given) },
            uniquingKeysWith: { max($0, $1) })
    }

    /// Adds a friend, or what is new of one.
    ///
    /// - Throws: `BD-FRIENDS-FULL`, or `BD-FILE`: then nothing has changed.
    func put(_ friend: Friend) throws(Failure) {
        try change { friends throws(Failure) in
            if let index = friends.firstIndex(where: { $0.user == friend.user }) {
                friends[index] = friend
                return
            }
            guard friends.count < Limits.friendCountMax else {
                throw Failure(
                    "BD-FRIENDS-FULL", .quotaExceeded,
                    "there are \(friends.count) friends already, no more fit",
                    remedy: "`bitdust friends --remove NAME`")
            }
            friends.append(friend)
        }
    }

    /// - Returns: whether there was one.
    @discardableResult
    func remove(_ user: UserID) throws(Failure) -> Bool {
        var isFound = false
        try change { friends throws(Failure) in
            isFound = friends.contains { $0.user == user }
            friends.removeAll { $0.user == user }
        }
        return isFound
    }

    private func change(_ body: (inout [Friend]) throws(Failure) -> Void) throws(Failure) {
        _ = friends
        let outcome = state.withLock { state -> Result<Void, Failure> in
            do throws(Failure) {
                var fresh = state.friends
                try body(&fresh)
                guard fresh != state.friends else { return .success(()) }
                try HomeFile.write(
                    APIValue.array(fresh.map(FriendBook.value)).printed, to: path)
                state = State(friends: fresh, stamp: FileStamp(path))
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
    }

    // MARK: The file

    private static func read(_ path: String) throws(Failure) -> [Friend] {
        guard let bytes = try HomeFile.readIfThere(path, limit: Limits.friendFileLengthMax) else {
            return []
        }
        guard let values = (try? APIValue(parsing: bytes))?.asArray else {
            throw FriendBook.damaged(path)
        }
        return try values.map { value throws(Failure) in
            guard let friend = friend(value) else { throw FriendBook.damaged(path) }
            return friend
        }
    }

    static func damaged(_ path: String) -> Failure {
        Failure(
            "BD-FRIENDS", .badData, "\(path) is damaged",
            remedy: "move it aside; friends come back by new invitations, their data is not lost")
    }

    private static func value(_ friend: Friend) -> APIValue {
        [
            "user_id": .text("\(friend.user)"), "name": .text(friend.name.text),
            "gives": APIValue(friend.gives), "given": APIValue(friend.given),
            "endpoints": APIValue(friend.places.direct.map(\.description)),
            "routers": APIValue(friend.places.routers.map(\.description)),
            "since": .integer(friend.since.nanoseconds), "pending": .bool(friend.isPending),
        ]
    }

    private static func friend(_ value: APIValue) -> Friend? {
        guard let user = UserID(hex: value["user_id"]?.asText ?? ""),
            let name = DisplayName(value["name"]?.asText ?? ""),
            let gives = value["gives"]?.asInteger, let given = value["given"]?.asInteger,
            let since = value["since"]?.asInteger, gives >= 0, given >= 0,
            gives <= Limits.diskSpaceMax, given <= Limits.diskSpaceMax
        else { return nil }
        return Friend(
            user: user, name: name, gives: Int(gives), given: Int(given),
            places: PeerAddresses(
                direct: endpoints(value["endpoints"]), routers: endpoints(value["routers"])),
            since: Timestamp(nanoseconds: since), isPending: value["pending"]?.asBool ?? false)
    }

    private static func endpoints(_ value: APIValue?) -> [Endpoint] {
        (value?.asArray ?? []).compactMap { $0.asText.flatMap { Endpoint($0) } }
    }
}

/// Tells one state of a file from the next.
private struct FileStamp: Equatable {
    private let file: UInt
    private let length: Int
    private let seconds: Int
    private let nanoseconds: Int

    /// `nil` where there is none.
    init?(_ path: String) {
        var found = stat()
        guard stat(path, &found) == 0 else { return nil }
        file = found.st_ino
        length = found.st_size
        seconds = found.st_mtim.tv_sec
        nanoseconds = found.st_mtim.tv_nsec
    }
}
