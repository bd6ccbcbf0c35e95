internal import GRDB

/// The tables, one migration for each change since the first release.
///
/// Chunks and frames have no rows of their own: the chunks of a block are one packed column, since
/// a row for each would cost forty times what the table in memory costs
/// (docs/decisions/0002-packed-chunk-rows.md).
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            for table in first { try database.execute(sql: table) }
        }
        migrator.registerMigration("rebuilding") { database in
            for table in rebuilding { try database.execute(sql: table) }
        }
        migrator.registerMigration("shapes") { database in
            for table in shapes { try database.execute(sql: table) }
            try Catalog.noteAllShapes(database)
        }
        migrator.registerMigration("absence") { database in
            for column in absence {
                try database.execute(sql: "ALTER TABLE supplier_states ADD COLUMN \(column)")
            }
            try Catalog.moveAttendance(database)
        }
        return migrator
    }

    private static let first = [
        """
        CREATE TABLE settings(
            name TEXT NOT NULL PRIMARY KEY,
            value BLOB NOT NULL) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE suppliers(
            id INTEGER NOT NULL PRIMARY KEY,
            supplier BLOB NOT NULL UNIQUE CHECK(length(supplier) = 32),
            address TEXT NOT NULL) STRICT
        """,
        // descriptor: BlockDescriptor; frames: as BlockTable writes them;
        // receipts: one byte for each position, 1 when the supplier has signed for it;
        // published: in a catalog block that a head names.
        """
        CREATE TABLE blocks(
            id INTEGER NOT NULL PRIMARY KEY,
            block BLOB NOT NULL UNIQUE CHECK(length(block) = 32),
            kind INTEGER NOT NULL,
            descriptor BLOB NOT NULL,
            frames BLOB NOT NULL,
            receipts BLOB NOT NULL,
            published INTEGER NOT NULL DEFAULT 0) STRICT
        """,
        "CREATE INDEX blocks_unpublished ON blocks(id) WHERE published = 0",
        """
        CREATE TABLE snapshots(
            id INTEGER NOT NULL PRIMARY KEY,
            snapshot BLOB NOT NULL UNIQUE CHECK(length(snapshot) = 32),
            taken INTEGER NOT NULL,
            set_name TEXT NOT NULL,
            encoded BLOB NOT NULL) STRICT
        """,
        "CREATE INDEX snapshots_by_set ON snapshots(set_name, taken)",
        """
        CREATE TABLE heads(
            sequence INTEGER NOT NULL PRIMARY KEY,
            encoded BLOB NOT NULL,
            body BLOB NOT NULL,
            published INTEGER NOT NULL DEFAULT 0) STRICT
        """,
        // What the last backup saw of a directory; a row counts when its run was committed.
        """
        CREATE TABLE seen(
            key INTEGER NOT NULL PRIMARY KEY,
            path BLOB NOT NULL,
            run INTEGER NOT NULL,
            listing BLOB NOT NULL) STRICT
        """,
        """
        CREATE TABLE runs(
            id INTEGER NOT NULL PRIMARY KEY,
            committed INTEGER NOT NULL DEFAULT 0) STRICT
        """,
    ]

    // What is counted over all blocks stands in narrow rows beside them: SQLite reads the index of
    // a million of these in a tenth of a second, and four gigabytes of descriptors and chunks not
    // at all. sources: 0, or a row of source_sets; chunks, plain: what a block holds, 0 in the
    // catalog.
    private static let shapes = [
        """
        CREATE TABLE shapes(
            id INTEGER NOT NULL PRIMARY KEY,
            shape BLOB NOT NULL UNIQUE) STRICT
        """,
        """
        CREATE TABLE block_shapes(
            block INTEGER NOT NULL PRIMARY KEY REFERENCES blocks(id) ON DELETE CASCADE,
            shape INTEGER NOT NULL,
            sources INTEGER NOT NULL DEFAULT 0,
            chunks INTEGER NOT NULL DEFAULT 0,
            plain INTEGER NOT NULL DEFAULT 0) STRICT
        """,
        "CREATE INDEX block_shapes_by_shape ON block_shapes(shape, sources)",
        """
        CREATE TABLE sources(
            id INTEGER NOT NULL PRIMARY KEY,
            set_name TEXT NOT NULL UNIQUE,
            paths BLOB NOT NULL,
            run INTEGER NOT NULL) STRICT
        """,
        """
        CREATE TABLE source_sets(
            id INTEGER NOT NULL PRIMARY KEY,
            members BLOB NOT NULL UNIQUE) STRICT
        """,
        """
        CREATE TABLE mapped(
            snapshot BLOB NOT NULL PRIMARY KEY CHECK(length(snapshot) = 32)) STRICT, WITHOUT ROWID
        """,
    ]

    // idle, seen, looks, answers, uptime, boot: what Absence has; notice: when a supplier ends, as
    // it says; catalog_*: the challenge of a catalog block that waits for its answer.
    private static let absence = [
        "idle INTEGER NOT NULL DEFAULT 0", "seen INTEGER NOT NULL DEFAULT 0",
        "looks INTEGER NOT NULL DEFAULT 0", "answers INTEGER NOT NULL DEFAULT 0",
        "uptime INTEGER NOT NULL DEFAULT 0", "boot INTEGER NOT NULL DEFAULT 0", "notice INTEGER",
        "catalog_row INTEGER", "catalog_offset REAL NOT NULL DEFAULT 0",
        "catalog_silences INTEGER NOT NULL DEFAULT 0",
    ]

    private static let rebuilding = [
        """
        CREATE TABLE supplier_states(
            supplier BLOB NOT NULL PRIMARY KEY CHECK(length(supplier) = 32),
            silence INTEGER NOT NULL,
            asked INTEGER NOT NULL,
            leaving INTEGER NOT NULL,
            passes REAL NOT NULL,
            failures REAL NOT NULL,
            losses INTEGER NOT NULL,
            lies INTEGER NOT NULL,
            contained_row INTEGER,
            contained_offset REAL NOT NULL,
            contained_silences INTEGER NOT NULL,
            audited INTEGER NOT NULL) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE spares(
            block INTEGER NOT NULL REFERENCES blocks(id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            supplier BLOB NOT NULL CHECK(length(supplier) = 32),
            PRIMARY KEY(block, position, supplier)) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE retired(
            supplier BLOB NOT NULL CHECK(length(supplier) = 32),
            fragment BLOB NOT NULL CHECK(length(fragment) = 32),
            PRIMARY KEY(supplier, fragment)) STRICT, WITHOUT ROWID
        """,
    ]
}
