import Hashing
import Model
import Testing

@Suite struct KernelTests {
    @Test func `the best kernel is one that the processor supports`() {
        #expect(BLAKE3.Kernel.best.isSupported)
        #expect(BLAKE3.Kernel.scalar.isSupported)
    }

    /// Every count of lanes, every length of a tail, with chunks before it and without.
    @Test(arguments: TestInput.kernels)
    func `every kernel gives what the scalar one gives`(kernel: BLAKE3.Kernel) {
        var lengths = Array(0...1100)
        lengths += (1...70).flatMap { [$0 * 1024 - 1, $0 * 1024, $0 * 1024 + 1] }
        lengths += (0...64).map { 3 * 1024 + $0 * 16 }
        for length in lengths {
            let found = TestInput.digest(0..<length, .keyed(TestInput.key), kernel)
            let expected = TestInput.digest(0..<length, .keyed(TestInput.key), .scalar)
            #expect(found == expected, "\(length) bytes")
        }
    }

    @Test(arguments: TestInput.kernels)
    func `inputs hashed together get the digests they get alone`(kernel: BLAKE3.Kernel) {
        let short = ranges(count: 700, lengthMax: 2500, seed: 1)
        let long = ranges(count: 40, lengthMax: 70_000, seed: 2)
        let few = (0...33).map { count in (0..<count).map { $0 * 1000..<$0 * 1000 + 1024 } }
        let huge = [0..<1_500_000, 5..<5, 7..<1_048_583, 100..<1_048_677, 3..<2_097_155]
        let small = (0...300).map { $0..<$0 * 5 }
        for batch in [short, long, huge, small] + few { expectBatch(of: batch, kernel) }
    }

    @Test func `many inputs in plain and derive-key mode`() {
        let batch = ranges(count: 50, lengthMax: 5000, seed: 3)
        for mode in TestInput.modes {
            var digests: [Bytes32] = []
            TestInput.bytes.withUnsafeBytes {
                BLAKE3.hashes(of: batch, in: $0, mode: mode, into: &digests)
            }
            for (range, digest) in zip(batch, digests) {
                #expect(digest == TestInput.digest(range, mode))
            }
        }
    }

    @Test func `digests of an earlier batch are replaced, and no input gives none`() {
        var digests = [Bytes32](repeating: TestInput.key, count: 9)
        TestInput.bytes.withUnsafeBytes {
            BLAKE3.keyedHashes(of: [0..<3], in: $0, key: TestInput.key, into: &digests)
            #expect(digests.count == 1)
            BLAKE3.keyedHashes(of: [], in: $0, key: TestInput.key, into: &digests)
            #expect(digests.isEmpty)
        }
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        BLAKE3.keyedHashes(of: [0..<0, 0..<0], in: nothing, key: TestInput.key, into: &digests)
        let empty = BLAKE3.keyedHash([UInt8]().span.bytes, key: TestInput.key)
        #expect(digests == [empty, empty])
    }

    private func expectBatch(of batch: [Range<Int>], _ kernel: BLAKE3.Kernel) {
        var digests: [Bytes32] = []
        TestInput.bytes.withUnsafeBytes {
            BLAKE3.keyedHashes(
                of: batch, in: $0, key: TestInput.key, into: &digests, kernel: kernel)
        }
        #expect(digests.count == batch.count)
        for (range, digest) in zip(batch, digests) {
            #expect(digest == TestInput.digest(range, .keyed(TestInput.key)), "\(range)")
        }
    }

    private func ranges(count: Int, lengthMax: Int, seed: UInt64) -> [Range<Int>] {
        var state = seed
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let start = Int(state >> 33) % (TestInput.bytes.count - lengthMax)
            return start..<start + Int(state >> 13 & 0xFFFFF) % (lengthMax + 1)
        }
    }
}
