internal import Model

/// Writes bencode. The caller gives keys in order: what is written is read back by
/// ``BencodeReader`` only then.
package struct BencodeWriter {
    package private(set) var bytes: [UInt8] = []

    package init(reserving byteCount: Int = 0) {
        bytes.reserveCapacity(byteCount)
    }

    package mutating func beginDictionary() { bytes.append(UInt8(ascii: "d")) }
    package mutating func beginList() { bytes.append(UInt8(ascii: "l")) }
    package mutating func end() { bytes.append(UInt8(ascii: "e")) }

    package mutating func integer(_ value: Int64) {
        bytes.append(UInt8(ascii: "i"))
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        decimal(value.magnitude)
        bytes.append(UInt8(ascii: "e"))
    }

    package mutating func string(_ value: [UInt8]) {
        count(value.count)
        bytes.append(contentsOf: value)
    }

    package mutating func string(_ value: String) { string(Array(value.utf8)) }

    /// The bytes of `source` at `range`.
    mutating func string(_ range: Range<Int>, of source: [UInt8]) {
        count(range.count)
        bytes.append(contentsOf: source[range])
    }

    package mutating func text(_ value: StaticString) {
        count(value.utf8CodeUnitCount)
        bytes.append(
            contentsOf: UnsafeBufferPointer(start: value.utf8Start, count: value.utf8CodeUnitCount))
    }

    package mutating func id(_ value: NodeID) {
        count(NodeID.byteCount)
        value.append(to: &bytes)
    }

    /// The count of a string whose bytes follow by ``raw(_:)``.
    mutating func count(_ count: Int) {
        decimal(UInt64(count))
        bytes.append(UInt8(ascii: ":"))
    }

    /// Bytes that are bencode already, or a part of a string.
    package mutating func raw(_ value: [UInt8]) { bytes.append(contentsOf: value) }

    mutating func id(raw value: NodeID) { value.append(to: &bytes) }

    /// Eight bytes of a string, the highest first.
    mutating func word(raw value: UInt64) { bytes.append(bigEndian: value) }

    /// Six bytes of a string, the highest first.
    mutating func transaction(raw value: UInt64) {
        bytes.append(UInt8(truncatingIfNeeded: value >> 40))
        bytes.append(UInt8(truncatingIfNeeded: value >> 32))
        bytes.append(bigEndian: UInt32(truncatingIfNeeded: value))
    }

    /// Address and port of a string, 6 bytes or 18.
    mutating func endpoint(raw value: Endpoint) {
        switch value.address {
        case .v4(let word): bytes.append(bigEndian: word)
        case .v6(let high, let low):
            bytes.append(bigEndian: high)
            bytes.append(bigEndian: low)
        }
        bytes.append(UInt8(value.port >> 8))
        bytes.append(UInt8(value.port & 255))
    }

    private mutating func decimal(_ value: UInt64) {
        if value < 10 {
            bytes.append(48 + UInt8(value))
            return
        }
        let start = bytes.count
        var rest = value
        while rest > 0 {
            bytes.append(48 + UInt8(rest % 10))
            rest /= 10
        }
        bytes[start...].reverse()
    }
}

// Not generic: a function of the width is specialised only within its file.
extension [UInt8] {
    @inline(__always)
    mutating func append(bigEndian value: UInt64) {
        append(bigEndian: UInt32(truncatingIfNeeded: value >> 32))
        append(bigEndian: UInt32(truncatingIfNeeded: value))
    }

    @inline(__always)
    mutating func append(bigEndian value: UInt32) {
        append(UInt8(truncatingIfNeeded: value >> 24))
        append(UInt8(truncatingIfNeeded: value >> 16))
        append(UInt8(truncatingIfNeeded: value >> 8))
        append(UInt8(truncatingIfNeeded: value))
    }
}
