internal import Crypto
internal import Foundation
internal import Model

/// The public half of an X-Wing key, to which grants and messages are sealed: 1184 bytes of
/// ML-KEM-768, then 32 of X25519.
///
/// - SeeAlso: Barbosa et al., “X-Wing: The Hybrid KEM You've Been Looking For”, 2024.
package struct XWingPublicKey: Hashable, Sendable {
    package static let byteCount = 1216
    private static let latticeByteCount = 1184
    package let bytes: [UInt8]

    /// `nil` unless both halves are keys: the lattice one reduced, the curve's no point of low
    /// order and in its only encoding.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == XWingPublicKey.byteCount,
            let point = Bytes32(bytes[XWingPublicKey.latticeByteCount...]),
            !WeakCoordinates.contains(point), XWingPublicKey.isReduced(bytes),
            (try? XWingMLKEM768X25519.PublicKey(rawRepresentation: Data(bytes))) != nil
        else { return nil }
        self.bytes = bytes
    }

    /// Whether the 768 coefficients, 12 bits each and the low ones first, are below 3329.
    ///
    /// - SeeAlso: FIPS 203, 7.2: the check of the modulus, which the library leaves out.
    private static func isReduced(_ bytes: [UInt8]) -> Bool {
        stride(from: 0, to: 1152, by: 3).allSatisfy { start in
            let word =
                UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8
                | UInt32(bytes[start + 2]) << 16
            return word & 0xFFF < 3329 && word >> 12 < 3329
        }
    }
}

/// Encodings of curve25519's Montgomery coordinates that no key may have: with them a secret that
/// two agree on is zero, or one point has two names.
///
/// - SeeAlso: RFC 7748, 6.1; Bernstein, “Curve25519: new Diffie-Hellman speed records”, 2006.
enum WeakCoordinates {
    static func contains(_ encoding: Bytes32) -> Bool {
        isNotReduced(encoding) || lowOrder.contains(encoding)
    }

    /// Whether u >= 2^255 - 19, the ignored top bit included.
    private static func isNotReduced(_ u: Bytes32) -> Bool {
        let words = u.words
        if words.3 > .max >> 1 { return true }
        return words.3 == .max >> 1 && words.2 == .max && words.1 == .max
            && words.0 >= UInt64.max - 18
    }

    private static let lowOrder: [Bytes32] = [
        Bytes32(words: (0, 0, 0, 0)),  // order 2
        Bytes32(words: (1, 0, 0, 0)),  // order 4
        Bytes32(words: (UInt64.max - 19, .max, .max, .max >> 1)),  // -1, of the twist
        Bytes32(  // order 8
            words: (
                0xAEB8_413B_7C7A_EBE0, 0x6AC4_9FF1_FAE3_5616, 0xFDB1_329C_EB8D_09DA,
                0x00B8_495F_1605_6286
            )),
        Bytes32(  // order 8
            words: (
                0x248C_50A3_BC95_9C5F, 0x5BEF_839C_55B1_D0B1, 0x868E_1C58_C45C_4404,
                0x5711_9FD0_DD4E_22D8
            )),
    ]
}
