internal import GRDB
package import Model

/// A stored block as the catalog knows it.
package struct BlockRow: Sendable {
    package let id: Int64
    package let descriptor: BlockDescriptor
    package let frames: [FrameEntry]
    /// One for each position: whether its supplier signed a receipt.
    package let receipts: [Bool]
}

extension Catalog {
    /// Records a block whose fragments have their receipts; on return it is durable.
    ///
    /// - Returns: the row's id, which locations of chunks refer to.
    package func append(
        _ descriptor: BlockDescriptor, frames: [FrameEntry], receipts: [Bool],
        isPublished: Bool = false
    ) throws(CatalogError) -> Int64 {
        try write("record block") { database in
            try Catalog.insert(
                descriptor, frames: frames, receipts: receipts, isPublished: isPublished,
                into: database)
            return database.lastInsertedRowID
        }
    }

    static func insert(
        _ descriptor: BlockDescriptor, frames: [FrameEntry], receipts: [Bool], isPublished: Bool,
        into database: GRDB.Database
    ) throws {
        var packed = ByteWriter(reserving: 1024)
        BlockTable.encode(frames, into: &packed)
        var encoded = ByteWriter(reserving: 512)
        descriptor.encode(into: &encoded)
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO blocks(block, kind, descriptor, frames, receipts, published)
                VALUES (?, ?, ?, ?, ?, ?)
                """)
        try statement.execute(arguments: [
            Data32(descriptor.block.bytes).data, Int(descriptor.kind.rawValue),
            encoded.bytes.asData, packed.bytes.asData, receipts.map { $0 ? 1 : 0 }.asData,
            isPublished,
        ])
    }

    /// Calls `body` with every block, in the order in which they were stored.
    package func forEachBlock(
        _ body: (BlockRow) throws -> Void
    ) throws(CatalogError) {
        try read("read blocks") { database in
            let rows = try Row.fetchCursor(
                database, sql: "SELECT id, descriptor, frames, receipts FROM blocks ORDER BY id")
            while let row = try rows.next() { try body(try Catalog.blockRow(row)) }
        }
    }

    package func block(row id: Int64) throws(CatalogError) -> BlockRow? {
        try read("read block") { database in
            let statement = try database.cachedStatement(
                sql: "SELECT id, descriptor, frames, receipts FROM blocks WHERE id = ?")
            return try Row.fetchOne(statement, arguments: [id]).map(Catalog.blockRow)
        }
    }

    /// The blocks that no head names yet, oldest first.
    package func unpublishedBlocks() throws(CatalogError) -> [BlockRow] {
        try read("read unpublished blocks") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT id, descriptor, frames, receipts FROM blocks
                    WHERE published = 0 ORDER BY id
                    """
            ).map(Catalog.blockRow)
        }
    }

    package func blockCount() throws(CatalogError) -> Int {
        try read("count blocks") {
            try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM blocks") ?? 0
        }
    }

    /// Notes receipts that came later, when lost fragments were written again.
    package func setReceipts(_ receipts: [Bool], row id: Int64) throws(CatalogError) {
        try write("record receipts") { database in
            try database.execute(
                sql: "UPDATE blocks SET receipts = ? WHERE id = ?",
                arguments: [receipts.map { $0 ? 1 : 0 }.asData, id])
        }
    }

    private static func blockRow(_ row: Row) throws -> BlockRow {
        do {
            var descriptor = ByteReader(try row.bytes("descriptor"), format: "block row")
            var frames = ByteReader(try row.bytes("frames"), format: "block row")
            return BlockRow(
                id: row["id"], descriptor: try BlockDescriptor(from: &descriptor),
                frames: try BlockTable.decodeFrames(&frames),
                receipts: try row.bytes("receipts").map { $0 == 1 })
        } catch let error as FormatError {
            throw CatalogError.badRow(table: "blocks", error)
        }
    }
}
