internal import GRDB
package import Model

/// What is backed up under one name: all snapshots of a set.
package struct SourceRow: Hashable, Sendable {
    package let id: Int64
    package let setName: String
    /// The paths of the last backup from this machine, as it noted them.
    package let paths: [UInt8]
    /// The run of that backup; 0 when there was none.
    package let run: Int64
}

/// Which blocks a snapshot needs, to be noted with it.
package struct SourceUse: Sendable {
    package let setName: String
    package let paths: [UInt8]
    /// Rows of blocks, ascending.
    package let rows: [ClosedRange<Int64>]
    /// Whether those are all that the set needs beside what is noted already.
    package let isComplete: Bool

    package init(
        setName: String, paths: [UInt8], rows: [ClosedRange<Int64>], isComplete: Bool
    ) {
        self.setName = setName
        self.paths = paths
        self.rows = rows
        self.isComplete = isComplete
    }
}

extension Catalog {
    package func source(setName: String) throws(CatalogError) -> SourceRow? {
        try read("read source") { database in
            try Row.fetchOne(
                database, sql: "SELECT * FROM sources WHERE set_name = ?", arguments: [setName]
            ).map(Catalog.sourceRow)
        }
    }

    package func sources() throws(CatalogError) -> [SourceRow] {
        try read("read sources") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM sources ORDER BY set_name")
                .map(Catalog.sourceRow)
        }
    }

    /// Rows of the blocks that one of these sources needs, ascending.
    package func blockRows(sources: Set<Int64>) throws(CatalogError) -> [Int64] {
        try read("find blocks of sources") { database in
            let sets = try Catalog.sourceSets(database).filter {
                !sources.isDisjoint(with: $0.value)
            }
            return try sets.keys.sorted().flatMap { set in
                try Int64.fetchAll(
                    database, sql: "SELECT block FROM block_shapes WHERE sources = ?",
                    arguments: [set])
            }.sorted()
        }
    }

    /// Snapshots of which it is not noted which blocks they need: those of another machine.
    package func unmappedSnapshots() throws(CatalogError) -> [SnapshotID] {
        try read("read snapshots") { database in
            try Row.fetchAll(
                database,
                sql: """
                    SELECT snapshot FROM snapshots
                    WHERE snapshot NOT IN (SELECT snapshot FROM mapped) ORDER BY id
                    """
            ).compactMap { Bytes32(try $0.bytes("snapshot")).map { SnapshotID($0) } }
        }
    }

    /// Notes which blocks a snapshot needs that is there already, durable on return.
    package func note(_ use: SourceUse, of snapshot: SnapshotID) throws(CatalogError) {
        try write("record source") { database in
            try Catalog.insert(use, of: snapshot, run: nil, into: database)
        }
    }

    static func insert(
        _ use: SourceUse, of snapshot: SnapshotID, run: Int64?, into database: Database
    ) throws {
        try database.execute(
            sql: "INSERT OR IGNORE INTO sources(set_name, paths, run) VALUES (?, x'', 0)",
            arguments: [use.setName])
        if let run {
            try database.execute(
                sql: "UPDATE sources SET paths = ?, run = ? WHERE set_name = ?",
                arguments: [use.paths.asData, run, use.setName])
        }
        if use.isComplete {
            try database.execute(
                sql: "INSERT OR IGNORE INTO mapped(snapshot) VALUES (?)",
                arguments: [Data32(snapshot.bytes).data])
        }
        let source =
            try Int64.fetchOne(
                database, sql: "SELECT id FROM sources WHERE set_name = ?",
                arguments: [use.setName]) ?? 0
        let sets = try sourceSets(database)
        for rows in use.rows { try add(source, to: rows, sets, database) }
    }

    private static func add(
        _ source: Int64, to rows: ClosedRange<Int64>, _ sets: [Int64: [Int64]],
        _ database: Database
    ) throws {
        let find = try database.cachedStatement(
            sql: "SELECT DISTINCT sources FROM block_shapes WHERE block BETWEEN ? AND ?")
        for old in try Int64.fetchAll(find, arguments: [rows.lowerBound, rows.upperBound]) {
            let members = try sets[old] ?? (old == 0 ? [] : sourceSets(database)[old] ?? [])
            guard !members.contains(source) else { continue }
            let update = try database.cachedStatement(
                sql: """
                    UPDATE block_shapes SET sources = ?
                    WHERE block BETWEEN ? AND ? AND sources = ?
                    """)
            try update.execute(arguments: [
                try setID((members + [source]).sorted(), database), rows.lowerBound,
                rows.upperBound, old,
            ])
        }
    }

    private static func setID(_ members: [Int64], _ database: Database) throws -> Int64 {
        var writer = ByteWriter(reserving: 8 * members.count)
        for member in members { writer.integer(member) }
        let bytes = writer.bytes.asData
        let find = try database.cachedStatement(
            sql: "SELECT id FROM source_sets WHERE members = ?")
        if let known = try Int64.fetchOne(find, arguments: [bytes]) { return known }
        try database.execute(
            sql: "INSERT INTO source_sets(members) VALUES (?)", arguments: [bytes])
        return database.lastInsertedRowID
    }

    /// Ids of the sources of each set, 8 bytes each in its row.
    static func sourceSets(_ database: Database) throws -> [Int64: [Int64]] {
        var sets: [Int64: [Int64]] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT id, members FROM source_sets") {
            var reader = ByteReader(try row.bytes("members"), format: "source set")
            var members: [Int64] = []
            while reader.remainingByteCount >= 8 { members.append(try reader.integer()) }
            sets[row["id"]] = members
        }
        return sets
    }

    private static func sourceRow(_ row: Row) throws -> SourceRow {
        SourceRow(
            id: row["id"], setName: row["set_name"], paths: try row.bytes("paths"),
            run: row["run"])
    }
}
