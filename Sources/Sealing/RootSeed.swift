internal import Crypto
internal import Foundation
package import Model

/// The thirty-two bytes everything else is derived from. Kept in the identity key file only, and
/// in memory only while an identity is made or recovered.
///
/// docs/formats/keys.md has the labels; golden file fixtures/seal/keys-v1.txt.
package struct RootSeed: Sendable {
    package let secret: SecretBytes

    package init(_ secret: SecretBytes) {
        self.secret = secret
    }

    /// A fresh one.
    package init(from random: some RandomSource) {
        secret = SecretBytes(from: random)
    }

    /// Private key seed (RFC 8032) of the identity's Ed25519 key.
    package var identitySeed: SecretBytes { secret.derived("bitdust/v1/identity/ed25519") }

    /// Private key seed of the X-Wing key (X25519 and ML-KEM-768) for grants and messages.
    package var grantSeed: SecretBytes { secret.derived("bitdust/v1/identity/x-wing") }

    /// Master key of the identity's repository.
    package var repositoryMasterKey: SecretBytes { secret.derived("bitdust/v1/repository/master") }

    /// The public half of the X-Wing key: 1216 bytes, the ML-KEM-768 key first.
    ///
    /// - Throws: an error of the cipher library, which has none to give without damage to it.
    package func grantPublicKey() throws -> [UInt8] {
        let key = try grantSeed.withBytes { span in
            try span.withUnsafeBytes {
                try XWingMLKEM768X25519.PrivateKey(
                    seedRepresentation: Data($0), publicKey: nil)
            }
        }
        return Array(key.publicKey.rawRepresentation)
    }
}

extension SecretBytes {
    /// HKDF-SHA-512 with these bytes as input key, no salt, and `label` as info.
    ///
    /// - SeeAlso: RFC 5869.
    func derived(_ label: StaticString) -> SecretBytes {
        let key = withBytes { span in
            span.withUnsafeBytes { bytes in
                label.withUTF8Buffer { info in
                    HKDF<SHA512>.deriveKey(
                        inputKeyMaterial: SymmetricKey(data: bytes), info: Array(info),
                        outputByteCount: SecretBytes.byteCount)
                }
            }
        }
        return key.withUnsafeBytes { SecretBytes($0.bytes) }
    }
}
