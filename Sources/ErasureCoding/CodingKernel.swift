internal import CKernels

/// Which vector instructions multiply in GF(2^8). All give the same bytes.
package enum CodingKernel: Int32, CaseIterable, Sendable {
    case scalar, ssse3, avx2, avx2GFNI, avx512GFNI, neon

    package var isSupported: Bool { bd_gf256_supported(rawValue) != 0 }

    /// The fastest one that this processor runs.
    package static var best: CodingKernel { CodingKernel(rawValue: bd_gf256_best()) ?? .scalar }
}

/// Arithmetic on single elements of GF(2^8), polynomial 0x11D.
package enum GaloisField {
    package static func product(_ a: UInt8, _ b: UInt8) -> UInt8 { bd_gf256_multiply(a, b) }

    /// 1/a, and 0 for 0, which has none.
    package static func inverse(_ a: UInt8) -> UInt8 { bd_gf256_inverse(a) }

    package static func quotient(_ a: UInt8, _ b: UInt8) -> UInt8 { product(a, inverse(b)) }
}
