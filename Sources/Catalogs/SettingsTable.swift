internal import GRDB
internal import Model

extension Catalog {
    package func setting(_ name: String) throws(CatalogError) -> [UInt8]? {
        try read("read setting") { database in
            try Row.fetchOne(
                database, sql: "SELECT value FROM settings WHERE name = ?", arguments: [name]
            )?.bytes("value")
        }
    }

    package func set(_ name: String, to value: [UInt8]) throws(CatalogError) {
        try write("write setting") { database in
            try database.execute(
                sql: "INSERT OR REPLACE INTO settings(name, value) VALUES (?, ?)",
                arguments: [name, value.asData])
        }
    }
}
