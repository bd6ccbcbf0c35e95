internal import Model

/// Reads the dictionary of a record: exactly the keys that are asked for, in their order.
///
/// After the first miss every further read gives `nil`.
struct RecordReader {
    private var reader: BencodeReader
    private var isBroken = false

    init(_ value: [UInt8]) {
        reader = BencodeReader(value, range: RecordReader.inside(of: value))
        var whole = BencodeReader(value)
        isBroken = (try? whole.skip()) == nil || (try? whole.finish()) == nil
        if value.first != UInt8(ascii: "d") { isBroken = true }
    }

    /// Whether everything was read and all of it was there.
    var isAtEnd: Bool { !isBroken && reader.remainingByteCount == 0 }

    mutating func bytes(_ key: StaticString, count: Int) -> [UInt8]? {
        guard let bytes = bytes(key, lengthMax: count), bytes.count == count else {
            return miss()
        }
        return bytes
    }

    mutating func text(_ key: StaticString, lengthMax: Int) -> String? {
        guard let bytes = bytes(key, lengthMax: lengthMax),
            let text = String(validating: bytes, as: UTF8.self)
        else { return miss() }
        return text
    }

    /// Not negative.
    mutating func integer(_ key: StaticString) -> Int64? {
        guard take(key), let value = try? reader.integer(), value >= 0 else { return miss() }
        return value
    }

    mutating func texts(_ key: StaticString, countMax: Int, lengthMax: Int) -> [String]? {
        guard take(key), (try? reader.peek()) == UInt8(ascii: "l") else { return miss() }
        var texts: [String]? = []
        try? reader.list { reader throws(BencodeError) in
            let range = try reader.string()
            if range.count > lengthMax || texts?.count ?? countMax >= countMax { texts = nil }
            guard let text = String(validating: reader.bytes[range], as: UTF8.self) else {
                texts = nil
                return
            }
            texts?.append(text)
        }
        return texts ?? miss()
    }

    mutating func bytes(_ key: StaticString, lengthMax: Int) -> [UInt8]? {
        guard take(key), let range = try? reader.string(), range.count <= lengthMax else {
            return miss()
        }
        return Array(reader.bytes[range])
    }

    private mutating func take(_ key: StaticString) -> Bool {
        guard !isBroken, let found = try? reader.string() else { return false }
        return reader.spells(found, key)
    }

    private mutating func miss<Value>() -> Value? {
        isBroken = true
        return nil
    }

    private static func inside(of value: [UInt8]) -> Range<Int> {
        value.count < 2 ? 0..<0 : 1..<value.count - 1
    }
}
