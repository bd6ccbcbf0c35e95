internal import Foundation
internal import GRDB
package import Model

/// The newest document of a user that this machine has believed.
package struct SeenIdentity: Equatable, Sendable {
    package var user: UserID
    /// What the document is published under first: `alice@host-a.com`.
    package var globalID: String
    package var sequence: UInt64
    package var bytes: [UInt8]

    package init(user: UserID, globalID: String, sequence: UInt64, bytes: [UInt8]) {
        self.user = user
        self.globalID = globalID
        self.sequence = sequence
        self.bytes = bytes
    }
}

/// Documents of others, so that nobody can show this machine an older one, and so that users are
/// found when no server answers.
///
/// Thread rules: any thread may call; calls are one after the other, on one connection.
package final class SeenIdentities: Sendable {
    /// "BDsn".
    private static let applicationID: Int32 = 0x4244_736E
    private let queue: DatabaseQueue

    /// Opens the file at `path`, or creates it.
    package init(path: String) throws(CatalogError) {
        queue = try CatalogError.wrap("open \(path)") {
            var migrator = DatabaseMigrator()
            migrator.registerMigration("1") { database in
                try database.execute(
                    sql: """
                        CREATE TABLE seen(
                            user BLOB NOT NULL PRIMARY KEY CHECK (length(user) = 32),
                            globalID TEXT NOT NULL,
                            sequence INTEGER NOT NULL,
                            bytes BLOB NOT NULL) STRICT;
                        CREATE INDEX globalIDs ON seen(globalID)
                        """)
            }
            return try DatabaseFile.open(
                path: path, applicationID: SeenIdentities.applicationID, syncsEveryCommit: true,
                migrator: migrator)
        }
    }

    package func close() {
        try? queue.close()
    }

    package func newest(of user: UserID) throws(CatalogError) -> SeenIdentity? {
        try fetch("user = ?", [Data32(user.bytes).data]).first
    }

    /// Users that have called themselves so; more than one when a name changed hands.
    package func users(calling globalID: String) throws(CatalogError) -> [SeenIdentity] {
        try fetch("globalID = ?", [globalID])
    }

    /// Remembers a document; one that is not newer than what is known changes nothing.
    package func record(_ identity: SeenIdentity) throws(CatalogError) {
        try CatalogError.wrap("record identity") {
            try queue.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO seen(user, globalID, sequence, bytes) VALUES (?, ?, ?, ?)
                        ON CONFLICT(user) DO UPDATE SET globalID = excluded.globalID,
                            sequence = excluded.sequence, bytes = excluded.bytes
                        WHERE excluded.sequence > seen.sequence
                        """,
                    arguments: [
                        Data32(identity.user.bytes).data, identity.globalID,
                        Int64(bitPattern: identity.sequence), identity.bytes.asData,
                    ])
            }
        }
    }

    private func fetch(
        _ condition: String, _ arguments: StatementArguments
    ) throws(CatalogError) -> [SeenIdentity] {
        try CatalogError.wrap("read seen identities") {
            try queue.read { database in
                try Row.fetchAll(
                    database,
                    sql: "SELECT * FROM seen WHERE \(condition) ORDER BY user",
                    arguments: arguments
                ).compactMap { row in
                    guard let user = Bytes32(try row.bytes("user")) else { return nil }
                    return SeenIdentity(
                        user: UserID(user), globalID: row["globalID"],
                        sequence: UInt64(bitPattern: row["sequence"]),
                        bytes: try row.bytes("bytes"))
                }
            }
        }
    }
}
