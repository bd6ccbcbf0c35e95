internal import Crypto
package import Identities
package import Model

/// A value of the DHT: bencode, found under the SHA-1 of itself, or of its owner's key and a salt.
///
/// - SeeAlso: BEP 44; docs/formats/krpc.md.
package struct Item: Hashable, Sendable {
    /// Whose it is, and which state of it.
    package struct Ownership: Hashable, Sendable {
        package let key: Bytes32
        package let salt: [UInt8]
        /// Higher replaces lower.
        package let sequence: Int64
        package let signature: Signature

        package init(key: Bytes32, salt: [UInt8], sequence: Int64, signature: Signature) {
            self.key = key
            self.salt = salt
            self.sequence = sequence
            self.signature = signature
        }
    }

    /// One bencoded value, at most 1000 bytes.
    package let value: [UInt8]
    /// `nil` for an immutable item.
    package let ownership: Ownership?
    package let target: NodeID

    /// An immutable item.
    package init(value: [UInt8]) {
        self.value = value
        ownership = nil
        target = Item.target(ofValue: value)
    }

    package init(value: [UInt8], ownership: Ownership) {
        self.value = value
        self.ownership = ownership
        target = Item.target(ofKey: ownership.key, salt: ownership.salt)
    }

    /// Signs `value`.
    ///
    /// - Throws: ``SigningError/signingRefused``.
    package init(
        value: [UInt8], salt: [UInt8], sequence: Int64, signedBy signer: some ItemSigner
    ) throws(SigningError) {
        let bytes = Item.signedBytes(value: value, salt: salt, sequence: sequence)
        self.init(
            value: value,
            ownership: Ownership(
                key: signer.itemKey, salt: salt, sequence: sequence,
                signature: try signer.sign(item: bytes)))
    }

    /// 0 for an immutable item.
    package var sequence: Int64 { ownership?.sequence ?? 0 }

    /// Whether the owner signed it; an immutable item proves itself.
    package func isGenuine(by verifier: any ItemVerifier) -> Bool {
        guard let ownership else { return true }
        let bytes = Item.signedBytes(
            value: value, salt: ownership.salt, sequence: ownership.sequence)
        return verifier.isValid(ownership.signature, of: bytes, key: ownership.key)
    }

    package static func target(ofValue value: [UInt8]) -> NodeID {
        Insecure.SHA1.hash(data: value).withUnsafeBytes { NodeID(Array($0), at: 0) }
    }

    package static func target(ofKey key: Bytes32, salt: [UInt8]) -> NodeID {
        target(ofValue: key.array + salt)
    }

    /// The part of the dictionary that is signed: salt when there is one, sequence, value.
    static func signedBytes(value: [UInt8], salt: [UInt8], sequence: Int64) -> [UInt8] {
        var writer = BencodeWriter(reserving: value.count + salt.count + 48)
        if !salt.isEmpty {
            writer.text("salt")
            writer.string(salt)
        }
        writer.text("seq")
        writer.integer(sequence)
        writer.text("v")
        writer.raw(value)
        return writer.bytes
    }
}

/// Signs items: a key of an identity, or one derived for the purpose.
package protocol ItemSigner: Sendable {
    var itemKey: Bytes32 { get }
    func sign(item bytes: [UInt8]) throws(SigningError) -> Signature
}

extension SigningKey: ItemSigner {
    package var itemKey: Bytes32 { publicKey.bytes }
}

/// Checks signatures of items. Comes in through `init`: a simulation of many nodes has a cheap one.
package protocol ItemVerifier: Sendable {
    func isValid(_ signature: Signature, of bytes: [UInt8], key: Bytes32) -> Bool
}

/// Ed25519, keys of low order refused.
package struct Ed25519Verifier: ItemVerifier {
    private enum Noun {}

    package init() {}

    package func isValid(_ signature: Signature, of bytes: [UInt8], key: Bytes32) -> Bool {
        VerifyingKey<Noun>(key)?.isValid(signature, ofItem: bytes) ?? false
    }
}
