extension APIValue {
    /// The value as the older product prints it: indent 2, sorted keys, `"key": value`, one line
    /// feed at the end. UTF-8.
    package var printed: [UInt8] {
        var printer = JSONPrinter(indent: 0)
        printer.append(self)
        return printer.bytes + [UInt8(ascii: "\n")]
    }

    /// The value on one line, with sorted keys, for streams of them. UTF-8.
    package var line: [UInt8] {
        var printer = JSONPrinter(indent: nil)
        printer.append(self)
        return printer.bytes
    }
}

private struct JSONPrinter {
    private(set) var bytes: [UInt8] = []
    /// Spaces before the line; `nil` when all stands on one line.
    private var indent: Int?

    init(indent: Int?) {
        self.indent = indent
    }

    mutating func append(_ value: APIValue) {
        switch value {
        case .null: append("null")
        case .bool(let flag): append(flag ? "true" : "false")
        case .integer(let value): append(String(value))
        case .number(let value): append(value.isFinite ? String(value) : "null")
        case .text(let text): quote(text)
        case .array(let values):
            wrap("[", "]", values) { printer, value in printer.append(value) }
        case .object(let fields):
            let sorted = fields.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            wrap("{", "}", sorted) { printer, field in
                printer.quote(field.key)
                printer.append(": ")
                printer.append(field.value)
            }
        }
    }

    private mutating func wrap<Item>(
        _ open: String, _ close: String, _ items: [Item],
        item: (inout JSONPrinter, Item) -> Void
    ) {
        append(open)
        guard !items.isEmpty else { return append(close) }
        indent = indent.map { $0 + 2 }
        for (index, each) in items.enumerated() {
            if index > 0 { append(indent == nil ? ", " : ",") }
            startLine()
            item(&self, each)
        }
        indent = indent.map { $0 - 2 }
        startLine()
        append(close)
    }

    private mutating func startLine() {
        guard let indent else { return }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent))
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    private mutating func quote(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<32, 127:
                append("\\u00")
                for digit in [byte >> 4, byte & 15] {
                    bytes.append(digit < 10 ? 48 + digit : 87 + digit)
                }
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
