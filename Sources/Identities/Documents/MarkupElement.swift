/// One element of an identity document: text, or other elements, or nothing.
struct MarkupElement: Equatable {
    let name: String
    var text = ""
    var children: [MarkupElement] = []

    init(_ name: String, text: String = "") {
        self.name = name
        self.text = text
    }

    init(_ name: String, children: [MarkupElement]) {
        self.name = name
        self.children = children
    }

    /// A list of elements of one kind.
    init(_ name: String, of kind: String, _ texts: [String]) {
        self.init(name, children: texts.map { MarkupElement(kind, text: $0) })
    }

    /// Writes the one form in which an element is written: two spaces for each level, an empty
    /// element as `<name/>`.
    func write(to bytes: inout [UInt8], depth: Int = 0) {
        let indent = [UInt8](repeating: UInt8(ascii: " "), count: depth * 2)
        bytes += indent
        guard !text.isEmpty || !children.isEmpty else {
            bytes += Array("<\(name)/>\n".utf8)
            return
        }
        bytes += Array("<\(name)>".utf8)
        if children.isEmpty {
            text.utf8.forEach { MarkupElement.write($0, to: &bytes) }
        } else {
            bytes.append(UInt8(ascii: "\n"))
            for child in children { child.write(to: &bytes, depth: depth + 1) }
            bytes += indent
        }
        bytes += Array("</\(name)>\n".utf8)
    }

    private static func write(_ byte: UInt8, to bytes: inout [UInt8]) {
        if let entity = MarkupEntity.all.first(where: { $0.byte == byte }) {
            bytes += Array("&\(entity.name);".utf8)
        } else {
            bytes.append(byte)
        }
    }
}

/// The five entities of XML; there are no others here, and none is ever declared.
enum MarkupEntity {
    static let all: [(name: String, byte: UInt8)] = [
        ("amp", UInt8(ascii: "&")), ("lt", UInt8(ascii: "<")), ("gt", UInt8(ascii: ">")),
        ("quot", UInt8(ascii: "\"")), ("apos", UInt8(ascii: "'")),
    ]
}
