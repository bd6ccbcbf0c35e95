internal import APIModel
internal import Identities
internal import Logging
internal import Model
internal import Networking
internal import Settings

/// What a node knows of friends and invitations.
struct FriendFiles: Sendable {
    let book: FriendBook
    let invitations: InvitationBook
    let tries = InvitationTries()

    init(home: NodeHome) throws(Failure) {
        book = try FriendBook(home: home)
        invitations = try InvitationBook(home: home)
    }
}

/// The maker's side of invitations: gives codes out, and answers those who come with one.
struct FriendDesk: Sendable {
    let parts: NodeParts

    static let magic = SessionHandlers.Magic("BDINVT01")

    var files: FriendFiles { parts.friends }

    /// What an invitation or its acceptance has changed, for people.
    struct Made: Sendable {
        let invitation: Invitation
        let places: PeerAddresses
        let notes: [String]
    }

    // MARK: Giving codes out

    /// Makes a code; what it promises nobody else can have from now on.
    func invite(
        gift: Int, for name: DisplayName?, nanoseconds: Int64
    ) async throws(Failure) -> Made {
        let (user, places) = try await ready()
        let notes = try await makeRoom(for: gift, of: nil)
        let now = parts.setting.time.now
        let short = places.short
        let token = parts.setting.random.bytes(Limits.invitationTokenLength)
        let code = InvitationCode(
            places: short, fingerprint: UserFingerprint(of: user), token: token)
        let invitation = Invitation(
            token: token, code: code.description, gift: gift, name: name,
            end: Timestamp(nanoseconds: now.nanoseconds + nanoseconds), user: nil)
        try files.invitations.add(invitation, now: now)
        return Made(invitation: invitation, places: short, notes: notes)
    }

    // MARK: Answering

    /// Answers who comes with a token.
    func answer(
        _ peer: SessionPeer, _ request: SessionRequest
    ) async throws -> SessionResponse {
        let uptime = parts.setting.time.uptime
        // One that came through us to somebody else's session shows no address: it counts as one.
        let address = await parts.hub.address(of: peer) ?? .v4(0)
        guard files.tries.admits(address, at: uptime) else {
            return response(.refused(.tooManyTries))
        }
        guard let wanted = try? InvitationRequest(request.header) else {
            throw SessionRefusal.failed
        }
        let values = parts.values
        guard !values[SupplierSettings.isPaused], !values[SupplierSettings.isLeaving] else {
            return response(.refused(.notNow))
        }
        let log = parts.logs.logger("friends")
        do {
            let now = parts.setting.time.now
            switch try files.invitations.use(wanted.token, by: peer.userID, now: now) {
            case .failure(let refusal):
                if refusal == .unknown { files.tries.note(address, at: uptime) }
                log.warning("\(address) came with a code that is not taken: \(refusal)")
                return response(.refused(refusal))
            case .success(let invitation):
                let friend = try await befriend(peer.userID, wanted, invitation)
                log.notice("\(friend.name) has taken an invitation")
                FriendHiring(parts: parts).begin(friend)
                return response(.taken(gift: invitation.gift, name: await ownName()))
            }
        } catch {
            log.error("an invitation was not taken: \(NodeProcess.text(error))")
            throw SessionRefusal.failed
        }
    }

    private func response(_ answer: InvitationAnswer) -> SessionResponse {
        SessionResponse(header: answer.encoded())
    }

    private func befriend(
        _ user: UserID, _ request: InvitationRequest, _ invitation: Invitation
    ) async throws(Failure) -> Friend {
        let known = files.book.friend(user)
        let friend = Friend(
            user: user, name: known?.name ?? unusedName(invitation.name ?? request.name),
            gives: request.gift, given: invitation.gift, places: request.places,
            since: known?.since ?? parts.setting.time.now)
        try files.book.put(friend)
        try forgive(user)
        await parts.events.publish(
            "friend-added", ["user_id": .text("\(user)"), "name": .text(friend.name.text)])
        return friend
    }

    /// A name that no other friend has: two may be called alike.
    func unusedName(_ name: DisplayName, but user: UserID? = nil) -> DisplayName {
        let taken = Set(files.book.all.filter { $0.user != user }.map(\.name))
        guard taken.contains(name) else { return name }
        for number in 2...Limits.friendCountMax + 1 {
            let text = name.text.prefix(Limits.displayNameLengthMax / 4) + " \(number)"
            if let other = DisplayName(String(text)), !taken.contains(other) { return other }
        }
        return name
    }

    /// Takes new data of somebody again whose friendship had ended.
    func forgive(_ user: UserID) throws(Failure) {
        let rejected = parts.values[SupplierSettings.rejected]
        guard rejected.contains("\(user)") else { return }
        try parts.configuration.set(
            SupplierSettings.rejected.key.path,
            rejected.filter { $0 != "\(user)" }.joined(separator: " "))
    }

    // MARK: Ending

    /// Ends a friendship: what the friend has stored here stays and can be read, nothing new of it
    /// is taken, and what was promised is free again.
    ///
    /// - Returns: the friend; `nil` when there is none of that name.
    func remove(_ text: String) async throws(Failure) -> Friend? {
        let found = files.book.named(text)
        guard let friend = found.first, found.count == 1 else { return nil }
        try files.book.remove(friend.user)
        let rejected = parts.values[SupplierSettings.rejected]
        if friend.given > 0, !rejected.contains("\(friend.user)") {
            try parts.configuration.set(
                SupplierSettings.rejected.key.path,
                (rejected + ["\(friend.user)"]).joined(separator: " "))
        }
        await parts.events.publish("friend-removed", ["user_id": .text("\(friend.user)")])
        return friend
    }
}

extension PeerAddresses {
    /// What fits a code: one place of the node's own and two routers, or two of its own.
    fileprivate var short: PeerAddresses {
        let own = routers.isEmpty ? 2 : 1
        return PeerAddresses(
            direct: Array(direct.prefix(own)),
            routers: Array(routers.prefix(Limits.invitationPlaceCountMax - own)))
    }

    /// Whether nobody beyond this machine and its own network can come.
    var isLocal: Bool { (direct + routers).allSatisfy(\.address.isLocal) }
}
