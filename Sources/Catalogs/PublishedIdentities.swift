internal import Foundation
internal import GRDB
package import Model

/// What an identity server keeps of one name.
package struct PublishedIdentity: Equatable, Sendable {
    package var name: String
    /// Whose name it is; kept longer than the document.
    package var user: UserID
    /// Place of the newest document in the user's order.
    package var sequence: UInt64
    /// The document; `nil` when it was withdrawn because nobody touched it.
    package var bytes: [UInt8]?
    /// Where the node is, as the document says: who asks from there is its owner.
    package var addresses: [IPAddress]
    /// Seconds that the server had run, in all, when the owner last showed.
    package var touched: UInt64

    package init(
        name: String, user: UserID, sequence: UInt64, bytes: [UInt8]?, addresses: [IPAddress],
        touched: UInt64
    ) {
        self.name = name
        self.user = user
        self.sequence = sequence
        self.bytes = bytes
        self.addresses = addresses
        self.touched = touched
    }
}

/// How many names an expiry touched.
package struct IdentityExpiry: Equatable, Sendable {
    package var withdrawn: Int
    package var forgotten: Int

    package init(withdrawn: Int, forgotten: Int) {
        self.withdrawn = withdrawn
        self.forgotten = forgotten
    }
}

/// An identity server's documents, in a SQLite file of their own.
///
/// What `put` has returned from is on the disk (`synchronous=FULL`), and survives a kill and a loss
/// of power. Documents have a table of their own, so that lists and counts read small rows only.
/// Thread rules: any thread may call; calls are one after the other, on one connection.
package final class PublishedIdentities: Sendable {
    /// "BDid".
    private static let applicationID: Int32 = 0x4244_6964
    private let queue: DatabaseQueue

    /// Opens the file at `path`, or creates it.
    package init(path: String) throws(CatalogError) {
        queue = try CatalogError.wrap("open \(path)") {
            try DatabaseFile.open(
                path: path, applicationID: PublishedIdentities.applicationID,
                syncsEveryCommit: true, migrator: PublishedIdentities.migrator)
        }
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { database in
            try database.execute(
                sql: """
                    CREATE TABLE names(
                        name TEXT NOT NULL PRIMARY KEY,
                        user BLOB NOT NULL CHECK (length(user) = 32),
                        sequence INTEGER NOT NULL,
                        addresses BLOB NOT NULL,
                        touched INTEGER NOT NULL,
                        isPublished INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                    CREATE INDEX published ON names(name) WHERE isPublished;
                    CREATE TABLE documents(
                        name TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT;
                    CREATE TABLE clock(age INTEGER NOT NULL) STRICT;
                    INSERT INTO clock VALUES (0)
                    """)
        }
        return migrator
    }

    package func close() {
        try? queue.close()
    }

    // MARK: Reading

    package func find(_ name: String) throws(CatalogError) -> PublishedIdentity? {
        try CatalogError.wrap("find identity") {
            try queue.read { database in
                let statement = try database.cachedStatement(
                    sql: """
                        SELECT user, sequence, addresses, touched, bytes FROM names
                        LEFT JOIN documents USING (name) WHERE name = ?
                        """)
                guard let row = try Row.fetchOne(statement, arguments: [name]) else { return nil }
                return try PublishedIdentities.identity(name, row)
            }
        }
    }

    private static func identity(_ name: String, _ row: Row) throws -> PublishedIdentity {
        guard let user = Bytes32(try row.bytes("user")) else {
            throw CatalogError.badRow(
                table: "names", .invalid(format: "identity", field: "user"))
        }
        return PublishedIdentity(
            name: name, user: UserID(user), sequence: UInt64(bitPattern: row["sequence"]),
            bytes: row.hasNull(atIndex: 4) ? nil : try row.bytes("bytes"),
            addresses: addresses(try row.bytes("addresses")),
            touched: UInt64(bitPattern: row["touched"]))
    }

    /// Names of published documents in alphabetic order, after `after`.
    package func names(after: String?, limit: Int) throws(CatalogError) -> [String] {
        try CatalogError.wrap("list identities") {
            try queue.read { database in
                try String.fetchAll(
                    database.cachedStatement(
                        sql: """
                            SELECT name FROM names WHERE isPublished AND name > ?
                            ORDER BY name LIMIT ?
                            """), arguments: [after ?? "", limit])
            }
        }
    }

    package func count() throws(CatalogError) -> Int {
        try CatalogError.wrap("count identities") {
            try queue.read { database in
                try Int.fetchOne(
                    database.cachedStatement(
                        sql: "SELECT count(*) FROM names WHERE isPublished")) ?? 0
            }
        }
    }

    /// Seconds that this server has run in all its life, as last noted.
    package func age() throws(CatalogError) -> UInt64 {
        try CatalogError.wrap("read age") {
            try queue.read { database in
                UInt64(bitPattern: try Int64.fetchOne(database, sql: "SELECT age FROM clock") ?? 0)
            }
        }
    }

    // MARK: Writing

    /// Stores a document under its name; it is on the disk when this returns.
    package func put(_ identity: PublishedIdentity) throws(CatalogError) {
        try write("publish identity") { try PublishedIdentities.put(identity, $0) }
    }

    /// Stores many at once.
    package func put(_ identities: [PublishedIdentity]) throws(CatalogError) {
        try write("publish identities") { database in
            for identity in identities { try PublishedIdentities.put(identity, database) }
        }
    }

    private static func put(_ identity: PublishedIdentity, _ database: Database) throws {
        let arguments: StatementArguments = [
            identity.name, Data32(identity.user.bytes).data,
            Int64(bitPattern: identity.sequence), encoded(identity.addresses).asData,
            Int64(bitPattern: identity.touched), identity.bytes != nil,
        ]
        try database.cachedStatement(
            sql: """
                INSERT OR REPLACE INTO names(
                    name, user, sequence, addresses, touched, isPublished)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: arguments)
        if let bytes = identity.bytes {
            try database.cachedStatement(
                sql: """
                    INSERT INTO documents(name, bytes) VALUES (?, ?)
                    ON CONFLICT(name) DO UPDATE SET bytes = excluded.bytes
                    """
            ).execute(arguments: [identity.name, bytes.asData])
        } else {
            try database.execute(
                sql: "DELETE FROM documents WHERE name = ?", arguments: [identity.name])
        }
    }

    /// Notes that owners showed at `age`, and that the server is that old.
    package func touch(_ names: [String], age: UInt64) throws(CatalogError) {
        try write("touch identities") { database in
            let statement = try database.cachedStatement(
                sql: "UPDATE names SET touched = max(touched, ?) WHERE name = ?")
            for name in names {
                try statement.execute(arguments: [Int64(bitPattern: age), name])
            }
            try database.execute(
                sql: "UPDATE clock SET age = max(age, ?)", arguments: [Int64(bitPattern: age)])
        }
    }

    /// Withdraws documents that were last touched before `withdraw`, and forgets whose names they
    /// were that were last touched before `forget`.
    package func expire(
        withdraw: UInt64, forget: UInt64
    ) throws(CatalogError) -> IdentityExpiry {
        try write("expire identities") { database in
            let arguments: StatementArguments = [Int64(bitPattern: withdraw)]
            try database.execute(
                sql: """
                    DELETE FROM documents WHERE name IN
                        (SELECT name FROM names WHERE touched < ? AND isPublished)
                    """, arguments: arguments)
            let withdrawn = database.changesCount
            try database.execute(
                sql: "UPDATE names SET isPublished = 0 WHERE touched < ? AND isPublished",
                arguments: arguments)
            try database.execute(
                sql: "DELETE FROM names WHERE touched < ? AND NOT isPublished",
                arguments: [Int64(bitPattern: forget)])
            return IdentityExpiry(withdrawn: withdrawn, forgotten: database.changesCount)
        }
    }

    private func write<Value>(
        _ operation: String, _ body: (Database) throws -> Value
    ) throws(CatalogError) -> Value {
        try CatalogError.wrap(operation) { try queue.write(body) }
    }

    // MARK: Addresses

    /// A length, 4 or 16, and the bytes of each.
    private static func encoded(_ addresses: [IPAddress]) -> [UInt8] {
        addresses.flatMap { address in
            let bytes = address.bytes
            return [UInt8(bytes.count)] + bytes
        }
    }

    private static func addresses(_ bytes: [UInt8]) -> [IPAddress] {
        var addresses: [IPAddress] = []
        var rest = bytes[...]
        while let length = rest.popFirst() {
            if let address = IPAddress(bytes: rest.prefix(Int(length))) {
                addresses.append(address)
            }
            rest = rest.dropFirst(Int(length))
        }
        return addresses
    }
}
