internal import CKernels

/// One way to run the gear scan; all of them find the same cuts.
///
/// Measured on one core of a Zen 4 server at 3.7 GHz, with the standard lengths and 256 MiB of
/// random bytes: scalar 3.7 GB/s, AVX2 7.2, AVX-512 10.3.
package enum GearKernel: Int32, CaseIterable, Sendable {
    case scalar = 0
    case avx2 = 1
    /// AVX-512BW and GFNI.
    case avx512 = 2

    /// Whether this processor can run it.
    package var isAvailable: Bool { bd_gear_available(rawValue) == 1 }

    /// The widest one this processor can run.
    package static let best = allCases.last { $0.isAvailable } ?? .scalar
}
