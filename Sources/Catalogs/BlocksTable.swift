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
        }
    }

    /// - Returns: the row.
    @discardableResult
    static func insert(
        _ descriptor: BlockDescriptor, frames: [FrameEntry], receipts: [Bool], isPublished: Bool,
        into database: Database
    ) throws -> Int64 {
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
        let row = database.lastInsertedRowID
        try noteShape(row: row, database)
        if descriptor.kind != .catalog { try noteContents(row: row, frames, database) }
        return row
    }

    /// Calls `body` with every block, in the order in which they were stored.
    ///
    /// Reads a few at a time, so that `body` may itself use the catalog.
    package func forEachBlock<Failure: Error>(
        _ body: (BlockRow) throws(Failure) -> Void
    ) throws {
        var last: Int64 = 0
        while true {
            let rows = try blocks(after: last, limit: 64)
            for row in rows { try body(row) }
            guard let end = rows.last else { return }
            last = end.id
        }
    }

    package func blocks(after id: Int64, limit: Int) throws(CatalogError) -> [BlockRow] {
        try read("read blocks") { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT id, descriptor, frames, receipts FROM blocks
                    WHERE id > ? ORDER BY id LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [id, limit]).map(Catalog.blockRow)
        }
    }

    package func block(row id: Int64) throws(CatalogError) -> BlockRow? {
        try read("read block") { database in
            let statement = try database.cachedStatement(
                sql: "SELECT id, descriptor, frames, receipts FROM blocks WHERE id = ?")
            return try Row.fetchOne(statement, arguments: [id]).map(Catalog.blockRow)
        }
    }

    /// Rows of the blocks that no head names yet, oldest first.
    package func unpublishedBlockRows() throws(CatalogError) -> [Int64] {
        try read("read unpublished blocks") { database in
            try Int64.fetchAll(
                database, sql: "SELECT id FROM blocks WHERE published = 0 ORDER BY id")
        }
    }

    /// Whether there are blocks that no head names yet.
    package func hasUnpublishedBlocks() throws(CatalogError) -> Bool {
        try read("read unpublished blocks") { database in
            try Int64.fetchOne(
                database, sql: "SELECT id FROM blocks WHERE published = 0 LIMIT 1") != nil
        }
    }

    package func blockCount() throws(CatalogError) -> Int {
        try read("count blocks") {
            try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM blocks") ?? 0
        }
    }

    /// The descriptor of a block as it is now: fragments may have moved since a head named it.
    package func descriptor(of block: BlockID) throws(CatalogError) -> BlockDescriptor? {
        try read("read block") { database in
            try Row.fetchOne(
                database,
                sql: "SELECT id, descriptor, frames, receipts FROM blocks WHERE block = ?",
                arguments: [Data32(block.bytes).data]
            ).map(Catalog.blockRow)?.descriptor
        }
    }

    /// The first row at or after `id`; `nil` when there is none.
    package func block(from id: Int64) throws(CatalogError) -> BlockRow? {
        try blocks(after: id - 1, limit: 1).first
    }

    package func lastBlockRow() throws(CatalogError) -> Int64 {
        try read("read last block") {
            try Int64.fetchOne($0, sql: "SELECT MAX(id) FROM blocks") ?? 0
        }
    }

    static func blockRow(_ row: Row) throws -> BlockRow {
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
