internal import APIModel
internal import Identities
internal import Model

/// What the groups `identity` and `key` need a running node for: becoming an identity that there
/// is, its servers, its keys, and the identities of others.
struct KnownIdentityAPI: Sendable {
    let parts: NodeParts

    var handlers: APIHandlerTable {
        var table = APIHandlerTable()
        table.on("identity/recover") { await recover($0) }
        table.on("identity/rotate") { _ in await rotate() }
        table.on("identity/cache/list") { _ in
            .result(
                .array(
                    parts.hub.known.documents.map { IdentityJSON.value($0, withXML: false) }))
        }
        table.on("key/list") { _ in await keys { .result(.array([$0])) } }
        table.on("key/get") { request in await key(request) }
        return table
    }

    // MARK: identity

    private func recover(_ request: APIRequest) async -> APIEnvelope {
        do {
            guard let root = try keyFile(request) else {
                return .error("must provide private key in order to recover your identity")
            }
            var sources: [Source] = []
            if let text = request.text("known_idurl"), !text.isEmpty {
                guard let source = Source(text) else {
                    return .error("known_idurl must be like http://HOST/NAME.xml")
                }
                sources = [source]
            }
            let actions = RootActions(home: parts.home, setting: parts.setting)
            let document = try await parts.identity.recover(root, sources: sources, by: actions)
            return .ok(
                IdentityJSON.value(document, withXML: true),
                message: "identity \(document.globalID) was recovered")
        } catch let failure as Failure {
            return .error(failure.message, message: failure.cause, reason: failure.code)
        } catch {
            return .error("\(error)")
        }
    }

    /// The key file that was sent or named; `nil` when neither was.
    private func keyFile(_ request: APIRequest) throws -> KeyFileContents? {
        let refusal = { () -> [UInt8] in
            throw Failure(
                "BD-WRONG-PASSPHRASE", .wrongPassphrase, "the key file has a passphrase",
                remedy: "use `bitdust identity recover`, which asks for it")
        }
        if let text = request.text("private_key_source"), !text.isEmpty {
            guard text.utf8.count <= Limits.keyFileLengthMax else {
                throw Failure("BD-KEY-FILE", .badData, "private key is too large")
            }
            return try KeyFileContents(
                Array(text.utf8), named: "private_key_source", passphrase: refusal)
        }
        guard let path = request.text("private_key_local_file"), !path.isEmpty else { return nil }
        return try KeyFileContents(path: path, passphrase: refusal)
    }

    private func rotate() async -> APIEnvelope {
        guard let old = await parts.identity.document, await parts.propagation.check(),
            let new = await parts.identity.document,
            case .object(var fields) = IdentityJSON.value(new, withXML: false)
        else { return .notStarted("identity_propagate") }
        fields["old_sources"] = APIValue(old.content.sources.map(\.description))
        fields["rotated"] = .bool(old.content.sources != new.content.sources)
        return .ok(.object(fields))
    }

    // MARK: key

    private func key(_ request: APIRequest) async -> APIEnvelope {
        guard !request.flag("include_private") else {
            return .error(
                "the private key is given to nobody over this interface",
                message: "identity/backup writes it to a file")
        }
        let id = request.text("key_id") ?? ""
        return await keys { key in
            let names = [key["key_id"]?.asText, key["alias"]?.asText]
            return names.contains(id) ? .ok(key) : .error("key \(id) does not exist")
        }
    }

    /// The one key that an identity has here: the root of all others.
    private func keys(_ answer: (APIValue) -> APIEnvelope) async -> APIEnvelope {
        guard let document = await parts.identity.document else {
            return .error("local identity is not ready", reason: "identity_not_exist")
        }
        return answer([
            "key_id": .text("master$\(document.globalID)"), "alias": "master",
            "label": .text("\(document.name.text)"), "active": true,
            "creator": .text("\(document.content.sources[0])"), "is_public": false,
            "public": .text("ed25519 " + Hex.encode(document.publicKey.bytes.array)),
            "private": .null, "size": "256", "local_key_id": 0, "signature": .null,
            "signature_pubkey": .null,
        ])
    }
}
