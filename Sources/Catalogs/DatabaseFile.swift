internal import GRDB

/// Opens SQLite the one way in which it loses nothing that was committed.
///
/// One connection for each file, which is the writer too: Debian's SQLite predates the fix of a
/// race between two connections that write and checkpoint at the same instant.
enum DatabaseFile {
    /// - Parameters:
    ///   - path: of the database file; created when it is not there.
    ///   - syncsEveryCommit: `synchronous=FULL`; else `NORMAL`, for a file that can be made anew.
    static func open(
        path: String, applicationID: Int32, syncsEveryCommit: Bool, migrator: DatabaseMigrator
    ) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            let pragmas = [
                "journal_mode=WAL", "synchronous=\(syncsEveryCommit ? "FULL" : "NORMAL")",
                "foreign_keys=ON", "trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0",
                "secure_delete=FAST", "application_id=\(applicationID)",
            ]
            for pragma in pragmas { try database.execute(sql: "PRAGMA \(pragma)") }
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try migrator.migrate(queue)
        return queue
    }
}
