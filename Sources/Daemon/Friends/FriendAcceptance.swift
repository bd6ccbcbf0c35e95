internal import APIModel
internal import Identities
internal import Model
internal import Networking

/// The other side of an invitation: finds the node that has made a code, makes sure that it is that
/// one, and only then shows the token.
extension FriendDesk {
    /// - Parameters:
    ///   - gift: bytes that this node keeps for the one who has made the code.
    ///   - name: what that one is called here; `nil` takes its own name.
    /// - Throws: `BD-CODE-TYPO`, `BD-INVITE-OWN`, `BD-INVITE-UNREACHABLE`, `BD-INVITE-STRANGER`,
    ///   `BD-INVITE-REFUSED`, and what ``makeRoom(for:of:)`` throws.
    func accept(
        _ text: String, gift: Int, for name: DisplayName?
    ) async throws(Failure) -> (Friend, [String]) {
        let code = try FriendDesk.code(text)
        let (own, places) = try await ready()
        guard !code.fingerprint.names(own) else {
            throw Failure(
                "BD-INVITE-OWN", .usage, "this code was made by this identity itself",
                remedy: "give it to your friend")
        }
        let notes = try await makeRoom(
            for: gift, of: files.book.all.map(\.user).first { code.fingerprint.names($0) })
        let session = try await find(code)
        let user = session.peer.userID
        let before = files.book.friend(user)
        let now = parts.setting.time.now
        // Promised before it is said: the other side may come at once.
        var friend = Friend(
            user: user, name: before?.name ?? DisplayName(user.short)!,
            gives: before?.gives ?? 0, given: gift, places: code.places,
            since: before?.since ?? now, isPending: before?.isPending ?? true)
        try files.book.put(friend)
        try forgive(user)
        let request = InvitationRequest(
            token: code.token, gift: gift, name: await ownName(), places: places)
        switch try await ask(session, request) {
        case .refused(let refusal):
            if let before { try files.book.put(before) } else { try files.book.remove(user) }
            throw FriendDesk.failure(refusal)
        case .taken(let theirs, let ownName):
            friend.gives = theirs
            friend.isPending = false
            if name != nil || before == nil || before?.isPending == true {
                friend.name = unusedName(name ?? ownName, but: user)
            }
            try files.book.put(friend)
            await parts.events.publish(
                "friend-added", ["user_id": .text("\(user)"), "name": .text(friend.name.text)])
            return (friend, notes)
        }
    }

    private static func code(_ text: String) throws(Failure) -> InvitationCode {
        do throws(InvitationCode.ParseError) {
            return try InvitationCode(text)
        } catch {
            if JoinCode(text) != nil {
                throw Failure(
                    "BD-CODE-TYPO", .usage, "this is the code of a network, not of a friend",
                    remedy: "`bitdust join \(text)`")
            }
            switch error {
            case .newerVersion(let version):
                throw Failure(
                    "BD-CODE-TYPO", .usage,
                    "a newer BitDust has made this code (version \(version))",
                    remedy: "update this one")
            case .character(let character):
                throw Failure(
                    "BD-CODE-TYPO", .usage,
                    "there is a slip in this code: no code has \"\(character)\" in it",
                    remedy: "compare it with what you were sent, group by group")
            case .check, .content:
                throw Failure(
                    "BD-CODE-TYPO", .usage,
                    "there is a slip in this code, or a part of it is missing",
                    remedy: "compare it with what you were sent, group by group")
            }
        }
    }

    // MARK: Who is there

    /// Opens a session with the maker of a code. Whoever else answers at its places hears nothing.
    private func find(_ code: InvitationCode) async throws(Failure) -> Session {
        guard let running = await parts.hub.current else {
            throw Failure("BD-NO-PORT", .failed, "this node opens no port for others")
        }
        var strangers: [String] = []
        var causes: [String] = []
        let ways =
            code.places.direct.map { (endpoint: $0, isRouter: false) }
            + code.places.routers.map { (endpoint: $0, isRouter: true) }
        for way in ways {
            do throws(SessionError) {
                let session =
                    way.isRouter
                    ? try await RoutedDialer(running.dialer).dial(
                        code.fingerprint, by: way.endpoint)
                    : try await running.dialer.dial([way.endpoint], expecting: nil)
                if code.fingerprint.names(session.peer.userID) {
                    await introduce(session)
                    await running.pool.adopt(session)
                    return session
                }
                strangers.append("\(session.peer.userID.short) at \(way.endpoint)")
                await session.close()
            } catch {
                causes.append("\(way.isRouter ? "router " : "")\(way.endpoint): \(error.words)")
            }
        }
        guard strangers.isEmpty else {
            throw Failure(
                "BD-INVITE-STRANGER", .failed,
                "somebody else answers in the place of who has made this code: "
                    + strangers.joined(separator: ", "),
                cause: "another machine has got that address, or somebody is in between and "
                    + "wants to be taken for your friend; nothing was told to it",
                remedy: "ask your friend for a new code, by another way than this one came")
        }
        throw Failure(
            "BD-INVITE-UNREACHABLE", .unreachable, "who has made this code cannot be reached",
            cause: causes.joined(separator: "; "),
            remedy: "the other node has to run (`bitdust daemon`) and its port be open; "
                + "then accept the same code again")
    }

    /// Shows the document of this machine, which may be newer than the one known there.
    private func introduce(_ session: Session) async {
        guard let document = await parts.identity.document else { return }
        _ = try? await session.request(
            SessionRequest(
                header: KnownIdentities.introductionHeader,
                payload: SessionPayload(document.bytes)), deadline: Limits.invitationDeadline)
    }

    private func ask(
        _ session: Session, _ request: InvitationRequest
    ) async throws(Failure) -> InvitationAnswer {
        let response: SessionResponse
        do {
            response = try await session.request(
                SessionRequest(header: request.encoded()), deadline: Limits.invitationDeadline)
        } catch {
            throw Failure(
                "BD-INVITE-UNREACHABLE", .unreachable, "the answer did not come",
                cause: error.words, remedy: "accept the same code again: it counts once")
        }
        do {
            return try InvitationAnswer(response.header)
        } catch {
            throw Failure(
                "BD-INVITE-REFUSED", .failed, "the other node answers what cannot be read",
                cause: "\(error)", remedy: "update the older one of the two")
        }
    }

    private static func failure(_ refusal: InvitationRefusal) -> Failure {
        let (text, remedy) =
            switch refusal {
            case .unknown:
                ("the other node knows no such code: it was taken back", "ask for a new one")
            case .used: ("somebody else has used this code", "ask for a new one")
            case .expired: ("this code is too old", "ask for a new one")
            case .tooManyTries:
                ("too many wrong codes came from here", "try again in an hour")
            case .notNow:
                ("the other node takes nobody now", "ask your friend to resume its supplier")
            }
        return Failure("BD-INVITE-REFUSED", .failed, text, remedy: remedy)
    }
}
