import Chunking
import Testing

/// The candidate hash has a window of 16 bytes where FastCDC has 64: these tests show that this
/// costs next to no deduplication.
@Suite struct DeduplicationTests {
    private static let parameters = ChunkerParameters(min: 1024, average: 4096, max: 16384)!

    /// Bytes of all versions over bytes of the distinct chunks.
    private func ratio(_ versions: [[UInt8]], _ lengths: ([UInt8]) -> [Int]) -> Double {
        var distinct: Set<ArraySlice<UInt8>> = []
        var kept = 0
        for version in versions {
            var offset = 0
            for length in lengths(version) {
                let chunk = version[offset..<offset + length]
                if distinct.insert(chunk).inserted { kept += length }
                offset += length
            }
        }
        return Double(versions.reduce(0) { $0 + $1.count }) / Double(kept)
    }

    /// Versions of one file, each an edit of the one before: insertions, deletions, overwrites.
    private func versions(of base: [UInt8], seed: UInt64) -> [[UInt8]] {
        var generator = SplitMix(state: seed)
        var versions = [base]
        for _ in 0..<4 {
            var next = versions.last!
            for edit in 0..<24 {
                let at = Int.random(in: 0..<next.count - 600, using: &generator)
                let fresh = randomBytes(
                    Int.random(in: 1...500, using: &generator), seed: generator.next())
                switch edit % 3 {
                case 0: next.insert(contentsOf: fresh, at: at)
                case 1: next.removeSubrange(at..<at + fresh.count)
                default: next.replaceSubrange(at..<at + fresh.count, with: fresh)
                }
            }
            versions.append(next)
        }
        return versions
    }

    @Test(arguments: ["random", "text", "indented"])
    func `edited files deduplicate within 2 percent of plain FastCDC`(kind: String) {
        let parameters = DeduplicationTests.parameters
        var ours = 0.0
        var plain = 0.0
        for seed: UInt64 in 0..<4 {
            let base =
                switch kind {
                case "random": randomBytes(1 << 20, seed: seed)
                case "text": textBytes(1 << 20, seed: seed)
                default: indentedBytes(1 << 20, seed: seed)
                }
            let versions = versions(of: base, seed: seed + 50)
            let chunker = Chunker(table: .seeded(seed + 60), parameters: parameters)
            var generator = SplitMix(state: seed + 70)
            let reference = PlainFastCDC(
                words: (0..<256).map { _ in generator.next() }, min: parameters.min,
                average: parameters.average, max: parameters.max)
            ours += ratio(versions) { chunker.lengths(of: $0) }
            plain += ratio(versions) { reference.lengths(of: $0) }
        }
        #expect(plain / 4 > 2)
        #expect(ours >= plain * 0.98)
    }

    @Test func `cuts meet again after an insertion`() {
        let chunker = Chunker(table: .seeded(80), parameters: DeduplicationTests.parameters)
        let base = randomBytes(400_000, seed: 81)
        let edited = base[..<200_000] + [7] + base[200_000...]
        let before = chunker.lengths(of: base)
        let after = chunker.lengths(of: Array(edited))
        let same = zip(before.reversed(), after.reversed()).prefix { $0 == $1 }.count
        // All but the chunk edited and the few until the cuts meet again.
        #expect(same * 5 > before.count * 2)
        #expect(zip(before, after).prefix { $0 == $1 }.count * 5 > before.count * 2)
    }

    @Test func `the mean length lies near the average`() {
        let parameters = DeduplicationTests.parameters
        for seed: UInt64 in 90..<94 {
            let bytes =
                seed % 2 == 0 ? randomBytes(1 << 21, seed: seed) : textBytes(1 << 21, seed: seed)
            let count = Chunker(table: .seeded(seed), parameters: parameters).lengths(of: bytes)
                .count
            let mean = bytes.count / count
            #expect(mean > parameters.average * 8 / 10 && mean < parameters.average * 15 / 10)
        }
    }
}
