internal import Crypto
package import Model

/// The private half of an Ed25519 key; `Noun` says whose it is, so that one kind of key never signs
/// in the place of another.
package struct SigningKey<Noun>: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    package let publicKey: VerifyingKey<Noun>

    /// - Parameter seed: the private key of RFC 8032, 32 bytes.
    /// - Throws: ``SigningError/keyRefused``.
    package init(seed: SecretBytes) throws(SigningError) {
        do {
            key = try seed.withBytes { span in
                try span.withUnsafeBytes {
                    try Curve25519.Signing.PrivateKey(rawRepresentation: $0)
                }
            }
        } catch {
            throw .keyRefused
        }
        guard let bytes = Bytes32(key.publicKey.rawRepresentation),
            let publicKey = VerifyingKey<Noun>(bytes)
        else { throw .keyRefused }
        self.publicKey = publicKey
    }

    /// Signs `label`, a zero byte and `message`.
    ///
    /// - Throws: ``SigningError/signingRefused``.
    package func sign(
        _ message: [UInt8], for label: SignatureLabel
    ) throws(SigningError) -> Signature {
        try sign(unlabelled: label.signed(message))
    }

    /// Plain RFC 8032; the product signs under a label, or the items of the DHT.
    func sign(unlabelled message: [UInt8]) throws(SigningError) -> Signature {
        guard let bytes = try? key.signature(for: message),
            let signature = Signature(Array(bytes))
        else { throw .signingRefused }
        return signature
    }
}

/// The key that is the user: certifies devices. Made from the root seed, never kept on a machine.
package typealias IdentityKey = SigningKey<UserNoun>
/// The key of one machine of a user, certified by the identity.
package typealias DeviceKey = SigningKey<DeviceNoun>
/// The key of a supplier: signs receipts.
package typealias SupplierKey = SigningKey<SupplierNoun>
