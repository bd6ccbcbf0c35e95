internal import Model

/// How long chunks are, in bytes. Part of a repository's format: other lengths give other cuts.
package struct ChunkerParameters: Hashable, Sendable {
    /// The least length of every chunk but the last of a file.
    package let min: Int
    /// Where the mask turns from strict to loose; most chunks are about this long.
    package let average: Int
    /// The greatest length of a chunk.
    package let max: Int

    package static let standard = ChunkerParameters(
        min: Limits.chunkLengthMin, average: Limits.chunkLengthAverage, max: Limits.chunkLengthMax)!

    /// `nil` unless 128 <= `min` < `average` < `max` <= 1 MiB and `average` is a power of two.
    ///
    /// A cut depends on the 64 bytes before it, which must lie in the chunk: hence the least
    /// `min`. A chunk must fit in a frame: hence the greatest `max`.
    package init?(min: Int, average: Int, max: Int) {
        guard min >= 128, min < average, average < max, max <= Limits.frameLengthMax,
            average & (average - 1) == 0
        else { return nil }
        self.min = min
        self.average = average
        self.max = max
    }

    /// The tests before and from the average length on: two bits more and two bits fewer than the
    /// average asks for, which draws the lengths towards it (FastCDC's normalisation level 2).
    var tests: (strict: GearTest, loose: GearTest) {
        let bitCount = average.trailingZeroBitCount
        // Candidates every 4 KiB: fewer make the cuts of text lumpier, more cost time to confirm.
        let candidateBitCount = Swift.min(12, bitCount - 4)
        return (
            GearTest(bitCount: bitCount + 2, candidateBitCount: candidateBitCount),
            GearTest(bitCount: bitCount - 2, candidateBitCount: candidateBitCount)
        )
    }
}
