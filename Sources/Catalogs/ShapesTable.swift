internal import GRDB
package import Model

/// So many blocks of one shape that the same sources need.
package struct ShapeCount: Sendable {
    /// Names the shape in this catalog.
    package let id: Int64
    package let shape: BlockShape
    /// Ids of the sources, ascending; empty for what no snapshot is known to need.
    package let sources: [Int64]
    package let blockCount: Int
    /// Row of the oldest of them.
    package let firstRow: Int64
}

/// What is in all blocks together, those of the catalog aside.
package struct ContentTotals: Sendable {
    package let chunkCount: Int
    package let plainByteCount: UInt64
}

extension Catalog {
    /// Shapes that are read at a time.
    private static let shapeGroupCount = 512

    /// Calls `body` with how many blocks there are of each shape and set of sources, those of one
    /// shape after each other: read from an index alone, so that a million blocks of few shapes
    /// take as long as opening the file.
    ///
    /// Reads a few at a time, so that memory does not grow with the shapes, of which there may be
    /// as many as blocks after years of rebuilding, and `body` may itself use the catalog.
    package func forEachShape(_ body: (ShapeCount) throws -> Void) throws {
        var last: Int64 = 0
        while true {
            let (counts, end) = try shapeCounts(after: last)
            for count in counts { try body(count) }
            guard let end else { return }
            last = end
        }
    }

    /// All of them in memory.
    package func shapeCounts() throws -> [ShapeCount] {
        var counts: [ShapeCount] = []
        try forEachShape { counts.append($0) }
        return counts
    }

    /// - Returns: some, and the last shape that was looked at; `nil` when there are no more.
    private func shapeCounts(
        after last: Int64
    ) throws(CatalogError) -> (counts: [ShapeCount], end: Int64?) {
        try read("count shapes") { database in
            var shapes: [Int64: BlockShape] = [:]
            var end: Int64?
            let statement = try database.cachedStatement(
                sql: "SELECT id, shape FROM shapes WHERE id > ? ORDER BY id LIMIT ?")
            for row in try Row.fetchAll(
                statement, arguments: [last, Catalog.shapeGroupCount])
            {
                do {
                    shapes[row["id"]] = try BlockShape(try row.bytes("shape"))
                } catch let error as FormatError {
                    throw CatalogError.badRow(table: "shapes", error)
                }
                end = row["id"]
            }
            guard let end else { return ([], nil) }
            let sets = try Catalog.sourceSets(database)
            let count = try database.cachedStatement(
                sql: """
                    SELECT shape, sources, COUNT(*) AS count, MIN(block) AS first
                    FROM block_shapes WHERE shape > ? AND shape <= ?
                    GROUP BY shape, sources ORDER BY shape, sources
                    """)
            let counts = try Row.fetchAll(count, arguments: [last, end]).compactMap { row in
                let id: Int64 = row["shape"]
                return shapes[id].map {
                    ShapeCount(
                        id: id, shape: $0, sources: sets[row["sources"]] ?? [],
                        blockCount: row["count"], firstRow: row["first"])
                }
            }
            return (counts, end)
        }
    }

    /// Rows of the blocks of some shapes, each with its shape, the oldest first.
    package func blockRows(
        shapes: [Int64], limit: Int = .max
    ) throws(CatalogError) -> [(row: Int64, shape: Int64)] {
        try read("find blocks of shapes") { database in
            var rows: [(row: Int64, shape: Int64)] = []
            func trim() {
                rows.sort { $0.row < $1.row }
                if rows.count > limit { rows.removeLast(rows.count - limit) }
            }
            let statement = try database.cachedStatement(
                sql: "SELECT block FROM block_shapes WHERE shape = ? ORDER BY block LIMIT ?")
            for shape in shapes {
                for row in try Int64.fetchAll(statement, arguments: [shape, limit]) {
                    rows.append((row, shape))
                }
                // Of each the first, so that memory is bounded by three times the limit.
                if rows.count / 2 >= limit { trim() }
            }
            trim()
            return rows
        }
    }

    /// Rows of the blocks of a kind, ascending.
    package func blockRows(kind: BlockKind) throws(CatalogError) -> [Int64] {
        try read("find blocks of a kind") { database in
            // The kind is a shape's first byte.
            try Int64.fetchAll(
                database,
                sql: """
                    SELECT block FROM block_shapes WHERE shape IN
                        (SELECT id FROM shapes WHERE substr(shape, 1, 1) = ?)
                    ORDER BY block
                    """, arguments: [[Int(kind.rawValue)].asData])
        }
    }

    package func contentTotals() throws(CatalogError) -> ContentTotals {
        try read("sum contents") { database in
            let row = try Row.fetchOne(
                database, sql: "SELECT SUM(chunks) AS chunks, SUM(plain) AS plain FROM block_shapes"
            )
            return ContentTotals(
                chunkCount: row?["chunks"] ?? 0,
                plainByteCount: UInt64(clamping: (row?["plain"] as Int64?) ?? 0))
        }
    }

    /// Forgets shapes that no block has any more.
    package func dropUnusedShapes() throws(CatalogError) {
        try write("forget shapes") { database in
            try database.execute(
                sql: """
                    DELETE FROM shapes WHERE NOT EXISTS
                        (SELECT 1 FROM block_shapes WHERE block_shapes.shape = shapes.id)
                    """)
        }
    }

    /// Notes the shape of a block whose row, receipts or spares have just changed.
    static func noteShape(row: Int64, _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "SELECT descriptor, receipts FROM blocks WHERE id = ?")
        guard let found = try Row.fetchOne(statement, arguments: [row]) else { return }
        let descriptor: BlockDescriptor
        do {
            var reader = ByteReader(try found.bytes("descriptor"), format: "block row")
            descriptor = try BlockDescriptor(from: &reader)
        } catch let error as FormatError {
            throw CatalogError.badRow(table: "blocks", error)
        }
        let spares = try spares(rows: row...row, database)[row] ?? []
        let shape = BlockShape(
            descriptor, receipts: try found.bytes("receipts").map { $0 == 1 },
            spares: spares.map { BlockShape.Spare(position: $0.position, supplier: $0.supplier) })
        let update = try database.cachedStatement(
            sql: """
                INSERT INTO block_shapes(block, shape) VALUES (?1, ?2)
                ON CONFLICT(block) DO UPDATE SET shape = ?2
                """)
        try update.execute(arguments: [row, try shapeID(shape.encoded, database)])
    }

    private static func shapeID(_ encoded: [UInt8], _ database: Database) throws -> Int64 {
        let find = try database.cachedStatement(sql: "SELECT id FROM shapes WHERE shape = ?")
        if let known = try Int64.fetchOne(find, arguments: [encoded.asData]) { return known }
        try database.execute(
            sql: "INSERT INTO shapes(shape) VALUES (?)", arguments: [encoded.asData])
        return database.lastInsertedRowID
    }

    /// Notes how much a new block holds.
    static func noteContents(row: Int64, _ frames: [FrameEntry], _ database: Database) throws {
        let statement = try database.cachedStatement(
            sql: "UPDATE block_shapes SET chunks = ?, plain = ? WHERE block = ?")
        try statement.execute(arguments: [
            frames.reduce(0) { $0 + $1.chunks.count }, frames.reduce(0) { $0 + $1.plainLength },
            row,
        ])
    }

    /// Notes the shapes of all blocks of a catalog that knows none.
    static func noteAllShapes(_ database: Database) throws {
        let rows = try Row.fetchCursor(
            database, sql: "SELECT id, descriptor, frames, receipts FROM blocks ORDER BY id")
        while let row = try rows.next() {
            let block = try blockRow(row)
            try noteShape(row: block.id, database)
            if block.descriptor.kind != .catalog {
                try noteContents(row: block.id, block.frames, database)
            }
        }
    }
}
