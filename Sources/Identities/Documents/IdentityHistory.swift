internal import Crypto
package import Model

/// One root key of an identity, and what it promises about the next.
///
/// ```
/// offset  length  field
/// 0       32      public key
/// 32      32      commitment to the next key
/// 64      64      signature by the key before; zero for the first
/// 128     64      signature by this key
/// ```
///
/// Both signatures are over user id, number of the generation (4), the key before (zero for the
/// first), this key and the commitment, label `identity-generation`.
/// docs/formats/identity-document.md.
package struct IdentityGeneration: Hashable, Sendable {
    package let key: IdentityPublicKey
    package let commitment: Bytes32
    /// `nil` for the first.
    package let formerSignature: Signature?
    package let signature: Signature
}

/// The root keys that an identity had, oldest first. Proves itself: whoever has one has checked it.
///
/// The first key is the user id. Each generation commits to the public key of the next before
/// anybody needs it, so a thief of the key in use cannot put one of their own after it.
///
/// - SeeAlso: Smith, “Key Event Receipt Infrastructure (KERI)”, 2019: pre-rotation.
package struct IdentityHistory: Hashable, Sendable {
    package let generations: [IdentityGeneration]

    private static let zeroSignature = [UInt8](repeating: 0, count: Signature.byteCount)

    /// A new identity.
    ///
    /// - Parameter next: the key of its first rotation, of which only the commitment is told.
    package init(
        first key: IdentityKey, next: IdentityPublicKey
    ) throws(SigningError) {
        let content = IdentityHistory.content(
            user: key.publicKey.userID, number: 0, former: nil, key: key.publicKey,
            commitment: next.commitment)
        generations = [
            IdentityGeneration(
                key: key.publicKey, commitment: next.commitment, formerSignature: nil,
                signature: try key.sign(content, for: .identityGeneration))
        ]
    }

    /// Puts `key` in the place of `former`.
    ///
    /// - Throws: ``IdentityChangeError``.
    package func rotated(
        from former: IdentityKey, to key: IdentityKey, next: IdentityPublicKey
    ) throws(IdentityChangeError) -> IdentityHistory {
        guard former.publicKey == current.key else { throw .notTheRoot }
        guard key.publicKey.commitment == current.commitment else { throw .notTheCommittedKey }
        guard generations.count < Limits.identityGenerationCountMax else {
            throw .tooManyRotations(limit: Limits.identityGenerationCountMax - 1)
        }
        let content = IdentityHistory.content(
            user: userID, number: generations.count, former: former.publicKey,
            key: key.publicKey, commitment: next.commitment)
        do {
            let generation = IdentityGeneration(
                key: key.publicKey, commitment: next.commitment,
                formerSignature: try former.sign(content, for: .identityGeneration),
                signature: try key.sign(content, for: .identityGeneration))
            return IdentityHistory(generations: generations + [generation])
        } catch {
            throw .signing(error)
        }
    }

    private init(generations: [IdentityGeneration]) { self.generations = generations }

    /// The generation in use.
    package var current: IdentityGeneration { generations[generations.count - 1] }

    /// SHA-256 of the first key: stays what it is whatever key is in use.
    package var userID: UserID { generations[0].key.userID }

    package func isContinued(by other: IdentityHistory) -> Bool {
        other.generations.starts(with: generations)
    }

    // MARK: Bytes

    func write(to writer: inout ByteWriter) {
        writer.integer(UInt32(generations.count))
        for generation in generations {
            writer.bytes32(generation.key.bytes)
            writer.bytes32(generation.commitment)
            writer.raw(generation.formerSignature?.array ?? IdentityHistory.zeroSignature)
            writer.raw(generation.signature.array)
        }
    }

    init(from reader: inout ByteReader) throws(FormatError) {
        let count = try reader.count(
            limit: Limits.identityGenerationCountMax, field: "generations")
        guard count > 0 else { throw .invalid(format: reader.format, field: "generations") }
        var generations: [IdentityGeneration] = []
        for number in 0..<count {
            let generation = try IdentityHistory.generation(
                from: &reader, isFirst: number == 0)
            if let former = generations.last,
                former.commitment != generation.key.commitment || former.key == generation.key
            {
                throw .invalid(format: reader.format, field: "commitment")
            }
            generations.append(generation)
        }
        self.generations = generations
        try check(format: reader.format)
    }

    private static func generation(
        from reader: inout ByteReader, isFirst: Bool
    ) throws(FormatError) -> IdentityGeneration {
        guard let key = IdentityPublicKey(try reader.bytes32()) else {
            throw .invalid(format: reader.format, field: "key")
        }
        let commitment = try reader.bytes32()
        let former = try reader.take(Signature.byteCount)
        guard !isFirst || former == zeroSignature,
            let signature = Signature(try reader.take(Signature.byteCount))
        else { throw .invalid(format: reader.format, field: "signature") }
        return IdentityGeneration(
            key: key, commitment: commitment,
            formerSignature: isFirst ? nil : Signature(former), signature: signature)
    }

    private func check(format: String) throws(FormatError) {
        for (number, generation) in generations.enumerated() {
            let former = number > 0 ? generations[number - 1].key : nil
            let content = IdentityHistory.content(
                user: userID, number: number, former: former, key: generation.key,
                commitment: generation.commitment)
            var isValid = generation.key.isValid(
                generation.signature, of: content, for: .identityGeneration)
            if let former, let signature = generation.formerSignature {
                isValid =
                    isValid && former.isValid(signature, of: content, for: .identityGeneration)
            }
            guard isValid else { throw .badSignature(format: format) }
        }
    }

    private static func content(
        user: UserID, number: Int, former: IdentityPublicKey?, key: IdentityPublicKey,
        commitment: Bytes32
    ) -> [UInt8] {
        var writer = ByteWriter(reserving: 160)
        writer.identifier(user)
        writer.integer(UInt32(number))
        writer.bytes32(former?.bytes ?? .zero)
        writer.bytes32(key.bytes)
        writer.bytes32(commitment)
        return writer.bytes
    }
}

extension VerifyingKey where Noun == UserNoun {
    /// What a document tells of a key that is to come: SHA-256 of `bitdust/v1/next-identity-key`,
    /// a zero byte and the public key.
    package var commitment: Bytes32 {
        let label = Array("bitdust/v1/next-identity-key".utf8) + [0]
        return SHA256.hash(data: label + bytes.array).withUnsafeBytes { Bytes32($0.bytes) }
    }
}

extension SignatureLabel {
    package static let identityGeneration = SignatureLabel("bitdust/v1/identity-generation")
    package static let identityKeys = SignatureLabel("bitdust/v1/identity-keys")
    package static let identityDocument = SignatureLabel("bitdust/v1/identity-document")
}
