import Chunking
import Foundation
import Testing

private let small = ChunkerParameters(min: 128, average: 512, max: 2048)!
private let kernels = GearKernel.allCases.filter(\.isAvailable)

@Suite struct ChunkerTests {
    @Test(arguments: kernels)
    func `every kernel cuts as the documented chunker does`(kernel: GearKernel) {
        let inputs = [
            randomBytes(60_000, seed: 1), textBytes(60_000, seed: 2),
            [UInt8](repeating: 0, count: 9000),
            (0..<20_000).map { UInt8($0 % 7) },
        ]
        for (min, average, max) in [(128, 256, 512), (128, 512, 2048), (333, 1024, 5000)] {
            let parameters = ChunkerParameters(min: min, average: average, max: max)!
            for seed: UInt64 in 10..<13 {
                let expanded = randomBytes(GearTable.expandedByteCount, seed: seed)
                let chunker = Chunker(
                    table: GearTable(expanding: expanded), parameters: parameters, kernel: kernel)
                let documented = DocumentedChunker(
                    expanded: expanded, min: min, average: average, max: max)
                for input in inputs {
                    #expect(chunker.lengths(of: input) == documented.lengths(of: input))
                }
            }
        }
    }

    @Test func `every kernel finds the same cuts at the standard lengths`() {
        let input = randomBytes(6 << 20, seed: 3) + textBytes(3 << 20, seed: 4)
        let lengths = kernels.map {
            Chunker(table: .seeded(5), kernel: $0).lengths(of: input)
        }
        #expect(lengths.allSatisfy { $0 == lengths[0] })
        #expect(lengths[0].count > 20)
    }

    @Test(arguments: kernels)
    func `candidates at every byte change neither kernel nor cut`(kernel: GearKernel) {
        // Word 0 is what bit 0 adds to the entry of byte 0, 0x3563: byte 1 gets the entry 0.
        var expanded = randomBytes(GearTable.expandedByteCount, seed: 6)
        expanded[0] = 0x63
        expanded[1] = 0x35
        let input = [UInt8](repeating: 1, count: 8000) + randomBytes(8000, seed: 7)
        let chunker = Chunker(
            table: GearTable(expanding: expanded), parameters: small, kernel: kernel)
        let documented = DocumentedChunker(expanded: expanded, min: 128, average: 512, max: 2048)
        #expect(documented.entries[1] == 0)
        #expect(chunker.lengths(of: input) == documented.lengths(of: input))
    }

    @Test func `cuts do not depend on how the input is split`() {
        var generator = SplitMix(state: 8)
        let chunker = Chunker(table: .seeded(9), parameters: small)
        for round in 0..<40 {
            let input = textBytes(
                Int.random(in: 1...20_000, using: &generator), seed: UInt64(round))
            var ends = (0..<Int.random(in: 0...12, using: &generator)).map { _ in
                Int.random(in: 0...input.count, using: &generator)
            }
            ends.append(input.count)
            var start = 0
            let parts = ends.sorted().map { end in
                defer { start = end }
                return input[start..<end]
            }
            #expect(chunker.lengths(ofParts: parts) == chunker.lengths(of: input))
        }
    }

    @Test func `a split at every byte around the first cuts changes nothing`() {
        let chunker = Chunker(table: .seeded(10), parameters: small)
        let input = randomBytes(5000, seed: 11)
        let whole = chunker.lengths(of: input)
        for split in 0...3000 {
            #expect(chunker.lengths(ofParts: [input[..<split], input[split...]]) == whole)
        }
    }

    @Test(arguments: kernels)
    func `bytes outside the buffer are not looked at`(kernel: GearKernel) {
        let chunker = Chunker(table: .seeded(12), parameters: small, kernel: kernel)
        let input = randomBytes(2600, seed: 13)
        for count in 0...2600 {
            let exact = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
            defer { exact.deallocate() }
            exact.copyBytes(from: input[..<count])
            let cut = chunker.firstCut(in: UnsafeRawBufferPointer(exact), isFinal: true)
            #expect(cut == chunker.lengths(of: Array(input[..<count])).first)
        }
    }

    @Test func `no bytes hold no chunk`() {
        let chunker = Chunker(table: .seeded(14))
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(chunker.firstCut(in: empty, isFinal: true) == nil)
        #expect(chunker.firstCut(in: empty, isFinal: false) == nil)
    }

    @Test func `every short length is one chunk at the end and undecided before`() {
        let chunker = Chunker(table: .seeded(15), parameters: small)
        let input = randomBytes(128, seed: 16)
        for count in 1...128 {
            input.withUnsafeBytes { all in
                let bytes = UnsafeRawBufferPointer(rebasing: all[..<count])
                #expect(chunker.firstCut(in: bytes, isFinal: true) == count)
                if count < 128 { #expect(chunker.firstCut(in: bytes, isFinal: false) == nil) }
            }
        }
    }

    @Test func `zeros are cut at the greatest length`() {
        let chunker = Chunker(table: .seeded(17))
        let max = chunker.parameters.max
        #expect(chunker.lengths(of: [UInt8](repeating: 0, count: max - 1)) == [max - 1])
        #expect(chunker.lengths(of: [UInt8](repeating: 0, count: 2 * max + 1)) == [max, max, 1])
    }

    @Test func `lengths keep their limits and add up`() {
        let chunker = Chunker(table: .seeded(18), parameters: small)
        for seed: UInt64 in 0..<20 {
            let input =
                seed % 2 == 0 ? randomBytes(30_000, seed: seed) : textBytes(30_000, seed: seed)
            let lengths = chunker.lengths(of: input)
            #expect(lengths.reduce(0, +) == input.count)
            #expect(lengths.allSatisfy { $0 <= 2048 })
            #expect(lengths.dropLast().allSatisfy { $0 >= 128 })
        }
    }

    @Test func `different keys cut differently`() {
        let input = randomBytes(100_000, seed: 19)
        let ends = (20..<24).map { seed in
            var end = 0
            return Set(
                Chunker(table: .seeded(UInt64(seed)), parameters: small).lengths(of: input)
                    .dropLast().map { length in
                        end += length
                        return end
                    })
        }
        for one in ends.indices {
            for other in ends.indices where one < other {
                // Of some 160 cuts each in 100,000 places, chance lets none or one coincide.
                #expect(ends[one].intersection(ends[other]).count <= 5)
            }
        }
    }

    @Test func `parameters out of their limits are refused`() {
        #expect(ChunkerParameters(min: 128, average: 256, max: 257) != nil)
        #expect(ChunkerParameters(min: 127, average: 256, max: 512) == nil)
        #expect(ChunkerParameters(min: 256, average: 256, max: 512) == nil)
        #expect(ChunkerParameters(min: 128, average: 256, max: 256) == nil)
        #expect(ChunkerParameters(min: 128, average: 300, max: 512) == nil)
        #expect(ChunkerParameters(min: 128, average: 256, max: 1 << 20) != nil)
        #expect(ChunkerParameters(min: 128, average: 256, max: 1 << 20 + 1) == nil)
        #expect(ChunkerParameters(min: -1, average: 0, max: 1) == nil)
    }

    @Test func `the cuts of format version 1 are those of the golden file`() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "fixtures/chunker/v1.txt")
        let input =
            randomBytes(4 << 20, seed: 100) + textBytes(2 << 20, seed: 101)
            + [UInt8](repeating: 0, count: 600_000) + randomBytes(1 << 20, seed: 102)
        let lengths = Chunker(table: .seeded(99)).lengths(of: input)
        let text = lengths.map { "\($0)\n" }.joined()
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }
}
