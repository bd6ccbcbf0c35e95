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

    /// The first index in `range` that passes `test`.
    ///
    /// - Precondition: `range` starts at 64 or later and lies within `bytes`.
    func scan(
        _ bytes: UnsafeRawBufferPointer, in range: Range<Int>, test: GearTest, kernel: GearKernel
    ) -> Int? {
        precondition(range.lowerBound >= Int(BD_GEAR_WINDOW) && range.upperBound <= bytes.count)
        let found = words.withUnsafeBytes { table in
            bd_gear_scan(
                table.baseAddress!.assumingMemoryBound(to: bd_gear_table.self),
                bytes.baseAddress!.assumingMemoryBound(to: UInt8.self),
                range.lowerBound, range.upperBound, test.candidateMask, test.confirmLimit,
                kernel.rawValue)
        }
        return found < range.upperBound ? found : nil
    }
}

/// What the hashes of a position must be for a chunk to end there.
struct GearTest: Equatable {
    /// Bits of the candidate hash that must be zero: a run from the top.
    let candidateMask: UInt16
    /// What the confirming hash must be below.
    let confirmLimit: UInt64

    /// Lets five in 4 times 2^`bitCount` positions of random bytes pass, after letting one in
    /// 2^`candidateBitCount` be a candidate.
    ///
    /// Five, not four: text repeats its windows of 16 bytes, so that its candidates come in lumps
    /// and its chunks get 5 % longer than those of a hash with a long window. Measured on trees of
    /// sources and of documents, this makes up for most of it.
    ///
    /// - Precondition: `bitCount` exceeds `candidateBitCount` by 2 to 62.
    init(bitCount: Int, candidateBitCount: Int) {
        let rest = bitCount - candidateBitCount
        precondition((1...16).contains(candidateBitCount) && (2...62).contains(rest))
        self.candidateMask = ~0 << UInt16(16 - candidateBitCount)
        self.confirmLimit = 5 << UInt64(62 - rest)
    }
}
