/// The header fields of an HTTP message, in order; names are compared without regard to case.
///
/// Holds nothing that could end a line, so no field can smuggle in another one.
package struct HeaderFields: Equatable, Sendable, ExpressibleByDictionaryLiteral {
    package private(set) var fields: [(name: String, value: String)] = []

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        for (name, value) in elements { append(name, value) }
    }

    /// The first value of the field.
    package subscript(name: String) -> String? {
        fields.first { HeaderFields.isSame($0.name, name) }?.value
    }

    /// All values of the field, in order.
    package func values(of name: String) -> [String] {
        fields.filter { HeaderFields.isSame($0.name, name) }.map(\.value)
    }

    /// Adds a field, or leaves it out when name or value may not stand in a header.
    ///
    /// - Returns: whether it was added.
    @discardableResult
    package mutating func append(_ name: String, _ value: String) -> Bool {
        guard HeaderFields.isToken(name), HeaderFields.isValue(value) else { return false }
        fields.append((name, value))
        return true
    }

    package static func == (left: HeaderFields, right: HeaderFields) -> Bool {
        left.fields.elementsEqual(right.fields) { isSame($0.name, $1.name) && $0.value == $1.value }
    }

    static func isSame(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { lower($0) == lower($1) }
    }

    /// - SeeAlso: RFC 9110, 5.6.2.
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// - SeeAlso: RFC 9110, 5.5: no control characters but tabs.
    static func isValue(_ text: String) -> Bool {
        text.utf8.allSatisfy { $0 >= 32 && $0 != 127 || $0 == 9 }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 32 : byte
    }
}
