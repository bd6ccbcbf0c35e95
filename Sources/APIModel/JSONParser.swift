internal import Model

/// Why bytes are no JSON value that we read.
package enum JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    case tooLong(byteCount: Int, byteCountMax: Int)
    case tooDeep(depthMax: Int)
    case duplicateKey(String)
    case unexpectedEnd
    case unexpectedByte(UInt8, offset: Int)
    case badNumber(offset: Int)
    case badText(offset: Int)

    package var description: String {
        switch self {
        case .tooLong(let count, let max): "\(count) bytes, at most \(max)"
        case .tooDeep(let max): "nested deeper than \(max)"
        case .duplicateKey(let key): "the key \(key.prefix(40)) is there twice"
        case .unexpectedEnd: "it ends too early"
        case .unexpectedByte(_, let offset): "unexpected character at byte \(offset)"
        case .badNumber(let offset): "no number that can be kept at byte \(offset)"
        case .badText(let offset): "bad text at byte \(offset)"
        }
    }
}

extension APIValue {
    /// Reads one JSON value, strictly: valid UTF-8 without a byte order mark, no duplicate keys, no
    /// lone surrogates, numbers that a 64-bit integer or a finite double holds, and limits on all.
    ///
    /// - Parameter byteCountMax: most bytes that are looked at.
    /// - SeeAlso: RFC 8259.
    package init(
        parsing bytes: [UInt8], byteCountMax: Int = Limits.requestBodyLengthMax
    ) throws(JSONError) {
        guard bytes.count <= byteCountMax else {
            throw .tooLong(byteCount: bytes.count, byteCountMax: byteCountMax)
        }
        var parser = JSONParser(bytes)
        self = try parser.document()
    }
}

private struct JSONParser {
    private let bytes: [UInt8]
    private var offset = 0
    private var depth = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func document() throws(JSONError) -> APIValue {
        let value = try value()
        skipSpace()
        guard offset == bytes.count else { throw unexpected }
        return value
    }

    private mutating func value() throws(JSONError) -> APIValue {
        skipSpace()
        switch peek {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .text(try text())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        case UInt8(ascii: "-"), .some(48...57): return try number()
        default: throw unexpected
        }
    }

    private mutating func object() throws(JSONError) -> APIValue {
        try enter()
        var fields: [String: APIValue] = [:]
        if !take(UInt8(ascii: "}")) {
            repeat {
                skipSpace()
                let key = try text()
                guard fields[key] == nil else { throw .duplicateKey(key) }
                guard take(UInt8(ascii: ":")) else { throw unexpected }
                fields[key] = try value()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw unexpected }
        }
        depth -= 1
        return .object(fields)
    }

    private mutating func array() throws(JSONError) -> APIValue {
        try enter()
        var values: [APIValue] = []
        if !take(UInt8(ascii: "]")) {
            repeat { values.append(try value()) } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw unexpected }
        }
        depth -= 1
        return .array(values)
    }

    private mutating func enter() throws(JSONError) {
        depth += 1
        guard depth <= Limits.requestDepthMax else {
            throw .tooDeep(depthMax: Limits.requestDepthMax)
        }
        offset += 1
    }

    private mutating func word(_ word: String, _ value: APIValue) throws(JSONError) -> APIValue {
        for byte in word.utf8 {
            guard peek == byte else { throw unexpected }
            offset += 1
        }
        return value
    }

    // MARK: Bytes

    private var peek: UInt8? {
        offset < bytes.count ? bytes[offset] : nil
    }

    private var unexpected: JSONError {
        peek.map { .unexpectedByte($0, offset: offset) } ?? .unexpectedEnd
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || (byte >= 9 && byte <= 13 && byte != 11 && byte != 12)
        {
            offset += 1
        }
    }

    /// Steps over blanks and then over `byte`, if it is next.
    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard peek == byte else { return false }
        offset += 1
        return true
    }

    // MARK: Numbers

    private mutating func number() throws(JSONError) -> APIValue {
        let start = offset
        _ = step { $0 == UInt8(ascii: "-") }
        let leadsWithZero = peek == UInt8(ascii: "0")
        let digitCount = steps(isDigit)
        var isWhole = true
        guard digitCount > 0, !leadsWithZero || digitCount == 1 else {
            throw .badNumber(offset: start)
        }
        if step({ $0 == UInt8(ascii: ".") }) {
            isWhole = false
            guard steps(isDigit) > 0 else { throw .badNumber(offset: start) }
        }
        if step({ $0 | 0x20 == UInt8(ascii: "e") }) {
            isWhole = false
            _ = step { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
            guard steps(isDigit) > 0 else { throw .badNumber(offset: start) }
        }
        guard offset - start <= Limits.requestNumberLengthMax else {
            throw .badNumber(offset: start)
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isWhole, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw .badNumber(offset: start) }
        return .number(value)
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        byte >= 48 && byte <= 57
    }

    private mutating func step(_ isRight: (UInt8) -> Bool) -> Bool {
        guard let byte = peek, isRight(byte) else { return false }
        offset += 1
        return true
    }

    private mutating func steps(_ isRight: (UInt8) -> Bool) -> Int {
        let start = offset
        while step(isRight) {}
        return offset - start
    }

    // MARK: Texts

    private mutating func text() throws(JSONError) -> String {
        guard peek == UInt8(ascii: "\"") else { throw unexpected }
        let start = offset
        offset += 1
        var content: [UInt8] = []
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte >= 0x20 else { throw .badText(offset: offset) }
            if byte == UInt8(ascii: "\\") {
                content.append(contentsOf: String(try escaped()).utf8)
            } else {
                content.append(byte)
                offset += 1
            }
        }
        guard peek != nil else { throw .unexpectedEnd }
        offset += 1
        guard let text = String(validating: content, as: UTF8.self) else {
            throw .badText(offset: start)
        }
        return text
    }

    private mutating func escaped() throws(JSONError) -> Character {
        let start = offset
        offset += 1
        guard let letter = peek else { throw .unexpectedEnd }
        offset += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            return Character(Unicode.Scalar(letter))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return Character(try scalar(from: start))
        default: throw .badText(offset: start)
        }
    }

    /// A code point of four digits, or of two such escapes: a surrogate pair.
    private mutating func scalar(from start: Int) throws(JSONError) -> Unicode.Scalar {
        let first = try codeUnit()
        if let scalar = Unicode.Scalar(UInt32(first)) { return scalar }
        guard UTF16.isLeadSurrogate(first), step({ $0 == UInt8(ascii: "\\") }),
            step({ $0 == UInt8(ascii: "u") })
        else { throw .badText(offset: start) }
        let second = try codeUnit()
        guard UTF16.isTrailSurrogate(second) else { throw .badText(offset: start) }
        let point = 0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00)
        guard let scalar = Unicode.Scalar(point) else { throw .badText(offset: start) }
        return scalar
    }

    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = peek else { throw .unexpectedEnd }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 128 else {
                throw .badText(offset: offset)
            }
            unit = unit << 4 | UInt16(digit)
            offset += 1
        }
        return unit
    }
}
