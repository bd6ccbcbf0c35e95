/// Why bytes are not canonical bencode. Offsets are in bytes from the start.
package enum BencodeError: Error, Equatable, Sendable {
    case truncated
    case unexpectedByte(offset: Int)
    /// Leading zeros, minus zero, no digits, or more than 64 bits.
    case badInteger(offset: Int)
    /// A key that is not above the one before it, byte by byte.
    case keysOutOfOrder(offset: Int)
    case tooDeep(offset: Int)
    case trailingBytes(count: Int)
    /// A known field with a value of another kind or length.
    case badField(offset: Int)
}

/// Reads canonical bencode from bytes that nobody has checked: sorted unique keys, one spelling of
/// each integer, at most `depthMax` lists and dictionaries in one another.
///
/// Strings are handed out as ranges of `bytes`: nothing is copied, nothing is allocated, nothing
/// traps.
///
/// - SeeAlso: BEP 3, “bencoding”; docs/formats/krpc.md.
package struct BencodeReader {
    package static let depthMax = 8

    package let bytes: [UInt8]
    package private(set) var offset: Int
    private let end: Int
    private var depth = 0

    /// Reads all of `bytes`, or the part at `range`.
    ///
    /// - Precondition: `range` lies within `bytes`.
    package init(_ bytes: [UInt8], range: Range<Int>? = nil) {
        let range = range ?? 0..<bytes.count
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count)
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    /// The first byte of the next value: `i`, `l`, `d`, a digit, or `e` for the end.
    package func peek() throws(BencodeError) -> UInt8 {
        guard offset < end else { throw .truncated }
        return bytes[offset]
    }

    package var remainingByteCount: Int { end - offset }

    package func finish() throws(BencodeError) {
        guard offset == end else { throw .trailingBytes(count: end - offset) }
    }

    /// `i`, digits, `e`.
    package mutating func integer() throws(BencodeError) -> Int64 {
        let start = offset
        try expect(UInt8(ascii: "i"))
        let isNegative = try peek() == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let magnitude = try digits(until: UInt8(ascii: "e"), start: start)
        if isNegative {
            guard magnitude != 0, magnitude <= 1 << 63 else { throw .badInteger(offset: start) }
            return Int64(truncatingIfNeeded: 0 &- magnitude)
        }
        guard let value = Int64(exactly: magnitude) else { throw .badInteger(offset: start) }
        return value
    }

    /// Count, `:`, bytes; gives where the bytes are.
    package mutating func string() throws(BencodeError) -> Range<Int> {
        let start = offset
        guard isDigit(try peek()) else { throw .unexpectedByte(offset: start) }
        let count = try digits(until: UInt8(ascii: ":"), start: start)
        guard count <= UInt64(end - offset) else { throw .truncated }
        defer { offset += Int(count) }
        return offset..<offset + Int(count)
    }

    /// Hands each key of a dictionary to `body`, which reads or skips the value.
    package mutating func dictionary(
        _ body: (inout BencodeReader, Range<Int>) throws(BencodeError) -> Void
    ) throws(BencodeError) {
        try open(UInt8(ascii: "d"))
        var last: Range<Int>?
        while try peek() != UInt8(ascii: "e") {
            let start = offset
            let key = try string()
            if let last, !isAbove(key, last) { throw .keysOutOfOrder(offset: start) }
            last = key
            try body(&self, key)
        }
        close()
    }

    /// Calls `body` before each element of a list, which reads or skips it.
    package mutating func list(
        _ body: (inout BencodeReader) throws(BencodeError) -> Void
    ) throws(BencodeError) {
        try open(UInt8(ascii: "l"))
        while try peek() != UInt8(ascii: "e") { try body(&self) }
        close()
    }

    /// Checks one value of any kind and gives where it is.
    @discardableResult
    package mutating func skip() throws(BencodeError) -> Range<Int> {
        let start = offset
        switch try peek() {
        case UInt8(ascii: "i"): _ = try integer()
        case UInt8(ascii: "l"):
            try list { reader throws(BencodeError) in try reader.skip() }
        case UInt8(ascii: "d"):
            try dictionary { reader, _ throws(BencodeError) in try reader.skip() }
        default: _ = try string()
        }
        return start..<offset
    }

    /// Whether the bytes at `range` spell `text`.
    @inline(__always)
    package func spells(_ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        let start = text.utf8Start
        for index in 0..<range.count where bytes[range.lowerBound + index] != start[index] {
            return false
        }
        return true
    }

    private mutating func open(_ byte: UInt8) throws(BencodeError) {
        let start = offset
        try expect(byte)
        depth += 1
        guard depth <= BencodeReader.depthMax else { throw .tooDeep(offset: start) }
    }

    private mutating func close() {
        offset += 1
        depth -= 1
    }

    private mutating func expect(_ byte: UInt8) throws(BencodeError) {
        guard try peek() == byte else { throw .unexpectedByte(offset: offset) }
        offset += 1
    }

    /// Digits and the byte after them.
    private mutating func digits(
        until stop: UInt8, start: Int
    ) throws(BencodeError) -> UInt64 {
        let first = offset
        var value: UInt64 = 0
        while true {
            let byte = try peek()
            offset += 1
            if byte == stop { break }
            guard isDigit(byte) else { throw .unexpectedByte(offset: offset - 1) }
            let (product, isOver) = value.multipliedReportingOverflow(by: 10)
            let (sum, isOverToo) = product.addingReportingOverflow(UInt64(byte & 15))
            guard !isOver, !isOverToo else { throw .badInteger(offset: start) }
            value = sum
        }
        let count = offset - 1 - first
        guard count == 1 || count > 1 && bytes[first] != UInt8(ascii: "0") else {
            throw .badInteger(offset: start)
        }
        return value
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 }

    private func isAbove(_ key: Range<Int>, _ last: Range<Int>) -> Bool {
        for index in 0..<min(key.count, last.count) {
            let (one, other) = (bytes[key.lowerBound + index], bytes[last.lowerBound + index])
            if one != other { return one > other }
        }
        return key.count > last.count
    }
}
