internal import APIModel
internal import Identities
internal import Model
internal import Networking
internal import Settings
internal import Suppliers

/// The group `friend`: who they are, invitations, and taking one.
struct FriendAPI: Sendable {
    let parts: NodeParts
    /// Finds a user by name, global id or URL.
    let find: @Sendable (String) async -> [IdentityDocument]

    private var desk: FriendDesk { FriendDesk(parts: parts) }

    func add(to table: inout APIHandlerTable) {
        table.on("friend/list") { await list($0) }
        table.on("friend/add") { await add($0) }
        table.on("friend/remove") { await remove($0) }
        table.on("friend/invite") { await invite($0) }
        table.on("friend/accept") { await accept($0) }
        table.on("friend/invitations") { _ in invitations() }
        table.on("friend/cancel") { cancel($0) }
    }

    /// An answer whose `reason` is the code of the failure and whose `message` says what to do.
    private static func error(_ failure: Failure) -> APIEnvelope {
        .error(
            failure.message, message: failure.remedy, reason: failure.code,
            more: [
                "cause": APIValue(failure.cause), "exit": APIValue(Int(failure.status.rawValue)),
            ])
    }

    // MARK: Friends

    private func list(_ request: APIRequest) async -> APIEnvelope {
        let friends = parts.friends.book.all
        let stored = await storedByteCounts()
        if request.flag("check") { await reach(friends) }
        var items: [APIValue] = []
        for (index, friend) in friends.enumerated() {
            items.append(await item(friend, index: index, stored: stored[friend.user] ?? 0))
        }
        return .result(.array(items))
    }

    /// Tries to get a session with each, all at once.
    private func reach(_ friends: [Friend]) async {
        await withTaskGroup(of: Void.self) { group in
            for friend in friends {
                group.addTask { [parts] in
                    var places = await parts.hub.addresses(of: friend.user)
                    for endpoint in friend.places.direct where !places.direct.contains(endpoint) {
                        places.direct.append(endpoint)
                    }
                    for router in friend.places.routers where !places.routers.contains(router) {
                        places.routers.append(router)
                    }
                    _ = try? await parts.hub.session(to: PeerName(friend.user), at: places)
                }
            }
        }
    }

    private func item(_ friend: Friend, index: Int, stored: Int) async -> APIValue {
        let session = await parts.hub.current?.pool.openSession(to: PeerName(friend.user))
        let document = parts.hub.known.document(of: friend.user)
        let state = session == nil ? "OFFLINE" : "CONNECTED"
        return .object(
            parts.hub.known.names(of: friend.user).merging([
                "idhost": APIValue(document.map { "\($0.content.sources[0].host)" }),
                "username": APIValue(document?.name.text), "alias": .text(friend.name.text),
                "contact_state": .text(state), "index": APIValue(index),
                "id": .text("\(friend.user)"), "name": .text(friend.name.text),
                "state": .text(friend.isPending ? "PENDING" : state),
                "gives_bytes": APIValue(friend.gives), "given_bytes": APIValue(friend.given),
                "stored_bytes": APIValue(stored), "path": APIValue(session.map { "\($0.path)" }),
                "address": .text(friend.address.description),
            ]) { $1 })
    }

    /// Bytes of what each user has stored here.
    private func storedByteCounts() async -> [UserID: Int] {
        guard let supplier = parts.supplier.current else { return [:] }
        let counts = try? await supplier.answers.perform {
            supplier.donation.promises.map { ($0.owner, $0.charged) }
        }
        return Dictionary(counts ?? [], uniquingKeysWith: { $0 + $1 })
    }

    private func add(_ request: APIRequest) async -> APIEnvelope {
        guard let document = await find(request.text("trusted_user_id") ?? "").first else {
            return .error("unknown user")
        }
        let alias = request.text("alias") ?? ""
        guard let name = DisplayName(alias.isEmpty ? document.name.text : alias) else {
            return .error("invalid alias")
        }
        guard parts.friends.book.friend(document.userID) == nil else {
            return .ok(message: "this friend has been already added")
        }
        parts.hub.known.learn(document)
        do throws(Failure) {
            try parts.friends.book.put(
                Friend(
                    user: document.userID, name: desk.unusedName(name), gives: 0, given: 0,
                    places: PeerAddresses(), since: parts.setting.time.now))
        } catch {
            return FriendAPI.error(error)
        }
        return .ok(message: "new friend has been added")
    }

    private func remove(_ request: APIRequest) async -> APIEnvelope {
        let text = request.text("user_id") ?? ""
        do throws(Failure) {
            var removed = try await desk.remove(text)
            if removed == nil {
                let known = parts.friends.book.all.first { friend in
                    parts.hub.known.document(of: friend.user).map {
                        "\($0.globalID)" == text || "\($0.content.sources[0])" == text
                    } ?? false
                }
                if let known { removed = try await desk.remove("\(known.user)") }
            }
            guard let removed else { return .error("friend not found") }
            let stored = await storedByteCounts()[removed.user] ?? 0
            return .ok(
                [
                    "id": .text("\(removed.user)"), "name": .text(removed.name.text),
                    "stored_bytes": APIValue(stored),
                ], message: "friend has been removed")
        } catch {
            return FriendAPI.error(error)
        }
    }

    // MARK: Invitations

    private func gift(_ request: APIRequest) throws(Failure) -> Int {
        let text = request.text("give") ?? ""
        guard let space = try? DiskSpace(text), space.byteCount >= Limits.networkQuotaMin else {
            throw Failure(
                "BD-GIFT", .usage, "\"\(displayText(text.utf8))\" is no size that can be given",
                remedy: "write it as in 100GB; the least is "
                    + DiskSpace.readable(Limits.networkQuotaMin))
        }
        return Int(clamping: space.byteCount)
    }

    /// What the friend is called here; `nil` when nobody says.
    private func name(_ request: APIRequest) throws(Failure) -> DisplayName? {
        guard let text = request.text("name"), !text.isEmpty else { return nil }
        guard let name = DisplayName(text) else {
            throw Failure(
                "BD-FRIEND-NAME", .usage, "\"\(displayText(text.utf8))\" cannot name a friend",
                remedy: "use 1 to \(Limits.displayNameLengthMax) visible characters")
        }
        return name
    }

    private func invite(_ request: APIRequest) async -> APIEnvelope {
        do throws(Failure) {
            let gift = try gift(request)
            let name = try name(request)
            let most = Int(Limits.invitationDaysMax * 86_400)
            let seconds = request.integer("seconds") ?? Int(Limits.invitationDaysDefault * 86_400)
            guard (1...most).contains(seconds) else {
                throw Failure(
                    "BD-EXPIRES", .usage, "an invitation holds a second to a year",
                    remedy: "as in --expires 7d")
            }
            let made = try await desk.invite(
                gift: gift, for: name, nanoseconds: Int64(seconds) * 1_000_000_000)
            var item = FriendAPI.item(made.invitation).asObject ?? [:]
            item["places"] = APIValue(
                made.places.direct.map { "\($0)" } + made.places.routers.map { "router \($0)" })
            item["local_only"] = .bool(made.places.isLocal)
            item["notes"] = APIValue(made.notes)
            return .ok(.object(item))
        } catch {
            return FriendAPI.error(error)
        }
    }

    private static func item(_ invitation: Invitation) -> APIValue {
        [
            "code": .text(invitation.code), "give_bytes": APIValue(invitation.gift),
            "name": APIValue(invitation.name?.text),
            "expires": .integer(invitation.end.nanoseconds / 1_000_000_000),
        ]
    }

    private func invitations() -> APIEnvelope {
        let now = parts.setting.time.now
        return .result(.array(parts.friends.invitations.open(at: now).map(FriendAPI.item)))
    }

    private func cancel(_ request: APIRequest) -> APIEnvelope {
        do throws(Failure) {
            let text = request.text("code") ?? ""
            guard
                let found = try parts.friends.invitations.cancel(
                    text, now: parts.setting.time.now)
            else {
                throw Failure(
                    "BD-INVITATION-UNKNOWN", .usage, "no open invitation ends with that",
                    remedy: "`bitdust invitations` lists them")
            }
            return .ok(FriendAPI.item(found), message: "taken back")
        } catch {
            return FriendAPI.error(error)
        }
    }

    private func accept(_ request: APIRequest) async -> APIEnvelope {
        do throws(Failure) {
            let (friend, notes) = try await desk.accept(
                request.text("code") ?? "", gift: try gift(request), for: try name(request))
            return .ok([
                "id": .text("\(friend.user)"), "name": .text(friend.name.text),
                "gives_bytes": APIValue(friend.gives), "given_bytes": APIValue(friend.given),
                "address": .text(friend.address.description), "notes": APIValue(notes),
            ])
        } catch {
            return FriendAPI.error(error)
        }
    }
}
