internal import GRDB
package import Model

extension Catalog {
    package func setting(_ name: String) throws(CatalogError) -> [UInt8]? {
        try read("read setting") { database in
            try Catalog.setting(name, in: database)
        }
    }

    package func set(_ name: String, to value: [UInt8]) throws(CatalogError) {
        try write("write setting") { try Catalog.set(name, to: value, in: $0) }
    }

    static func set(_ name: String, to value: [UInt8], in database: Database) throws {
        try database.execute(
            sql: "INSERT OR REPLACE INTO settings(name, value) VALUES (?, ?)",
            arguments: [name, value.asData])
    }

    private static func setting(_ name: String, in database: Database) throws -> [UInt8]? {
        try Row.fetchOne(
            database, sql: "SELECT value FROM settings WHERE name = ?", arguments: [name]
        )?.bytes("value")
    }

    // MARK: Notes, which are settings that travel

    /// Notes of the owner; those that a head has not named yet, or all.
    package func notes(unpublishedOnly: Bool) throws(CatalogError) -> [OwnerNote] {
        try read("read notes") { database in
            try OwnerNote.names.compactMap { name in
                guard let value = try Catalog.setting(name, in: database) else { return nil }
                let published = try Catalog.setting(Catalog.publishedName(name), in: database)
                return unpublishedOnly && published == value ? nil : try OwnerNote(name, value)
            }
        }
    }

    /// - Parameter note: what a head names from now on.
    static func published(_ note: OwnerNote, in database: Database) throws {
        try set(publishedName(note.name), to: note.value, in: database)
    }

    /// A note that a head has brought counts, unless this machine has changed its own meanwhile.
    static func adopt(_ note: OwnerNote, in database: Database) throws {
        guard OwnerNote.names.contains(note.name) else { return }
        let own = try setting(note.name, in: database)
        if try own == nil || own == setting(publishedName(note.name), in: database) {
            try set(note.name, to: note.value, in: database)
        }
        try published(note, in: database)
    }

    private static func publishedName(_ name: String) -> String { "published \(name)" }
}
