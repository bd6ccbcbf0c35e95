internal import APIModel
internal import Identities
internal import Model
internal import Networking

/// The part of the group `user` that needs a session with the other node: whether it is there, and
/// which way leads to it.
struct UserSessionAPI: Sendable {
    let parts: NodeParts
    /// Finds a user by name, global id or URL.
    let find: @Sendable (String) async -> [IdentityDocument]

    func add(to table: inout APIHandlerTable) {
        table.on("user/ping") { await ping($0) }
        table.on("user/status") { await status($0) }
        table.on("user/status/check") { await check($0) }
    }

    private func ping(_ request: APIRequest) async -> APIEnvelope {
        guard let user = await document(request) else { return .error("unknown user") }
        let retries = request.integer("retries") ?? 2
        var failure = SessionError.closed
        for _ in 0...max(0, retries) {
            do throws(SessionError) {
                let session = try await reach(user.userID, request)
                return .ok(
                    [
                        "global_id": .text("\(user.globalID)"),
                        "path": .text("\(session.path)"), "direct": .bool(session.path.isDirect),
                    ], message: "connected")
            } catch {
                failure = error
                // The next try would be put off as well.
                if case .backingOff = error { break }
                if !error.isTransient { break }
            }
        }
        return .error("no session with \(user.globalID): \(failure.words)")
    }

    private func status(_ request: APIRequest) async -> APIEnvelope {
        guard let user = await document(request) else { return .error("unknown user") }
        return await .ok(item(user))
    }

    private func check(_ request: APIRequest) async -> APIEnvelope {
        guard let user = await document(request) else { return .error("unknown user") }
        _ = try? await reach(user.userID, request)
        return await .ok(item(user))
    }

    private func item(_ user: IdentityDocument) async -> APIValue {
        let session = await parts.hub.current?.pool.openSession(to: PeerName(user.userID))
        return [
            "contact_state": session == nil ? "OFFLINE" : "CONNECTED",
            "idurl": .text("\(user.content.sources[0])"), "global_id": .text("\(user.globalID)"),
            "path": APIValue(session.map { "\($0.path)" }),
        ]
    }

    /// The newest document, which says where the user's node is.
    private func document(_ request: APIRequest) async -> IdentityDocument? {
        guard let found = await find(request.text("user_id") ?? "").first else { return nil }
        parts.hub.known.learn(found)
        return parts.hub.known.document(of: found.userID) ?? found
    }

    /// A session over which something was heard just now.
    private func reach(
        _ user: UserID, _ request: APIRequest
    ) async throws(SessionError) -> Session {
        let session = try await parts.hub.session(to: user)
        let seconds = max(1, min(request.integer("timeout") ?? 15, 3600))
        do throws(SessionError) {
            _ = try await session.request(
                SessionRequest(header: []), deadline: .seconds(seconds))
        } catch {
            // That nobody answers such a request is an answer too.
            guard case .refused(let refusal) = error, refusal != .timedOut else { throw error }
        }
        return session
    }
}
