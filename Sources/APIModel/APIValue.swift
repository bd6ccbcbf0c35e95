/// A JSON value (RFC 8259). Objects have no order of their own; they print with sorted keys.
package enum APIValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case text(String)
    case array([APIValue])
    case object([String: APIValue])

    /// The text, or `null` for none.
    package init(_ text: String?) {
        self = text.map(APIValue.text) ?? .null
    }

    package init(_ flag: Bool) {
        self = .bool(flag)
    }

    /// A count; what no 64-bit integer holds becomes the nearest one that does.
    package init(_ count: some BinaryInteger) {
        self = .integer(Int64(clamping: count))
    }

    package init(_ texts: [String]) {
        self = .array(texts.map(APIValue.text))
    }

    /// The value of a key; `nil` when there is none, or when this is no object.
    package subscript(key: String) -> APIValue? {
        asObject?[key]
    }

    package var asObject: [String: APIValue]? {
        if case .object(let fields) = self { fields } else { nil }
    }

    package var asArray: [APIValue]? {
        if case .array(let values) = self { values } else { nil }
    }

    package var asText: String? {
        if case .text(let text) = self { text } else { nil }
    }

    package var asInteger: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    package var asBool: Bool? {
        if case .bool(let flag) = self { flag } else { nil }
    }

    /// Whether the older product leaves such a result out: nothing, false, zero, empty.
    package var isFalsy: Bool {
        switch self {
        case .null: true
        case .bool(let flag): !flag
        case .integer(let value): value == 0
        case .number(let value): value == 0
        case .text(let text): text.isEmpty
        case .array(let values): values.isEmpty
        case .object(let fields): fields.isEmpty
        }
    }
}

extension APIValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral flag: Bool) { self = .bool(flag) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(stringLiteral text: String) { self = .text(text) }
    package init(arrayLiteral values: APIValue...) { self = .array(values) }

    package init(dictionaryLiteral fields: (String, APIValue)...) {
        self = .object(Dictionary(fields, uniquingKeysWith: { $1 }))
    }
}
