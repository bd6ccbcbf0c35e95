import Hashing
import Model
import Testing

@Suite struct HasherTests {
    @Test(arguments: [0, 1, 64, 65, 1023, 1024, 1025, 2048, 2049, 3073, 4097])
    func `an input parted at any byte has one digest`(length: Int) {
        let bytes = TestInput.bytes
        let input = bytes.span.bytes.extracting(0..<length)
        let expected = TestInput.digest(0..<length)
        for split in 0...length {
            var hasher = BLAKE3Hasher()
            hasher.update(input.extracting(0..<split))
            hasher.update(input.extracting(split..<length))
            #expect(hasher.finalize() == expected, "split at \(split)")
        }
    }

    @Test(arguments: [1, 63, 64, 65, 1000, 1024, 1025, 5000, 16_384, 100_000, 1_048_576])
    func `an input in equal parts has one digest in every mode`(partLength: Int) {
        let length = min(TestInput.bytes.count, partLength * 4000)
        let bytes = TestInput.bytes
        let input = bytes.span.bytes.extracting(0..<length)
        for mode in TestInput.modes {
            var hasher = BLAKE3Hasher(mode)
            for start in stride(from: 0, to: length, by: partLength) {
                hasher.update(input.extracting(start..<min(length, start + partLength)))
            }
            #expect(hasher.finalize() == TestInput.digest(0..<length, mode))
        }
    }

    @Test(arguments: TestInput.kernels)
    func `every kernel hashes parts of growing length`(kernel: BLAKE3.Kernel) {
        let bytes = TestInput.bytes
        let input = bytes.span.bytes
        var hasher = BLAKE3Hasher(.keyed(TestInput.key), kernel: kernel)
        var offset = 0
        for length in 0...700 {
            hasher.update(input.extracting(offset..<offset + length * 3))
            offset += length * 3
            guard length % 50 == 0 else { continue }
            #expect(hasher.finalize() == TestInput.digest(0..<offset, .keyed(TestInput.key)))
        }
    }

    @Test func `a copy goes its own way and finalizing changes nothing`() {
        let bytes = TestInput.bytes
        let input = bytes.span.bytes
        var hasher = BLAKE3Hasher()
        hasher.update(input.extracting(0..<3000))
        var copy = hasher
        copy.update(input.extracting(0..<10))
        #expect(hasher.finalize() == hasher.finalize())
        #expect(hasher.finalize() == TestInput.digest(0..<3000))
        hasher.update(input.extracting(3000..<3010))
        #expect(hasher.finalize() == TestInput.digest(0..<3010))
        #expect(copy.finalize() != hasher.finalize())
    }

    @Test func `the extended digest begins with the digest`() {
        var hasher = BLAKE3Hasher(.keyed(TestInput.key))
        let bytes = TestInput.bytes
        hasher.update(bytes.span.bytes.extracting(0..<4000))
        let extended = hasher.finalize(byteCount: 1000)
        #expect(extended.count == 1000)
        #expect(Bytes32(extended.prefix(32)) == hasher.finalize())
        #expect(Array(extended.prefix(999)) == hasher.finalize(byteCount: 999))
    }
}
