/// Why bytes are not what their format says. The offsets are in bytes from the start.
package enum FormatError: Error, Equatable, Sendable {
    case truncated(format: String, offset: Int)
    case trailingBytes(format: String, count: Int)
    case badMagic(format: String)
    case unknownVersion(format: String, version: Int)
    case badChecksum(format: String)
    case badSignature(format: String)
    case limitExceeded(format: String, field: String, value: UInt64, limit: UInt64)
    case invalid(format: String, field: String)
}

/// Reads little-endian fields from bytes that nobody has checked yet. Never traps, never reads past
/// the end, never allocates more than the input holds.
package struct ByteReader {
    package let format: String
    package private(set) var offset: Int
    private let bytes: [UInt8]
    private let end: Int

    /// Reads `range` of `bytes` (all of them when `nil`).
    ///
    /// - Precondition: `range` lies within `bytes`.
    package init(_ bytes: [UInt8], format: String, range: Range<Int>? = nil) {
        let range = range ?? 0..<bytes.count
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        self.bytes = bytes
        self.format = format
        self.offset = range.lowerBound
        self.end = range.upperBound
    }

    package var remainingByteCount: Int { end - offset }

    package mutating func byte() throws(FormatError) -> UInt8 {
        try need(1)
        defer { offset += 1 }
        return bytes[offset]
    }

    package mutating func integer<Value: FixedWidthInteger>(
        _: Value.Type = Value.self
    ) throws(FormatError) -> Value {
        let width = MemoryLayout<Value>.size
        try need(width)
        defer { offset += width }
        return bytes.withUnsafeBytes {
            Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
        }
    }

    package mutating func bytes32() throws(FormatError) -> Bytes32 {
        try need(Bytes32.byteCount)
        defer { offset += Bytes32.byteCount }
        return Bytes32(bytes.span.bytes.extracting(offset..<offset + Bytes32.byteCount))
    }

    package mutating func identifier<Noun>(
        _: Identifier<Noun>.Type = Identifier<Noun>.self
    ) throws(FormatError) -> Identifier<Noun> {
        Identifier(try bytes32())
    }

    /// Takes `count` bytes as they are.
    package mutating func take(_ count: Int) throws(FormatError) -> [UInt8] {
        try need(count)
        defer { offset += count }
        return Array(bytes[offset..<offset + count])
    }

    /// Reads a 32-bit count of bytes and the bytes, at most `limit` of them.
    package mutating func counted(
        limit: Int, field: String
    ) throws(FormatError) -> [UInt8] {
        let count = try count(limit: limit, field: field)
        return try take(count)
    }

    /// Reads a 32-bit count, at most `limit`.
    package mutating func count(limit: Int, field: String) throws(FormatError) -> Int {
        let value = try integer(UInt32.self)
        guard value <= limit else {
            throw .limitExceeded(
                format: format, field: field, value: UInt64(value), limit: UInt64(limit))
        }
        return Int(value)
    }

    package mutating func text(limit: Int, field: String) throws(FormatError) -> String {
        guard let text = String(validating: try counted(limit: limit, field: field), as: UTF8.self)
        else { throw .invalid(format: format, field: field) }
        return text
    }

    package mutating func expect(_ magic: StaticString) throws(FormatError) {
        let found = try take(magic.utf8CodeUnitCount)
        let same = magic.withUTF8Buffer { $0.elementsEqual(found) }
        guard same else { throw .badMagic(format: format) }
    }

    package func finish() throws(FormatError) {
        guard offset == end else { throw .trailingBytes(format: format, count: end - offset) }
    }

    package func need(_ count: Int) throws(FormatError) {
        guard count >= 0, end - offset >= count else {
            throw .truncated(format: format, offset: offset)
        }
    }
}

/// Writes the fields that ``ByteReader`` reads.
package struct ByteWriter {
    package private(set) var bytes: [UInt8] = []

    package init(reserving byteCount: Int = 0) {
        bytes.reserveCapacity(byteCount)
    }

    package mutating func byte(_ value: UInt8) { bytes.append(value) }

    package mutating func integer(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    package mutating func bytes32(_ value: Bytes32) {
        value.withBytes { span in span.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    }

    package mutating func identifier<Noun>(_ value: Identifier<Noun>) { bytes32(value.bytes) }

    package mutating func raw(_ value: some Collection<UInt8>) { bytes.append(contentsOf: value) }

    /// A 32-bit count of bytes, then the bytes.
    package mutating func counted(_ value: some Collection<UInt8>) {
        integer(UInt32(value.count))
        bytes.append(contentsOf: value)
    }

    package mutating func text(_ value: String) { counted(value.utf8) }

    package mutating func magic(_ value: StaticString) {
        value.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Appends the CRC-32C of everything written so far.
    package mutating func checksum() { integer(Checksum.crc32c(bytes.span.bytes)) }
}

extension ByteReader {
    /// A reader over all but the last four bytes, which must be the CRC-32C of the rest.
    package init(checked bytes: [UInt8], format: String) throws(FormatError) {
        guard bytes.count >= 4 else { throw .truncated(format: format, offset: bytes.count) }
        let end = bytes.count - 4
        var tail = ByteReader(bytes, format: format, range: end..<bytes.count)
        let expected = try tail.integer(UInt32.self)
        guard Checksum.crc32c(bytes.span.bytes.extracting(0..<end)) == expected else {
            throw .badChecksum(format: format)
        }
        self.init(bytes, format: format, range: 0..<end)
    }
}
