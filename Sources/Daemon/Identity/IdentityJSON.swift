internal import APIModel
internal import Identities
internal import Model

/// Identity documents as the interface shows them.
enum IdentityJSON {
    static func value(_ document: IdentityDocument, withXML: Bool) -> APIValue {
        let content = document.content
        var fields: [String: APIValue] = [
            "name": .text(document.name.text), "idurl": .text("\(content.sources[0])"),
            "global_id": .text("\(document.globalID)"),
            "sources": APIValue(content.sources.map(\.description)),
            "contacts": APIValue(content.contacts.map(\.description)),
            "certificates": APIValue(
                document.keys.certificates.map { Base64.encode($0.encoded) }),
            "scrubbers": [], "postage": "1", "date": .text(DocumentDate.text(content.date)),
            "version": .text(content.version), "revision": .text("\(document.revision)"),
            "publickey": .text("ed25519 " + Hex.encode(document.publicKey.bytes.array)),
            "signature": .text(Hex.encode(document.signature.array)),
            "user_id": .text("\(document.userID)"),
        ]
        if withXML { fields["xml"] = .text(String(decoding: document.bytes, as: UTF8.self)) }
        return .object(fields)
    }
}
