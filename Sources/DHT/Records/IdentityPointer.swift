package import Identities
package import Model

/// Where the newest document of an identity is: what is left to find it by when no identity server
/// that was known answers.
///
/// Item of the identity's own key, salt `bitdust/identity`; its sequence is the document's. The
/// root signs it when it signs the document, and any node of the owner repeats it without the key.
/// Value: dictionary with `d` digest of the document (32), `s` list of sources.
/// docs/formats/dht-records.md.
package struct IdentityPointer: Hashable, Sendable {
    package static let salt = Array("bitdust/identity".utf8)

    /// Digest of the whole signed document.
    package let digest: Bytes32
    /// URLs under which it is published, the first one preferred.
    package let sources: [String]
    package let sequence: Int64

    /// - Precondition: at most 8 sources of at most 80 bytes.
    package init(digest: Bytes32, sources: [String], sequence: Int64) {
        precondition(sources.count <= Limits.pointerSourceCountMax)
        precondition(sources.allSatisfy { $0.utf8.count <= Limits.pointerSourceLengthMax })
        self.digest = digest
        self.sources = sources
        self.sequence = sequence
    }

    package static func address(of identity: IdentityPublicKey) -> ItemAddress {
        ItemAddress(key: identity.bytes, salt: salt)
    }

    /// - Throws: ``SigningError/signingRefused``.
    package func item(signedBy identity: IdentityKey) throws(SigningError) -> Item {
        var writer = BencodeWriter(reserving: 512)
        writer.beginDictionary()
        writer.text("d")
        writer.string(digest.array)
        writer.text("s")
        writer.beginList()
        for source in sources { writer.string(source) }
        writer.end()
        writer.end()
        return try Item(
            value: writer.bytes, salt: IdentityPointer.salt, sequence: sequence,
            signedBy: identity)
    }

    /// Reads a genuine item of `identity`; `nil` for anything else.
    package init?(_ item: Item, of identity: IdentityPublicKey, verifier: any ItemVerifier) {
        guard item.isGenuine(at: IdentityPointer.address(of: identity), by: verifier) else {
            return nil
        }
        var reader = RecordReader(item.value)
        guard let digest = reader.bytes("d", count: Bytes32.byteCount).flatMap({ Bytes32($0) }),
            let sources = reader.texts(
                "s", countMax: Limits.pointerSourceCountMax,
                lengthMax: Limits.pointerSourceLengthMax),
            reader.isAtEnd
        else { return nil }
        self.digest = digest
        self.sources = sources
        sequence = item.sequence
    }
}

extension Item {
    /// Whether this is what `address` asks for, signed by whose it is.
    package func isGenuine(at address: ItemAddress, by verifier: any ItemVerifier) -> Bool {
        target == address.target && ownership?.key == address.key
            && ownership?.salt ?? [] == address.salt && isGenuine(by: verifier)
    }
}
