import Model
import Testing

@Suite struct HexTests {
    @Test func `every byte goes to two lower-case digits and back`() {
        let bytes = (0...255).map { UInt8($0) }
        let text = Hex.encode(bytes)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
        #expect(Hex.decode(text) == bytes)
        #expect(Hex.decode(text.uppercased()) == bytes)
        #expect(Hex.encode([]).isEmpty && Hex.decode("") == [])
    }

    @Test(arguments: ["0", "abc", "0g", "g0", " 00", "0x00", "00 ", "é0", "-1", "+1"])
    func `what is no pair of digits is refused`(_ text: String) {
        #expect(Hex.decode(text) == nil)
    }
}

@Suite struct IdentifierTests {
    @Test func `identifiers are ordered by their bytes, first byte first`() {
        var generator = SeededGenerator(seed: 3)
        for round in 0..<2000 {
            let one = generator.bytes(32)
            var other = generator.bytes(32)
            // Long common beginnings, so that each of the four words decides sometimes.
            let common = round % 33
            other.replaceSubrange(0..<common, with: one[0..<common])
            let left = ChunkID(Bytes32(one)!)
            let right = ChunkID(Bytes32(other)!)
            #expect((left < right) == one.lexicographicallyPrecedes(other))
            #expect((right < left) == other.lexicographicallyPrecedes(one))
            #expect((left == right) == (one == other))
        }
    }

    @Test func `an identifier reads what it prints`() {
        let id: BlockID = FormatSamples.id(0xF0)
        #expect(id.description.hasPrefix("f0f1f2f3") && id.description.count == 64)
        #expect(id.short == "f0f1f2f3")
        #expect(BlockID(hex: id.description) == id)
        #expect(BlockID(hex: id.description.dropLast(2)) == nil)
        #expect(BlockID(hex: id.description + "00") == nil)
        #expect(BlockID(hex: "zz" + id.description.dropFirst(2)) == nil)
    }

    @Test func `thirty-two bytes come back as they were`() {
        let array = (0..<32).map { UInt8($0 * 7) }
        let bytes = Bytes32(array)
        #expect(bytes?.array == array)
        #expect(Bytes32(array.span.bytes) == bytes)
        #expect(Bytes32(filling: { $0.copyBytes(from: array) }) == bytes)
        #expect(Bytes32(array.dropLast()) == nil && Bytes32(array + [0]) == nil)
        #expect(Bytes32.zero.array == [UInt8](repeating: 0, count: 32))
    }
}

@Suite struct ErasureSchemeTests {
    @Test func `the automatic scheme uses every supplier up to twenty`() throws {
        let expected = [
            "1+0", "1+1", "2+1", "2+2", "3+2", "3+3", "4+3", "4+4", "5+4", "5+5", "6+5", "6+6",
            "7+6", "7+7", "8+7", "8+8", "8+9", "8+10", "8+11", "8+12",
        ]
        #expect(ErasureScheme.automatic(supplierCount: 0) == nil)
        #expect(ErasureScheme.automatic(supplierCount: -1) == nil)
        for count in 1...40 {
            let scheme = try #require(ErasureScheme.automatic(supplierCount: count))
            #expect(scheme.description == (count < 20 ? expected[count - 1] : "8+12"))
        }
    }

    @Test func `every scheme reads what it prints`() {
        for dataCount in 0...256 {
            for parityCount in 0...256 where (dataCount + parityCount) % 5 == 0 {
                let isValid = dataCount >= 1 && dataCount + parityCount <= 255
                let scheme = ErasureScheme(dataCount: dataCount, parityCount: parityCount)
                #expect((scheme != nil) == isValid)
                #expect(ErasureScheme("\(dataCount)+\(parityCount)") == scheme)
            }
        }
    }

    @Test(arguments: [
        "", "+", "2", "2+", "+2", "2+2+2", " 2+2", "2+2 ", "2 + 2", "-2+4", "2-2", "2+-1", "0+4",
        "200+56", "٢+٢", "99999999999999999999+1", "1+99999999999999999999", "2x2",
    ])
    func `what is no scheme is refused`(_ text: String) {
        #expect(ErasureScheme(text) == nil)
    }

    @Test func `a number of losses to survive becomes parity fragments`() {
        #expect(ErasureScheme.surviving(3, supplierCount: 10)?.description == "7+3")
        #expect(ErasureScheme.surviving(0, supplierCount: 4)?.description == "4+0")
        #expect(ErasureScheme.surviving(4, supplierCount: 4) == nil)
        #expect(ErasureScheme.surviving(-1, supplierCount: 4) == nil)
        #expect(ErasureScheme.surviving(.min, supplierCount: 4) == nil)
        #expect(ErasureScheme.surviving(.max, supplierCount: -2) == nil)
    }

    @Test func `fragments are whole pages and together hold the block`() throws {
        for dataCount in 1...255 {
            let scheme = try #require(ErasureScheme(dataCount: dataCount, parityCount: 0))
            for length in BlockLength.all {
                let fragment = scheme.fragmentLength(sealedLength: length.sealedLength)
                #expect(fragment % Limits.pageLength == 0)
                #expect(fragment * dataCount >= length.sealedLength)
                #expect((fragment - Limits.pageLength) * dataCount < length.sealedLength)
            }
        }
    }
}

@Suite struct BlockLengthTests {
    /// C2SP chunked-encryption: 24 bytes of salt, 32 of commitment, a tag for each 16 KiB.
    private func sealedLength(plaintext: Int) -> Int {
        let steps = max(1, (plaintext + (16 << 10) - 1) / (16 << 10))
        return 24 + 32 + plaintext + 16 * steps
    }

    @Test func `plaintext and the overhead of the seal fill the class exactly`() {
        #expect(BlockLength.all.map(\.sealedLength) == (16...23).map { 1 << $0 })
        #expect(BlockLength.all.first == .smallest && BlockLength.all.last == .largest)
        for length in BlockLength.all {
            #expect(sealedLength(plaintext: length.plaintextLength) == length.sealedLength)
        }
    }

    @Test func `the smallest class that holds the bytes is chosen`() {
        for (smaller, length) in zip(BlockLength.all, BlockLength.all.dropFirst()) {
            #expect(BlockLength(holding: smaller.plaintextLength) == smaller)
            #expect(BlockLength(holding: smaller.plaintextLength + 1) == length)
        }
        #expect(BlockLength(holding: 0) == .smallest)
        #expect(BlockLength(holding: BlockLength.largest.plaintextLength) == .largest)
        #expect(BlockLength(holding: BlockLength.largest.plaintextLength + 1) == nil)
    }

    @Test(arguments: [Int.min, -65536, 0, 1, 32 << 10, 65535, 65537, 96 << 10, 16 << 20, Int.max])
    func `what is no class is refused`(_ sealedLength: Int) {
        #expect(BlockLength(exactly: sealedLength) == nil)
    }
}
