internal import GRDB
package import Model

/// Where a stored chunk is.
package struct ChunkLocation: Hashable, Sendable {
    /// Row of the block in the catalog.
    package let blockRow: UInt32
    /// Index of the frame in the block.
    package let frame: Int
    /// Bytes from the start of the frame's plaintext.
    package let offset: Int
    /// Bytes of plaintext.
    package let length: Int

    package init(blockRow: UInt32, frame: Int, offset: Int, length: Int) {
        self.blockRow = blockRow
        self.frame = frame
        self.offset = offset
        self.length = length
    }
}

/// What a block holds, without where it is.
package struct BlockContent: Sendable {
    package let row: Int64
    package let kind: BlockKind
    package let frames: [FrameEntry]
}

/// Some chunks and where they are, in a table of SQLite's own: it spills to a file without a name
/// beside other temporary ones and is gone when the catalog is closed. Its memory is that of its
/// page cache, however many chunks there are.
extension Catalog {
    /// Makes the table anew.
    package func startGathering() throws(CatalogError) {
        try write("gather chunks") { database in
            try database.execute(sql: "DROP TABLE IF EXISTS temp.gathered")
            try database.execute(
                sql: """
                    CREATE TEMP TABLE gathered(
                        first INTEGER NOT NULL,
                        second INTEGER NOT NULL,
                        block INTEGER NOT NULL,
                        frame INTEGER NOT NULL,
                        start INTEGER NOT NULL,
                        length INTEGER NOT NULL,
                        PRIMARY KEY(first, second)) STRICT, WITHOUT ROWID
                    """)
        }
    }

    /// What the blocks behind a row hold, some at a time.
    package func contents(after id: Int64, limit: Int) throws(CatalogError) -> [BlockContent] {
        try read("read contents") { database in
            let statement = try database.cachedStatement(
                sql: "SELECT id, kind, frames FROM blocks WHERE id > ? ORDER BY id LIMIT ?")
            return try Row.fetchAll(statement, arguments: [id, limit]).map { row in
                do {
                    var frames = ByteReader(try row.bytes("frames"), format: "block row")
                    guard let kind = BlockKind(rawValue: row["kind"]) else {
                        throw FormatError.invalid(format: "block row", field: "kind")
                    }
                    return BlockContent(
                        row: row["id"], kind: kind,
                        frames: try BlockTable.decodeFrames(&frames))
                } catch let error as FormatError {
                    throw CatalogError.badRow(table: "blocks", error)
                }
            }
        }
    }

    /// Puts the chunks of blocks into the table, and takes others out.
    package func gather(
        _ blocks: [BlockContent], without others: [ChunkID]
    ) throws(CatalogError) {
        try write("gather chunks") { database in
            let remove = try database.cachedStatement(
                sql: "DELETE FROM temp.gathered WHERE first = ? AND second = ?")
            for id in others { try remove.execute(arguments: Catalog.key(id)) }
            let insert = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO temp.gathered VALUES (?, ?, ?, ?, ?, ?)")
            for block in blocks {
                for (number, frame) in block.frames.enumerated() {
                    var offset = 0
                    for chunk in frame.chunks {
                        try insert.execute(
                            arguments: Catalog.key(chunk.id)
                                + [block.row, number, offset, chunk.length])
                        offset += chunk.length
                    }
                }
            }
        }
    }

    /// Where a chunk is that was gathered; `nil` when it was not.
    package func gathered(_ id: ChunkID) throws(CatalogError) -> ChunkLocation? {
        try read("find chunk") { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT block, frame, start, length FROM temp.gathered
                    WHERE first = ? AND second = ?
                    """)
            return try Row.fetchOne(statement, arguments: Catalog.key(id)).map { row in
                ChunkLocation(
                    blockRow: UInt32(truncatingIfNeeded: row["block"] as Int64),
                    frame: row["frame"], offset: row["start"], length: row["length"])
            }
        }
    }

    /// The first half of an id, which is enough to tell chunks apart: see `ChunkIndex`.
    private static func key(_ id: ChunkID) -> StatementArguments {
        [
            Int64(bitPattern: id.bytes.words.0), Int64(bitPattern: id.bytes.words.1),
        ]
    }
}
