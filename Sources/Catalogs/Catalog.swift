internal import GRDB
package import Model

/// Why the catalog cannot answer.
package enum CatalogError: Error, Equatable, Sendable {
    /// SQLite's own words; `isCorruption` when the file is not what was written.
    case database(operation: String, message: String, isCorruption: Bool)
    /// The disk has no room for what was to be written.
    case diskFull(operation: String)
    case badRow(table: String, FormatError)

    package var isCorruption: Bool {
        switch self {
        case .database(_, _, let isCorruption): isCorruption
        case .diskFull: false
        case .badRow: true
        }
    }
}

/// The customer's catalog: what is stored, where, and what the last backup saw.
///
/// It is a cache of what the suppliers hold, and can be made anew from their newest head.
/// Thread rules: any thread may call; calls are one after the other, on one connection.
package final class Catalog: Sendable {
    /// "BDct".
    private static let applicationID: Int32 = 0x4244_6374
    let queue: DatabaseQueue

    /// Opens the file at `path`, or creates it.
    package init(path: String) throws(CatalogError) {
        self.queue = try CatalogError.wrap("open \(path)") {
            try DatabaseFile.open(
                path: path, applicationID: Catalog.applicationID, syncsEveryCommit: true,
                migrator: Schema.migrator)
        }
    }

    package func close() {
        try? queue.close()
    }

    /// Runs SQLite's own check of the file, for after an unclean stop.
    package func quickCheck() throws(CatalogError) {
        let answer = try read("quick_check") {
            try String.fetchOne($0, sql: "PRAGMA quick_check(1)")
        }
        guard answer == "ok" else {
            throw .database(
                operation: "quick_check", message: answer ?? "no answer", isCorruption: true)
        }
    }

    func read<Value>(
        _ operation: String, _ body: (Database) throws -> Value
    ) throws(CatalogError) -> Value {
        try CatalogError.wrap(operation) { try queue.read(body) }
    }

    /// One transaction: all of `body` or nothing.
    func write<Value>(
        _ operation: String, _ body: (Database) throws -> Value
    ) throws(CatalogError) -> Value {
        try CatalogError.wrap(operation) { try queue.write(body) }
    }
}

extension CatalogError {
    static func wrap<Value>(
        _ operation: String, _ body: () throws -> Value
    ) throws(CatalogError) -> Value {
        do {
            return try body()
        } catch let error as CatalogError {
            throw error
        } catch let error as DatabaseError {
            // The second: no room for the index of the write-ahead log.
            let full: [ResultCode] = [.SQLITE_FULL, .SQLITE_IOERR_SHMSIZE]
            guard !full.contains(error.extendedResultCode) else {
                throw .diskFull(operation: operation)
            }
            let codes: [ResultCode] = [.SQLITE_CORRUPT, .SQLITE_NOTADB]
            throw .database(
                operation: operation, message: error.message ?? "\(error.resultCode)",
                isCorruption: codes.contains(error.resultCode))
        } catch {
            throw .database(operation: operation, message: "\(error)", isCorruption: false)
        }
    }
}
