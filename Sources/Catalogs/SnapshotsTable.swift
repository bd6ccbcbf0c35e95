internal import GRDB
package import Model

/// A snapshot with the id that names it.
package struct StoredSnapshot: Sendable {
    package let id: SnapshotID
    package let snapshot: Snapshot

    package init(id: SnapshotID, snapshot: Snapshot) {
        self.id = id
        self.snapshot = snapshot
    }
}

extension Catalog {
    /// All snapshots, oldest first.
    package func snapshots() throws(CatalogError) -> [StoredSnapshot] {
        try read("read snapshots") { database in
            try Row.fetchAll(
                database, sql: "SELECT snapshot, encoded FROM snapshots ORDER BY taken, id"
            ).map(Catalog.storedSnapshot)
        }
    }

    package func latestSnapshot(setName: String?) throws(CatalogError) -> StoredSnapshot? {
        try read("read latest snapshot") { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT snapshot, encoded FROM snapshots
                    WHERE ?1 IS NULL OR set_name = ?1
                    ORDER BY id DESC LIMIT 1
                    """, arguments: [setName]
            ).map(Catalog.storedSnapshot)
        }
    }

    static func insert(_ stored: StoredSnapshot, into database: Database) throws {
        try database.execute(
            sql: """
                INSERT OR IGNORE INTO snapshots(snapshot, taken, set_name, encoded)
                VALUES (?, ?, ?, ?)
                """,
            arguments: [
                Data32(stored.id.bytes).data, stored.snapshot.taken, stored.snapshot.setName,
                stored.snapshot.encoded().asData,
            ])
    }

    private static func storedSnapshot(_ row: Row) throws -> StoredSnapshot {
        do {
            guard let id = Bytes32(try row.bytes("snapshot")) else {
                throw FormatError.invalid(format: "snapshot row", field: "snapshot")
            }
            return StoredSnapshot(
                id: SnapshotID(id), snapshot: try Snapshot(try row.bytes("encoded")))
        } catch let error as FormatError {
            throw CatalogError.badRow(table: "snapshots", error)
        }
    }
}
