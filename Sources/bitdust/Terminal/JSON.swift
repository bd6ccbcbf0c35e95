internal import Model

/// A JSON value whose keys keep their order.
enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case unsigned(UInt64)
    case number(Double)
    case text(String)
    case array([JSON])
    case object([JSONField])

    /// The value on one line.
    var line: String {
        var text = ""
        append(to: &text)
        return text
    }

    private func append(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .unsigned(let value): text += String(value)
        case .number(let value): text += value.isFinite ? String(value) : "null"
        case .text(let value): JSON.quote(value, into: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.append(to: &text)
            }
            text += "]"
        case .object(let fields):
            text += "{"
            for (index, field) in fields.enumerated() {
                if index > 0 { text += "," }
                JSON.quote(field.key, into: &text)
                text += ":"
                field.value.append(to: &text)
            }
            text += "}"
        }
    }

    private static func quote(_ value: String, into text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 32 || scalar.value == 127:
                text += "\\u00" + Hex.encode([UInt8(scalar.value)])
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

struct JSONField: Hashable, Sendable {
    let key: String
    let value: JSON

    init(_ key: String, _ value: JSON) {
        self.key = key
        self.value = value
    }

    init(_ key: String, _ value: UInt64) { self.init(key, .unsigned(value)) }
    init(_ key: String, _ value: Int) { self.init(key, .integer(Int64(value))) }
    init(_ key: String, _ value: Bool) { self.init(key, .bool(value)) }
    init(_ key: String, _ value: Double) { self.init(key, .number(value)) }
    init(_ key: String, _ value: String) { self.init(key, .text(value)) }
    init(_ key: String, _ value: [JSON]) { self.init(key, .array(value)) }

    /// A point in time, RFC 3339 with its zone.
    init(_ key: String, time nanoseconds: Int64) {
        self.init(key, .text(Timestamp(nanoseconds: nanoseconds).description))
    }

    /// A path or name; when it is not UTF-8, approximated, with its bytes in `KEY_b64`.
    static func path(_ key: String, _ bytes: [UInt8]) -> [JSONField] {
        if let text = String(validating: bytes, as: UTF8.self) { return [JSONField(key, text)] }
        return [
            JSONField(key, String(decoding: bytes, as: UTF8.self)),
            JSONField(key + "_b64", base64Text(bytes)),
        ]
    }

    /// A list of paths; when one is not UTF-8, `KEY_b64` has the bytes of all.
    static func paths(_ key: String, _ paths: [[UInt8]]) -> [JSONField] {
        let texts = paths.map { JSON.text(String(decoding: $0, as: UTF8.self)) }
        let isText = paths.allSatisfy { String(validating: $0, as: UTF8.self) != nil }
        guard !isText else { return [JSONField(key, texts)] }
        return [
            JSONField(key, texts),
            JSONField(key + "_b64", paths.map { JSON.text(base64Text($0)) }),
        ]
    }
}

/// Base64 with padding (RFC 4648, section 4).
func base64Text(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        let word = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << (8 * (3 - group.count))
        for place in 0..<4 {
            let letter = letters[Int(word >> (18 - 6 * place) & 63)]
            text.append(place <= group.count ? letter : UInt8(ascii: "="))
        }
    }
    return String(decoding: text, as: UTF8.self)
}
