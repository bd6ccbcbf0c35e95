internal import Crypto
package import Model

/// The public half of an Ed25519 key that is no weak point.
package struct VerifyingKey<Noun>: Hashable, Sendable {
    package let bytes: Bytes32

    /// `nil` for points of low order, for which anyone can make signatures, and for encodings that
    /// are not the only one of their point. A value that is no point at all is taken, and verifies
    /// nothing.
    package init?(_ bytes: Bytes32) {
        guard !WeakPoints.contains(bytes) else { return nil }
        self.bytes = bytes
    }

    /// Whether `signature` was made by the private half over `message` for `label`.
    package func isValid(
        _ signature: Signature, of message: [UInt8], for label: SignatureLabel
    ) -> Bool {
        isValid(signature, ofUnlabelled: label.signed(message))
    }

    /// Plain RFC 8032; the product always signs under a label.
    func isValid(_ signature: Signature, ofUnlabelled message: [UInt8]) -> Bool {
        let key = bytes.withBytes { span in
            span.withUnsafeBytes {
                try? Curve25519.Signing.PublicKey(rawRepresentation: $0)
            }
        }
        return key?.isValidSignature(signature.array, for: message) ?? false
    }
}

package typealias IdentityPublicKey = VerifyingKey<UserNoun>
package typealias DevicePublicKey = VerifyingKey<DeviceNoun>
package typealias SupplierPublicKey = VerifyingKey<SupplierNoun>

extension VerifyingKey where Noun == UserNoun {
    /// SHA-256 of `bitdust/v1/user-id`, a zero byte and the public key.
    package var userID: UserID {
        let label = Array("bitdust/v1/user-id".utf8) + [0]
        let digest = SHA256.hash(data: label + bytes.array)
        return UserID(digest.withUnsafeBytes { Bytes32($0.bytes) })
    }
}

extension VerifyingKey where Noun == DeviceNoun {
    package var deviceID: DeviceID { DeviceID(bytes) }
}

extension VerifyingKey where Noun == SupplierNoun {
    package var supplierID: SupplierID { SupplierID(bytes) }
}

/// Encodings of curve25519's Edwards points that no key may have.
///
/// A point of order 1, 2, 4 or 8 has a y among five values; with y fixed the sign bit only chooses
/// x or -x, so it is masked. y at or above the prime is a second encoding of another y.
///
/// - SeeAlso: RFC 8032, 5.1.3; Chalkias, Garillot, Nikolaenko, “Taming the many EdDSAs”, 2020.
enum WeakPoints {
    static func contains(_ encoding: Bytes32) -> Bool {
        let words = encoding.words
        let y = Bytes32(words: (words.0, words.1, words.2, words.3 & ~(1 << 63)))
        return isNotReduced(y) || lowOrder.contains(y)
    }

    /// Whether y >= 2^255 - 19.
    private static func isNotReduced(_ y: Bytes32) -> Bool {
        y.words.3 == .max >> 1 && y.words.2 == .max && y.words.1 == .max
            && y.words.0 >= UInt64.max - 18
    }

    private static let lowOrder: [Bytes32] = [
        Bytes32(words: (0, 0, 0, 0)),  // order 4
        Bytes32(words: (1, 0, 0, 0)),  // order 1
        Bytes32(words: (UInt64.max - 19, .max, .max, .max >> 1)),  // y = -1, order 2
        Bytes32(  // order 8
            words: (
                0xB027_B2C2_8F95_E826, 0xF098_EFF2_89F4_C345, 0x3933_C6D3_05AC_DFD5,
                0x05FC_536D_8802_38B1
            )),
        Bytes32(  // order 8
            words: (
                0x4FD8_4D3D_706A_17C7, 0x0F67_100D_760B_3CBA, 0xC6CC_392C_FA53_202A,
                0x7A03_AC92_77FD_C74E
            )),
    ]
}
