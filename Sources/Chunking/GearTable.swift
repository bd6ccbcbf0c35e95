internal import CKernels

/// The secret tables of one repository's chunker.
///
/// Where chunks end depends on these tables and the bytes alone, so two repositories with different
/// keys cut the same file differently. That is the second line of defence only: keyed rolling
/// hashes leak their key to who sees chunk lengths, and what hides the lengths is that blocks are
/// padded to a class.
///
/// - SeeAlso: docs/formats/chunker.md. Truong et al., "Breaking and Fixing Content-Defined
///   Chunking", 2025.
package struct GearTable: Sendable {
    /// Bytes that a table is made from.
    package static let expandedByteCount = Int(BD_GEAR_EXPANDED_BYTES)

    /// A `bd_gear_table`, kept as words so that the C type stays inside this module.
    private let words: [UInt64]

    /// Makes the tables from 2048 uniformly random bytes, 256 little-endian words.
    ///
    /// The caller derives them from the repository's chunker key with an extendable-output hash.
    ///
    /// - Precondition: `bytes` holds exactly 2048.
    package init(expanding bytes: [UInt8]) {
        precondition(bytes.count == GearTable.expandedByteCount)
        let wordCount = MemoryLayout<bd_gear_table>.size / MemoryLayout<UInt64>.size
        self.words = [UInt64](unsafeUninitializedCapacity: wordCount) { target, count in
            bd_gear_table_make(
                bytes,
                UnsafeMutableRawPointer(target.baseAddress!)
                    .assumingMemoryBound(to: bd_gear_table.self))
            count = wordCount
        }
    }

    /// The first index in `range` where both hashes vanish under their masks.
    ///
    /// - Precondition: `range` starts at 64 or later and lies within `bytes`.
    func scan(
        _ bytes: UnsafeRawBufferPointer, in range: Range<Int>, masks: GearMasks, kernel: GearKernel
    ) -> Int? {
        precondition(range.lowerBound >= Int(BD_GEAR_WINDOW) && range.upperBound <= bytes.count)
        let found = words.withUnsafeBytes { table in
            bd_gear_scan(
                table.baseAddress!.assumingMemoryBound(to: bd_gear_table.self),
                bytes.baseAddress!.assumingMemoryBound(to: UInt8.self),
                range.lowerBound, range.upperBound, masks.candidate, masks.confirm,
                kernel.rawValue)
        }
        return found < range.upperBound ? found : nil
    }
}

/// The bits that must vanish at a cut: `bitCount` of them, so one position in 2^`bitCount` is one.
struct GearMasks: Equatable {
    /// The top bits of the hash that every position is tested with.
    let candidate: UInt16
    /// The top bits of the hash that candidates are tested with.
    let confirm: UInt64

    /// Splits `bitCount` into `candidateBitCount` for the candidates and the rest to confirm.
    init(bitCount: Int, candidateBitCount: Int) {
        precondition((1...16).contains(candidateBitCount) && bitCount >= candidateBitCount)
        self.candidate = ~0 << UInt16(16 - candidateBitCount)
        let rest = bitCount - candidateBitCount
        self.confirm = rest == 0 ? 0 : ~0 << UInt64(64 - rest)
    }
}
