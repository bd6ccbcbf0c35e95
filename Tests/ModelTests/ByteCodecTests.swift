import Model
import Testing

@Suite struct ByteCodecTests {
    @Test func `what the writer writes the reader reads`() throws {
        var writer = ByteWriter()
        writer.magic("MAGIC")
        writer.byte(0xAB)
        writer.integer(UInt16(0x0102))
        writer.integer(Int64(-2))
        writer.bytes32(FormatSamples.bytes32(9))
        writer.counted([1, 2, 3] as [UInt8])
        writer.text("déjà")
        writer.raw([7, 8] as [UInt8])
        writer.checksum()

        var reader = try ByteReader(checked: writer.bytes, format: "test")
        try reader.expect("MAGIC")
        #expect(try reader.byte() == 0xAB)
        #expect(try reader.integer(UInt16.self) == 0x0102)
        #expect(try reader.integer(Int64.self) == -2)
        #expect(try reader.bytes32() == FormatSamples.bytes32(9))
        #expect(try reader.counted(limit: 3, field: "counted") == [1, 2, 3])
        #expect(try reader.text(limit: 6, field: "text") == "déjà")
        #expect(reader.remainingByteCount == 2)
        #expect(throws: FormatError.trailingBytes(format: "test", count: 2)) {
            try reader.finish()
        }
        #expect(try reader.take(2) == [7, 8])
        try reader.finish()
    }

    @Test func `integers are little-endian`() {
        var writer = ByteWriter()
        writer.integer(UInt32(0x0403_0201))
        #expect(writer.bytes == [1, 2, 3, 4])
    }

    @Test func `reading past the end is an error at every width`() {
        for count in 0..<32 {
            let bytes = [UInt8](repeating: 1, count: count)
            let isShort = FormatError.truncated(format: "test", offset: 0)
            var reader = ByteReader(bytes, format: "test")
            #expect(throws: isShort) { _ = try reader.bytes32() }
            #expect(throws: isShort) { _ = try reader.take(count + 1) }
            #expect(throws: isShort) { _ = try reader.take(-1) }
            #expect(throws: isShort) { _ = try reader.take(.max) }
            if count < 8 { #expect(throws: isShort) { _ = try reader.integer(UInt64.self) } }
            if count < 1 { #expect(throws: isShort) { _ = try reader.byte() } }
        }
    }

    @Test func `a reader keeps to its range`() throws {
        var reader = ByteReader([1, 2, 3, 4], format: "test", range: 1..<3)
        #expect(try reader.take(2) == [2, 3])
        #expect(throws: FormatError.truncated(format: "test", offset: 3)) { try reader.byte() }
    }

    @Test func `a count above its limit is refused before anything is read`() {
        var writer = ByteWriter()
        writer.integer(UInt32.max)
        var reader = ByteReader(writer.bytes, format: "test")
        let error = FormatError.limitExceeded(
            format: "test", field: "names", value: UInt64(UInt32.max), limit: 10)
        #expect(throws: error) { try reader.counted(limit: 10, field: "names") }
    }

    @Test func `text that is not UTF-8 is refused`() {
        var writer = ByteWriter()
        writer.counted([0xC3, 0x28] as [UInt8])
        var reader = ByteReader(writer.bytes, format: "test")
        #expect(throws: FormatError.invalid(format: "test", field: "name")) {
            try reader.text(limit: 10, field: "name")
        }
    }
}
