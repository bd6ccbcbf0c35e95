internal import GRDB
package import Model

/// The newest head that this machine wrote or recovered.
package struct HeadRow: Sendable {
    package let head: Head
    package let body: HeadBody
    /// Whether the suppliers have it.
    package let isPublished: Bool
}

/// Everything that a backup makes true at once.
package struct SnapshotCommit: Sendable {
    /// `nil` when only places of fragments have changed.
    package let snapshot: StoredSnapshot?
    package let head: Head
    package let body: HeadBody
    /// Rows of blocks that the head's catalog blocks now name.
    package let publishedBlockRows: [Int64]
    /// The run whose listings count from now on.
    package let run: Int64?
    /// Catalog blocks that the head no longer names, since their rows are in newer ones.
    package let retiredBlocks: [BlockID]
    /// Notes of the owner that are in the head's catalog blocks.
    package let notes: [OwnerNote]
    /// Blocks that the snapshot needs.
    package let use: SourceUse?

    package init(
        snapshot: StoredSnapshot?, head: Head, body: HeadBody, publishedBlockRows: [Int64],
        run: Int64?, retiredBlocks: [BlockID], notes: [OwnerNote] = [], use: SourceUse? = nil
    ) {
        self.snapshot = snapshot
        self.head = head
        self.body = body
        self.publishedBlockRows = publishedBlockRows
        self.run = run
        self.retiredBlocks = retiredBlocks
        self.notes = notes
        self.use = use
    }
}

extension Catalog {
    /// Makes a snapshot exist: its row, the head that names it and the listings of its run, in one
    /// transaction.
    ///
    /// - Precondition: every block that the snapshot needs is recorded with its receipts.
    package func commit(_ commit: SnapshotCommit) throws(CatalogError) {
        try write("commit snapshot") { database in
            if let snapshot = commit.snapshot {
                try Catalog.insert(snapshot, into: database)
                if let use = commit.use {
                    try Catalog.insert(use, of: snapshot.id, run: commit.run, into: database)
                }
            }
            try Catalog.insert(commit.head, body: commit.body, isPublished: false, into: database)
            let statement = try database.cachedStatement(
                sql: "UPDATE blocks SET published = 1 WHERE id = ?")
            for row in commit.publishedBlockRows { try statement.execute(arguments: [row]) }
            for note in commit.notes { try Catalog.published(note, in: database) }
            for block in commit.retiredBlocks {
                try database.execute(
                    sql: "DELETE FROM blocks WHERE block = ?",
                    arguments: [Data32(block.bytes).data])
            }
            if let run = commit.run {
                try database.execute(
                    sql: "UPDATE runs SET committed = 1 WHERE id = ?", arguments: [run])
            }
        }
    }

    package func newestHead() throws(CatalogError) -> HeadRow? {
        try read("read head") { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT encoded, body, published FROM heads ORDER BY sequence DESC LIMIT 1")
            guard let row else { return nil }
            do {
                return HeadRow(
                    head: try Head(try row.bytes("encoded")),
                    body: try HeadBody(try row.bytes("body")), isPublished: row["published"])
            } catch let error as FormatError {
                throw CatalogError.badRow(table: "heads", error)
            }
        }
    }

    /// Notes that the suppliers have the head, and forgets the older ones.
    package func setPublished(sequence: UInt64) throws(CatalogError) {
        try write("record head") { database in
            try database.execute(
                sql: "UPDATE heads SET published = 1 WHERE sequence = ?",
                arguments: [Int64(sequence)])
            try database.execute(
                sql: "DELETE FROM heads WHERE sequence < ?", arguments: [Int64(sequence)])
        }
    }

    static func insert(
        _ head: Head, body: HeadBody, isPublished: Bool, into database: Database
    ) throws {
        try database.execute(
            sql: "INSERT INTO heads(sequence, encoded, body, published) VALUES (?, ?, ?, ?)",
            arguments: [
                Int64(head.sequence), head.encoded().asData, body.encoded().asData, isPublished,
            ])
    }

    /// Adds what a head leads to: to an empty catalog, or to one that knows less.
    package func adopt(
        rows: [CatalogRow], catalogBlocks: [(BlockDescriptor, [FrameEntry])], head: Head,
        body: HeadBody, snapshotIDs: (Snapshot) -> SnapshotID
    ) throws(CatalogError) {
        try write("adopt head") { database in
            for supplier in body.suppliers { try Catalog.insertIfNew(supplier, into: database) }
            for row in rows {
                switch row {
                case .block(let descriptor, let frames):
                    try Catalog.insertRecovered(descriptor, frames: frames, into: database)
                case .snapshot(let snapshot):
                    let stored = StoredSnapshot(id: snapshotIDs(snapshot), snapshot: snapshot)
                    try Catalog.insert(stored, into: database)
                case .supplier(let supplier):
                    try Catalog.insertIfNew(supplier, into: database)
                case .note(let note):
                    try Catalog.adopt(note, in: database)
                }
            }
            for (descriptor, frames) in catalogBlocks {
                try Catalog.insertRecovered(descriptor, frames: frames, into: database)
            }
            // One head of each sequence: where two machines wrote the same, the suppliers' counts.
            try database.execute(
                sql: "DELETE FROM heads WHERE sequence <= ?", arguments: [Int64(head.sequence)])
            try Catalog.insert(head, body: body, isPublished: true, into: database)
        }
    }

    /// A block that is known already may have moved since: the last row of it counts, unless this
    /// machine has moved it too and not told anybody yet.
    private static func insertRecovered(
        _ descriptor: BlockDescriptor, frames: [FrameEntry], into database: Database
    ) throws {
        let block = Data32(descriptor.block.bytes).data
        let receipts = [Bool](repeating: true, count: descriptor.scheme.fragmentCount)
        let known = try Int64.fetchOne(
            database, sql: "SELECT id FROM blocks WHERE block = ?", arguments: [block])
        if let known {
            var encoded = ByteWriter(reserving: 512)
            descriptor.encode(into: &encoded)
            try database.execute(
                sql: """
                    UPDATE blocks SET descriptor = ?1, receipts = ?2
                    WHERE block = ?3 AND published = 1 AND descriptor <> ?1
                    """,
                arguments: [encoded.bytes.asData, receipts.map { $0 ? 1 : 0 }.asData, block])
            try noteShape(row: known, database)
            return
        }
        try insert(
            descriptor, frames: frames, receipts: receipts, isPublished: true, into: database)
    }
}
