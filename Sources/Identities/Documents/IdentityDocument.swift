internal import Crypto
package import Model

/// The signed XML by which others know a user: name, where the document is published, how the
/// node is reached, its keys and devices. Proves itself: whoever has one has checked every
/// signature in it.
///
/// There is one encoding for each document, so what is accepted is what was signed, to the byte.
/// docs/formats/identity-document.md; golden file: `fixtures/identity-document/v1.xml`.
package struct IdentityDocument: Hashable, Sendable {
    package let content: IdentityContent
    package let keys: IdentityKeys
    package let signer: DocumentSigner
    package let signature: Signature
    /// As signed, published and stored.
    package let bytes: [UInt8]
    /// SHA-256 of `bytes`.
    package let digest: Bytes32

    static let format = "identity document"
    static let signatureTag = Array("  <signature>".utf8)

    package var name: IdentityName { content.sources[0].name }
    package var userID: UserID { keys.userID }
    package var globalID: GlobalID { content.sources[0].globalID }
    package var publicKey: IdentityPublicKey { keys.history.current.key }
    package var xWing: XWingPublicKey { keys.xWing }
    package var revision: UInt32 { content.revision }

    package var order: DocumentOrder {
        DocumentOrder(
            generation: UInt8(keys.history.generations.count - 1), epoch: keys.epoch,
            revision: content.revision)
    }

    /// Writes and signs a document.
    ///
    /// - Throws: ``IdentityChangeError``; `badContent` when a limit or a rule is broken.
    package init(
        _ content: IdentityContent, keys: IdentityKeys, signedBy key: DocumentKey
    ) throws(IdentityChangeError) {
        var content = content
        content.sources = content.sources.uniqued
        content.contacts = content.contacts.uniqued
        let signed = IdentityDocument.signedBytes(content, keys: keys, signer: key.signer)
        let signature: Signature
        do {
            signature = try key.sign(signed)
        } catch {
            throw .signing(error)
        }
        let bytes = signed + IdentityDocument.ending(signature)
        do {
            // What is published is what every reader would accept.
            try self.init(decoding: bytes)
        } catch {
            throw .badContent(error)
        }
    }

    /// Reads a document and checks it: limits, the one encoding, keys, certificates, signatures.
    ///
    /// - Throws: any ``FormatError``.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        let format = IdentityDocument.format
        let root = try MarkupReader.read(bytes, format: format)
        let fields = try DocumentFields(root, format: format)
        signature = try fields.signature()
        let signed = Array(bytes.dropLast(IdentityDocument.ending(signature).count))
        signer = try fields.signer()
        // First, since it rules out most of what is wrong at the price of one signature.
        guard signer.isValid(signature, of: signed) else { throw .badSignature(format: format) }
        content = try fields.content()
        keys = try fields.keys()
        guard signer.isAllowed(by: keys) else {
            throw .invalid(format: format, field: "signer")
        }
        let canonical = IdentityDocument.signedBytes(content, keys: keys, signer: signer)
        guard canonical + IdentityDocument.ending(signature) == bytes else {
            throw .invalid(format: format, field: "encoding")
        }
        self.bytes = bytes
        digest = SHA256.hash(data: bytes).withUnsafeBytes { Bytes32($0.bytes) }
    }

    /// Everything up to the signature: what is signed.
    private static func signedBytes(
        _ content: IdentityContent, keys: IdentityKeys, signer: DocumentSigner
    ) -> [UInt8] {
        let root = MarkupElement(
            "identity",
            children: content.elements + [
                MarkupElement(
                    "certificates", of: "certificate",
                    keys.certificates.map { Base64.encode($0.encoded) }),
                MarkupElement(
                    "publickey",
                    text: DocumentFields.keyPrefix
                        + "\(Hex.encode(keys.history.current.key.bytes.array))"),
                MarkupElement("keys", text: Base64.encode(keys.encoded)),
                MarkupElement("signer", text: signer.text),
            ])
        var bytes = MarkupReader.prologue
        root.write(to: &bytes)
        return bytes.dropLast(closing.count) + signatureTag
    }

    private static let closing = Array("</identity>\n".utf8)

    private static func ending(_ signature: Signature) -> [UInt8] {
        Array("\(Hex.encode(signature.array))</signature>\n".utf8) + closing
    }
}

/// Which of two documents of a user is the newer: first by root key, then by what the root said
/// last, then by what a device said last. A stolen device can run up revisions and a stolen root
/// epochs, and the owner is still ahead with the next key.
package struct DocumentOrder: Hashable, Comparable, Sendable {
    package let generation: UInt8
    package let epoch: UInt32
    package let revision: UInt32

    package init(generation: UInt8, epoch: UInt32, revision: UInt32) {
        self.generation = generation
        self.epoch = epoch
        self.revision = revision
    }

    /// The same order in one number, below 2^60: generation, 24 bits of epoch, 32 of revision.
    package var sequence: UInt64 {
        UInt64(generation) << 56 | UInt64(epoch) << 32 | UInt64(revision)
    }

    package init(sequence: UInt64) {
        generation = UInt8(truncatingIfNeeded: sequence >> 56)
        epoch = UInt32(truncatingIfNeeded: sequence >> 32) & Limits.identityEpochMax
        revision = UInt32(truncatingIfNeeded: sequence)
    }

    package static func < (left: DocumentOrder, right: DocumentOrder) -> Bool {
        left.sequence < right.sequence
    }
}

/// Who signed a document: the root in use, or one of the devices that it has certified.
package enum DocumentSigner: Hashable, Sendable {
    case root(IdentityPublicKey)
    case device(DevicePublicKey)

    var text: String {
        switch self {
        case .root(let key): "root \(Hex.encode(key.bytes.array))"
        case .device(let key): "device \(Hex.encode(key.bytes.array))"
        }
    }

    func isAllowed(by keys: IdentityKeys) -> Bool {
        switch self {
        case .root(let key): key == keys.history.current.key
        case .device(let key): keys.certificate(of: key) != nil
        }
    }

    func isValid(_ signature: Signature, of message: [UInt8]) -> Bool {
        switch self {
        case .root(let key): key.isValid(signature, of: message, for: .identityDocument)
        case .device(let key): key.isValid(signature, of: message, for: .identityDocument)
        }
    }
}

/// A key that may sign documents.
package enum DocumentKey: Sendable {
    case root(IdentityKey)
    case device(DeviceKey)

    var signer: DocumentSigner {
        switch self {
        case .root(let key): .root(key.publicKey)
        case .device(let key): .device(key.publicKey)
        }
    }

    func sign(_ message: [UInt8]) throws(SigningError) -> Signature {
        switch self {
        case .root(let key): try key.sign(message, for: .identityDocument)
        case .device(let key): try key.sign(message, for: .identityDocument)
        }
    }
}

extension Array where Element: Hashable {
    /// Each element once, at its first place.
    var uniqued: [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
