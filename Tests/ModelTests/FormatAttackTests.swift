import Model
import Testing

@Suite struct FormatAttackTests {
    @Test(arguments: FormatUnderTest.all)
    func `the bytes of version 1 never change`(_ format: FormatUnderTest) throws {
        try format.golden.expect(format.sample)
    }

    @Test(arguments: FormatUnderTest.all)
    func `the golden file decodes and encodes to itself`(_ format: FormatUnderTest) throws {
        let golden = try format.golden.bytes
        #expect(try format.recode(golden) == golden)
    }

    @Test(arguments: FormatUnderTest.all)
    func `every truncation is rejected`(_ format: FormatUnderTest) throws {
        let golden = try format.golden.bytes
        for count in 0..<golden.count {
            #expect(throws: FormatError.self, "\(count) bytes") {
                try format.recode(Array(golden.prefix(count)))
            }
        }
    }

    @Test(arguments: FormatUnderTest.all)
    func `bytes after the end are rejected`(_ format: FormatUnderTest) throws {
        let golden = try format.golden.bytes
        for tail: [UInt8] in [[0], [1], golden] {
            #expect(throws: FormatError.self) { try format.recode(golden + tail) }
        }
    }

    @Test(arguments: FormatUnderTest.all)
    func `every change of one bit is rejected`(_ format: FormatUnderTest) throws {
        var bytes = try format.golden.bytes
        for index in bytes.indices where !format.unprotected.contains(index) {
            // The thousands of zeros that pad a block get one bit each, all else gets all eight.
            for bit in index < 4096 ? 0..<8 : index % 8..<index % 8 + 1 {
                bytes[index] ^= 1 << bit
                #expect(throws: FormatError.self, "bit \(bit) of byte \(index)") {
                    try format.recode(bytes)
                }
                bytes[index] ^= 1 << bit
            }
        }
    }

    /// What the checksum or the signature lets through must be the one encoding of its value, or an
    /// error, never a trap.
    @Test(arguments: FormatUnderTest.all)
    func `a forged checksum gets nothing but canonical values in`(
        _ format: FormatUnderTest
    ) throws {
        let golden = try format.golden.bytes
        var generator = SeededGenerator(seed: 1)
        var acceptedCount = 0
        for round in 0..<4000 {
            var bytes = golden
            let used = min(bytes.count, 1024)
            for _ in 0...Int.random(in: 0..<3, using: &generator) {
                let index = Int.random(in: 0..<used, using: &generator)
                bytes[index] = interesting(&generator)
            }
            if round % 4 == 0 {
                bytes.removeLast(Int.random(in: 1..<used, using: &generator))
            }
            bytes = format.mend(bytes)
            guard let again = try? format.recode(bytes) else { continue }
            acceptedCount += 1
            #expect(again == bytes, "round \(round)")
        }
        #expect(acceptedCount > 0)
    }

    @Test(arguments: FormatUnderTest.all)
    func `random bytes are rejected`(_ format: FormatUnderTest) throws {
        var generator = SeededGenerator(seed: 2)
        let magic = try format.golden.bytes.prefix(8)
        for round in 0..<20_000 {
            let count = Int.random(in: 0..<300, using: &generator)
            var bytes = generator.bytes(count)
            if round % 2 == 0 { bytes = format.mend(magic + bytes) }
            #expect(throws: FormatError.self, "round \(round)") { try format.recode(bytes) }
        }
    }

    private func interesting(_ generator: inout SeededGenerator) -> UInt8 {
        let values: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF]
        return Bool.random(using: &generator)
            ? values.randomElement(using: &generator)!
            : UInt8.random(in: 0...255, using: &generator)
    }
}
