/// One row of the catalog as it travels.
package enum CatalogRow: Hashable, Sendable {
    /// A block that is stored and what it holds.
    case block(BlockDescriptor, frames: [FrameEntry])
    case snapshot(Snapshot)
    case supplier(SupplierRecord)
}

/// Rows of the catalog as bytes, the content of catalog blocks. Later rows replace earlier ones.
///
/// ```
/// offset  length  field                          docs/formats/catalog-page.md
///      0       8  magic "BDCATLG1"
///      8       4  row count
///              -  rows: tag 1 (1 block, 2 snapshot, 3 supplier), length 4, body
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
        default:
            throw .invalid(format: format, field: "row tag")
        }
    }
}
