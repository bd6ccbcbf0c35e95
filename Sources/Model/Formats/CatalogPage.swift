/// One row of the catalog as it travels.
package enum CatalogRow: Hashable, Sendable {
    /// A block that is stored and what it holds.
    case block(BlockDescriptor, frames: [FrameEntry])
    case snapshot(Snapshot)
    case supplier(SupplierRecord)
    case note(OwnerNote)
}

/// What else its owner wants to find again on a new machine; small, and whole in each row.
package struct OwnerNote: Hashable, Sendable {
    /// 1 to ``Limits/noteNameLengthMax`` bytes.
    package let name: String
    package let value: [UInt8]

    /// - Throws: when one of them is too long, or the name is empty.
    package init(_ name: String, _ value: [UInt8]) throws(FormatError) {
        guard (1...Limits.noteNameLengthMax).contains(name.utf8.count) else {
            throw .invalid(format: "note", field: "name")
        }
        guard value.count <= Limits.noteLengthMax else {
            throw .invalid(format: "note", field: "value")
        }
        self.name = name
        self.value = value
    }

    /// The friends of the home, as its node writes them.
    package static let friends = "friends"
    /// Whose suppliers a backup goes to.
    package static let supplierChoice = "supplier choice"
    /// Those that this version keeps; others are passed over.
    package static let names = [friends, supplierChoice]
}

/// Rows of the catalog as bytes, the content of catalog blocks. Later rows replace earlier ones.
///
/// ```
/// offset  length  field                          docs/formats/catalog-page.md
///      0       8  magic "BDCATLG1"
///      8       4  row count
///              -  rows: tag 1 (1 block, 2 snapshot, 3 supplier, 4 note), length 4, body
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/catalog-page/v1.bin`.
package struct CatalogPage: Hashable, Sendable {
    package let rows: [CatalogRow]

    private static let format = "catalog page"
    private static let magic: StaticString = "BDCATLG1"

    package init(rows: [CatalogRow]) {
        self.rows = rows
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 4096)
        writer.magic(CatalogPage.magic)
        writer.integer(UInt32(rows.count))
        for row in rows {
            let (tag, body) = CatalogPage.encode(row)
            writer.byte(tag)
            writer.counted(body)
        }
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        var reader = try ByteReader(checked: bytes, format: CatalogPage.format)
        try reader.expect(CatalogPage.magic)
        let count = Int(try reader.integer(UInt32.self))
        try reader.need(count * 5)
        var rows: [CatalogRow] = []
        for _ in 0..<count {
            let tag = try reader.byte()
            let body = try reader.counted(limit: bytes.count, field: "row")
            rows.append(try CatalogPage.decode(tag: tag, body: body))
        }
        try reader.finish()
        self.rows = rows
    }

    private static func encode(_ row: CatalogRow) -> (tag: UInt8, body: [UInt8]) {
        var writer = ByteWriter()
        switch row {
        case .block(let descriptor, let frames):
            descriptor.encode(into: &writer)
            BlockTable.encode(frames, into: &writer)
            return (1, writer.bytes)
        case .snapshot(let snapshot):
            return (2, snapshot.encoded())
        case .supplier(let supplier):
            supplier.encode(into: &writer)
            return (3, writer.bytes)
        case .note(let note):
            writer.counted(Array(note.name.utf8))
            writer.counted(note.value)
            return (4, writer.bytes)
        }
    }

    private static func decode(tag: UInt8, body: [UInt8]) throws(FormatError) -> CatalogRow {
        var reader = ByteReader(body, format: format)
        switch tag {
        case 1:
            let descriptor = try BlockDescriptor(from: &reader)
            let frames = try BlockTable.decodeFrames(&reader)
            try reader.finish()
            return .block(descriptor, frames: frames)
        case 2:
            return .snapshot(try Snapshot(body))
        case 3:
            let supplier = try SupplierRecord(from: &reader)
            try reader.finish()
            return .supplier(supplier)
        case 4:
            let name = try reader.counted(limit: Limits.noteNameLengthMax, field: "note name")
            let value = try reader.counted(limit: Limits.noteLengthMax, field: "note")
            try reader.finish()
            guard let text = String(validating: name, as: UTF8.self) else {
                throw .invalid(format: format, field: "note name")
            }
            return .note(try OwnerNote(text, value))
        default:
            throw .invalid(format: format, field: "row tag")
        }
    }
}
