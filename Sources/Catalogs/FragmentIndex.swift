internal import Foundation
internal import GRDB
internal import Model

/// A supplier's table of contents: which record of which segment holds a fragment.
///
/// The segments are the truth and this is a cache of them, so `synchronous=NORMAL` is enough: after
/// a power loss the last commits may be missing, never wrong, and the supplier reads the segments
/// on from where the index ends. A damaged index is thrown away and built from the segments.
///
/// Thread rules: every method may be called from any thread; one connection serves them in turn.
package final class FragmentIndex: Sendable {
    private let queue: DatabaseQueue

    private static let applicationID: Int32 = 0x4244_4649  // "BDFI"
    private static let version: Int32 = 1

    /// Opens or creates the index in the file `path`; in memory when `nil`.
    ///
    /// - Throws: ``FragmentIndexError/damaged(code:)`` for a file that is no sound index.
    package init(path: String?) throws(FragmentIndexError) {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try FragmentIndex.pragmas.forEach { try database.execute(sql: $0) }
        }
        do {
            queue =
                try path.map { try DatabaseQueue(path: $0, configuration: configuration) }
                ?? DatabaseQueue(configuration: configuration)
            if path != nil {
                try queue.writeWithoutTransaction { database in
                    _ = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
                }
            }
            try queue.write { try FragmentIndex.prepare($0) }
        } catch {
            throw FragmentIndexError(error)
        }
    }

    private static let pragmas = [
        "PRAGMA synchronous = NORMAL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA trusted_schema = OFF",
        "PRAGMA cell_size_check = ON",
        "PRAGMA mmap_size = 0",
        "PRAGMA secure_delete = FAST",
    ]

    /// Creates the tables in an empty file; checks version and pages of one in use.
    private static func prepare(_ database: GRDB.Database) throws {
        let application = try Int32.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let found = try Int32.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let tableCount =
            try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if application == 0, found == 0, tableCount == 0 {
            try database.execute(sql: schema)
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
            try database.execute(sql: "PRAGMA user_version = \(version)")
        } else if application != applicationID || found != version {
            throw FragmentIndexError.damaged(code: 0)
        } else if try Bool.fetchOne(database, sql: "SELECT clean FROM condition") != true {
            let verdict = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
            guard verdict == "ok" else { throw FragmentIndexError.damaged(code: 0) }
        }
        try database.execute(sql: "UPDATE condition SET clean = 0")
    }

    /// A fragment that is put again after its tombstone has two rows: both records take space.
    /// `corrupt` is 0 for a sound record, 1 for a damaged one, 2 for one that was copied elsewhere.
    private static let schema = """
        CREATE TABLE segments (
            number INTEGER PRIMARY KEY,
            length INTEGER NOT NULL CHECK (length >= 0),
            lastSequence INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE fragments (
            owner BLOB NOT NULL CHECK (length(owner) = 32),
            fragment BLOB NOT NULL CHECK (length(fragment) = 32),
            sequence INTEGER NOT NULL,
            segment INTEGER NOT NULL,
            offset INTEGER NOT NULL,
            headerLength INTEGER NOT NULL,
            length INTEGER NOT NULL,
            tombstone INTEGER,
            corrupt INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (owner, fragment, sequence)
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX fragmentPlaces ON fragments (segment, offset);
        CREATE TABLE condition (clean INTEGER NOT NULL) STRICT;
        INSERT INTO condition VALUES (0);
        """

    // MARK: Writing

    /// Adds records, then applies tombstones, then notes how far the segments are covered; all of
    /// it or nothing.
    ///
    /// - Parameter mayCopy: whether some of the records may be copies of earlier ones, which then
    ///   count no more.
    package func record(
        _ rows: [FragmentIndexRow], tombstones: [TombstoneRow] = [], segments: [SegmentIndexRow],
        mayCopy: Bool = false
    ) throws(FragmentIndexError) {
        try write { database in
            try FragmentIndex.insert(rows, in: database)
            try FragmentIndex.apply(tombstones, in: database)
            if mayCopy { try FragmentIndex.supersede(rows, in: database) }
            let statement = try database.cachedStatement(
                sql: """
                    INSERT INTO segments (number, length, lastSequence) VALUES (?, ?, ?)
                    ON CONFLICT (number) DO UPDATE
                    SET length = excluded.length, lastSequence = excluded.lastSequence
                    """)
            for segment in segments {
                try statement.execute(arguments: [
                    segment.number, segment.length, Int64(bitPattern: segment.lastSequence),
                ])
            }
        }
    }

    /// Marks one record as not what was written.
    package func markCorrupt(_ row: FragmentIndexRow) throws(FragmentIndexError) {
        try write { database in
            try database.execute(
                sql: "UPDATE fragments SET corrupt = 1 WHERE segment = ? AND offset = ?",
                arguments: [row.segment, row.offset])
        }
    }

    /// Forgets everything, to be filled from the segments.
    package func removeAll() throws(FragmentIndexError) {
        try write { database in
            try database.execute(sql: "DELETE FROM fragments; DELETE FROM segments")
        }
    }

    /// Notes that the index was left in order, and closes it.
    package func close() throws(FragmentIndexError) {
        try write { try $0.execute(sql: "UPDATE condition SET clean = 1") }
        do {
            try queue.close()
        } catch {
            throw FragmentIndexError(error)
        }
    }

    private static func insert(_ rows: [FragmentIndexRow], in database: GRDB.Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO fragments
                    (owner, fragment, sequence, segment, offset, headerLength, length,
                     tombstone, corrupt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for row in rows {
            var tombstone: Int64?
            if case .tombstoned(let sequence) = row.state {
                tombstone = Int64(bitPattern: sequence)
            }
            try statement.execute(arguments: [
                Data(row.owner), Data(row.fragment), Int64(bitPattern: row.sequence), row.segment,
                row.offset, row.headerLength, row.length, tombstone,
                row.state == .corrupt ? 1 : row.state == .copied ? 2 : 0,
            ])
        }
    }

    /// Marks the earlier records of what was copied. One that was tombstoned before the later one
    /// was written was not copied but put again.
    private static func supersede(_ rows: [FragmentIndexRow], in database: GRDB.Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE fragments SET corrupt = 2, tombstone = NULL
                WHERE owner = :owner AND fragment = :fragment AND sequence < :sequence
                    AND (tombstone IS NULL OR tombstone > :sequence) AND corrupt = 0
                """)
        for row in rows where row.state == .live {
            try statement.execute(arguments: [
                "owner": Data(row.owner), "fragment": Data(row.fragment),
                "sequence": Int64(bitPattern: row.sequence),
            ])
        }
    }

    private static func apply(_ tombstones: [TombstoneRow], in database: GRDB.Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE fragments SET tombstone = :sequence
                WHERE owner = :owner AND fragment = :fragment
                    AND sequence < :sequence AND tombstone IS NULL AND corrupt <> 2
                """)
        for row in tombstones {
            try statement.execute(arguments: [
                "sequence": Int64(bitPattern: row.sequence), "owner": Data(row.owner),
                "fragment": Data(row.fragment),
            ])
        }
    }

    // MARK: Connection

    func read<Result>(
        _ body: (GRDB.Database) throws -> Result
    ) throws(FragmentIndexError) -> Result {
        do {
            return try queue.read(body)
        } catch {
            throw FragmentIndexError(error)
        }
    }

    func write(_ body: (GRDB.Database) throws -> Void) throws(FragmentIndexError) {
        do {
            try queue.write(body)
        } catch {
            throw FragmentIndexError(error)
        }
    }
}

extension FragmentIndexError {
    init(_ error: any Error) {
        if let error = error as? FragmentIndexError {
            self = error
        } else if let error = error as? DatabaseError {
            switch error.resultCode {
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                self = .damaged(code: error.extendedResultCode.rawValue)
            case .SQLITE_FULL:
                self = .full
            default:
                self = .failed(code: error.extendedResultCode.rawValue)
            }
        } else {
            self = .failed(code: -1)
        }
    }
}

extension Data {
    init<Noun>(_ identifier: Identifier<Noun>) {
        self = identifier.bytes.withBytes { span in span.withUnsafeBytes { Data($0) } }
    }
}
