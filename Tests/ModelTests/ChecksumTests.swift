import CKernels
import Model
import Testing

@Suite struct ChecksumTests {
    /// RFC 3720, appendix B.4, and the check value of the Rocksoft catalogue.
    @Test func `known checksums`() {
        let zeros = [UInt8](repeating: 0, count: 32)
        let ones = [UInt8](repeating: 0xFF, count: 32)
        let rising = (0..<32).map { UInt8($0) }
        #expect(Checksum.crc32c(Array("123456789".utf8).span.bytes) == 0xE306_9283)
        #expect(Checksum.crc32c(zeros.span.bytes) == 0x8A91_36AA)
        #expect(Checksum.crc32c(ones.span.bytes) == 0x62A8_AB43)
        #expect(Checksum.crc32c(rising.span.bytes) == 0x46DD_794E)
        #expect(Checksum.crc32c([UInt8]().span.bytes) == 0)
        #expect(Checksum.crc32c([UInt8]().span.bytes, seed: 7) == 7)
    }

    /// The kernel joins three streams of 4096 bytes and reads words of 8.
    @Test func `every length around a boundary equals the bitwise definition`() {
        var generator = SeededGenerator(seed: 4)
        let bytes = generator.bytes(6 * 4096 + 64)
        var expected = [UInt32](repeating: 0, count: bytes.count + 1)
        var state = UInt32.max
        for (index, byte) in bytes.enumerated() {
            state = bitwise(state, byte)
            expected[index + 1] = ~state
        }
        let boundaries = [0, 4096, 2 * 4096, 3 * 4096, 4 * 4096, 6 * 4096]
        for boundary in boundaries {
            for length in max(0, boundary - 20)...boundary + 20 {
                #expect(
                    Checksum.crc32c(bytes.span.bytes.extracting(0..<length)) == expected[length])
                let scalar = bytes.withUnsafeBytes { bd_crc32c_scalar(0, $0.baseAddress, length) }
                #expect(scalar == expected[length])
            }
        }
    }

    @Test func `a checksum continues where another one stopped`() {
        var generator = SeededGenerator(seed: 5)
        let bytes = generator.bytes(3 * 4096 + 100)
        let whole = Checksum.crc32c(bytes.span.bytes)
        for cut in [0, 1, 7, 8, 9, 99, 100, 101, 4096, 3 * 4096, bytes.count] {
            let first = Checksum.crc32c(bytes.span.bytes.extracting(0..<cut))
            let rest = bytes.span.bytes.extracting(cut..<bytes.count)
            #expect(Checksum.crc32c(rest, seed: first) == whole)
        }
    }

    private func bitwise(_ state: UInt32, _ byte: UInt8) -> UInt32 {
        var state = state ^ UInt32(byte)
        for _ in 0..<8 { state = (state >> 1) ^ (state & 1 == 0 ? 0 : 0x82F6_3B78) }
        return state
    }
}
