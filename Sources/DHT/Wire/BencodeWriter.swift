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

    package mutating func integer(_ value: some BinaryInteger) {
        bytes.append(UInt8(ascii: "i"))
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        decimal(UInt64(value.magnitude))
        bytes.append(UInt8(ascii: "e"))
    }

    package mutating func string(_ value: some Collection<UInt8>) {
        count(value.count)
        bytes.append(contentsOf: value)
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
    package mutating func raw(_ value: some Collection<UInt8>) {
        bytes.append(contentsOf: value)
    }

    mutating func byte(_ value: UInt8) { bytes.append(value) }

    mutating func id(raw value: NodeID) { value.append(to: &bytes) }

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
