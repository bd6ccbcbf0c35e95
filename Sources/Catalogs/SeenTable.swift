internal import GRDB
internal import Model

/// What a backup saw of one directory; the listing is the pipeline's own format.
package struct SeenRow: Sendable {
    /// The first eight bytes of a digest of the path.
    package let key: Int64
    package let path: [UInt8]
    package let listing: [UInt8]

    package init(key: Int64, path: [UInt8], listing: [UInt8]) {
        self.key = key
        self.path = path
        self.listing = listing
    }
}

extension Catalog {
    /// Starts a run: what it sees counts only once its snapshot is committed.
    package func beginRun() throws(CatalogError) -> Int64 {
        try write("begin run") { database in
            try database.execute(sql: "INSERT INTO runs(committed) VALUES (0)")
            return database.lastInsertedRowID
        }
    }

    /// The listing of a directory from the last committed run that saw it change.
    ///
    /// - Returns: the listing, and the run that wrote it.
    package func seen(
        key: Int64, path: [UInt8]
    ) throws(CatalogError) -> (listing: [UInt8], run: Int64)? {
        try read("read seen") { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT path, listing, seen.run FROM seen
                    JOIN runs ON runs.id = seen.run AND runs.committed = 1
                    WHERE seen.key = ?
                    """)
            guard let row = try Row.fetchOne(statement, arguments: [key]),
                try row.bytes("path") == path
            else { return nil }
            return (try row.bytes("listing"), row["run"])
        }
    }

    package func record(_ rows: [SeenRow], run: Int64) throws(CatalogError) {
        try write("record seen") { database in
            let statement = try database.cachedStatement(
                sql: "INSERT OR REPLACE INTO seen(key, path, run, listing) VALUES (?, ?, ?, ?)")
            for row in rows {
                try statement.execute(arguments: [
                    row.key, row.path.asData, run, row.listing.asData,
                ])
            }
        }
    }
}
