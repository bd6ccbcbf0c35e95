internal import GRDB
package import Model

extension Catalog {
    /// The family of this customer, in the order in which they joined.
    package func suppliers() throws(CatalogError) -> [SupplierRecord] {
        try read("read suppliers") { database in
            try Row.fetchAll(database, sql: "SELECT supplier, address FROM suppliers ORDER BY id")
                .compactMap { row in
                    guard let id = Bytes32(try row.bytes("supplier")) else { return nil }
                    return SupplierRecord(id: SupplierID(id), address: row["address"])
                }
        }
    }

    /// Adds a supplier, or notes its new address.
    package func record(_ supplier: SupplierRecord) throws(CatalogError) {
        try write("record supplier") { try Catalog.insert(supplier, into: $0) }
    }

    static func insert(_ supplier: SupplierRecord, into database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO suppliers(supplier, address) VALUES (?, ?)
                ON CONFLICT(supplier) DO UPDATE SET address = excluded.address
                """, arguments: [Data32(supplier.id.bytes).data, supplier.address])
    }

    /// Adds a supplier that another machine knew; where we know it, our address is the right one.
    static func insertIfNew(_ supplier: SupplierRecord, into database: Database) throws {
        try database.execute(
            sql: "INSERT OR IGNORE INTO suppliers(supplier, address) VALUES (?, ?)",
            arguments: [Data32(supplier.id.bytes).data, supplier.address])
    }
}
