internal import Model

/// Reads the small part of XML that identity documents are written in.
///
/// The exact prologue, then one element. Elements have lower-case names and no attributes, and hold
/// either text or elements with blanks between them. Text is printable ASCII with the five
/// entities. There is no DOCTYPE, no processing instruction, no CDATA and no comment: after `<`
/// comes a letter or `/`, or the bytes are refused. All that is accepted is XML 1.0, and means the
/// same to any other reader of it.
///
/// Never traps; takes time and memory in proportion to the bytes, which are at most
/// `Limits.identityDocumentLengthMax`.
struct MarkupReader {
    static let prologue = Array("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n".utf8)
    private static let nameLengthMax = 16
    private static let entityLengthMax = 4

    private let bytes: [UInt8]
    private let format: String
    private var offset = 0
    private var elementCount = 0

    private init(_ bytes: [UInt8], format: String) {
        self.bytes = bytes
        self.format = format
    }

    /// The element that the whole of `bytes` is.
    static func read(_ bytes: [UInt8], format: String) throws(FormatError) -> MarkupElement {
        guard bytes.count <= Limits.identityDocumentLengthMax else {
            throw .limitExceeded(
                format: format, field: "length", value: UInt64(bytes.count),
                limit: UInt64(Limits.identityDocumentLengthMax))
        }
        guard bytes.starts(with: prologue) else { throw .badMagic(format: format) }
        var reader = MarkupReader(bytes, format: format)
        reader.offset = prologue.count
        try reader.expect(UInt8(ascii: "<"))
        let element = try reader.element(depth: 1)
        reader.skipBlanks()
        guard reader.offset == bytes.count else {
            throw .trailingBytes(format: format, count: bytes.count - reader.offset)
        }
        return element
    }

    /// What follows the `<` of a start tag, to the end of the end tag.
    private mutating func element(depth: Int) throws(FormatError) -> MarkupElement {
        try count(depth: depth)
        var element = MarkupElement(try name())
        if try takeIf(UInt8(ascii: "/")) {
            try expect(UInt8(ascii: ">"))
            return element
        }
        try expect(UInt8(ascii: ">"))
        let start = offset
        skipBlanks()
        if try peek() == UInt8(ascii: "<") {
            try children(of: &element, depth: depth)
        } else {
            offset = start
            element.text = try text()
        }
        let end = try name()
        guard end == element.name else { throw invalid("end tag") }
        try expect(UInt8(ascii: ">"))
        return element
    }

    /// Elements until `</`, which is taken too.
    private mutating func children(
        of element: inout MarkupElement, depth: Int
    ) throws(FormatError) {
        while true {
            skipBlanks()
            try expect(UInt8(ascii: "<"))
            if try takeIf(UInt8(ascii: "/")) { return }
            element.children.append(try self.element(depth: depth + 1))
        }
    }

    /// Text until `</`, which is taken too.
    private mutating func text() throws(FormatError) -> String {
        var text: [UInt8] = []
        while true {
            let byte = try take()
            switch byte {
            case UInt8(ascii: "<"):
                try expect(UInt8(ascii: "/"))
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "&"):
                text.append(try entity())
            case 0x20...0x7e:
                text.append(byte)
            default:
                throw invalid("text")
            }
        }
    }

    /// What follows `&`.
    private mutating func entity() throws(FormatError) -> UInt8 {
        var name: [UInt8] = []
        while name.count <= MarkupReader.entityLengthMax {
            let byte = try take()
            if byte == UInt8(ascii: ";") {
                let entity = MarkupEntity.all.first { $0.name.utf8.elementsEqual(name) }
                guard let entity else { break }
                return entity.byte
            }
            name.append(byte)
        }
        throw invalid("entity")
    }

    private mutating func name() throws(FormatError) -> String {
        let start = offset
        while offset < bytes.count, (97...122).contains(bytes[offset]),
            offset - start < MarkupReader.nameLengthMax
        {
            offset += 1
        }
        guard offset > start else { throw invalid("name of an element") }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func count(depth: Int) throws(FormatError) {
        elementCount += 1
        guard depth <= Limits.identityDocumentDepthMax else {
            throw .limitExceeded(
                format: format, field: "depth", value: UInt64(depth),
                limit: UInt64(Limits.identityDocumentDepthMax))
        }
        guard elementCount <= Limits.identityDocumentElementCountMax else {
            throw .limitExceeded(
                format: format, field: "elements", value: UInt64(elementCount),
                limit: UInt64(Limits.identityDocumentElementCountMax))
        }
    }

    // MARK: Bytes

    private mutating func skipBlanks() {
        while offset < bytes.count,
            bytes[offset] == UInt8(ascii: " ") || bytes[offset] == UInt8(ascii: "\n")
        {
            offset += 1
        }
    }

    private func peek() throws(FormatError) -> UInt8 {
        guard offset < bytes.count else { throw .truncated(format: format, offset: offset) }
        return bytes[offset]
    }

    private mutating func take() throws(FormatError) -> UInt8 {
        let byte = try peek()
        offset += 1
        return byte
    }

    private mutating func takeIf(_ byte: UInt8) throws(FormatError) -> Bool {
        guard try peek() == byte else { return false }
        offset += 1
        return true
    }

    private mutating func expect(_ byte: UInt8) throws(FormatError) {
        guard try take() == byte else { throw invalid("markup") }
    }

    private func invalid(_ field: String) -> FormatError {
        .invalid(format: format, field: field)
    }
}
