internal import APIModel
internal import Identities
internal import IdentityServers
internal import Model

/// The group `user`: finding by name, and what ``UserSessionAPI`` adds.
struct UserAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("user/search") { await search($0) }
        table.on("user/observe") { await observe($0) }
        UserSessionAPI(parts: parts, find: { await found($0) }).add(to: &table)
        FriendAPI(parts: parts, find: { await found($0) }).add(to: &table)
        return table
    }

    private func search(_ request: APIRequest) async -> APIEnvelope {
        let nickname = request.text("nickname") ?? ""
        guard let found = await found(nickname).first else {
            return .ok(UserAPI.item(nickname, nil, position: nil))
        }
        return .ok(UserAPI.item(nickname, found, position: 0))
    }

    private func observe(_ request: APIRequest) async -> APIEnvelope {
        let nickname = request.text("nickname") ?? ""
        let found = await found(nickname)
        return .result(
            .array(
                found.enumerated().map { UserAPI.item(nickname, $1, position: $0) }))
    }

    private static func item(
        _ nickname: String, _ document: IdentityDocument?, position: Int?
    ) -> APIValue {
        [
            "result": .text(document == nil ? "not exist" : "exist"),
            "nickname": .text(nickname), "position": position.map { APIValue($0) } ?? .null,
            "global_id": APIValue(document.map { "\($0.globalID)" }),
            "idurl": APIValue(document.map { "\($0.content.sources[0])" }),
        ]
    }

    /// Documents under a name: of a global id or a URL the one that is meant, of a bare name those
    /// that the known identity servers hold, each user once.
    private func found(_ text: String) async -> [IdentityDocument] {
        let sources: [Source]
        if let source = Source(text) ?? GlobalID(text)?.source {
            sources = [source]
        } else if let name = IdentityName(text) {
            sources = parts.knownServers.map { $0.source(of: name) }
        } else {
            return []
        }
        let exchange = NodeExchange(client: parts.http)
        let documents = await DocumentSearch(exchange: exchange).documents(at: sources)
        var seen: Set<UserID> = []
        return documents.filter { seen.insert($0.userID).inserted }
    }
}
