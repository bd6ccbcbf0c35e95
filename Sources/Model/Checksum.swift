internal import CKernels

/// CRC-32C: finds accidents on a disk or in a buffer, never an adversary.
package enum Checksum {
    /// The checksum of `bytes`, continuing from `seed` (0 to start).
    package static func crc32c(_ bytes: RawSpan, seed: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { bd_crc32c(seed, $0.baseAddress, $0.count) }
    }
}
