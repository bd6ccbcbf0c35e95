internal import GRDB
package import Model

/// A copy of a fragment beside its place: left behind when it was moved.
package struct SpareRow: Hashable, Sendable {
    package let blockRow: Int64
    package let position: Int
    package let supplier: SupplierID

    package init(blockRow: Int64, position: Int, supplier: SupplierID) {
        self.blockRow = blockRow
        self.position = position
        self.supplier = supplier
    }
}

extension Catalog {
    /// Spares of the blocks in a range of rows, by row.
    package func spares(
        rows: ClosedRange<Int64>
    ) throws(CatalogError) -> [Int64: [SpareRow]] {
        try read("read spares") { try Catalog.spares(rows: rows, $0) }
    }

    static func spares(
        rows: ClosedRange<Int64>, _ database: Database
    ) throws -> [Int64: [SpareRow]] {
        var found: [Int64: [SpareRow]] = [:]
        let statement = try database.cachedStatement(
            sql: """
                SELECT block, position, supplier FROM spares
                WHERE block BETWEEN ? AND ? ORDER BY block, position, supplier
                """)
        for row in try Row.fetchAll(statement, arguments: [rows.lowerBound, rows.upperBound]) {
            guard let supplier = Bytes32(try row.bytes("supplier")) else { continue }
            let spare = SpareRow(
                blockRow: row["block"], position: row["position"], supplier: SupplierID(supplier))
            found[spare.blockRow, default: []].append(spare)
        }
        return found
    }

    /// Notes that a fragment is on a supplier, which is its place from now on, durable on return.
    ///
    /// The place before becomes a spare when it had a receipt; the next head names the block anew.
    ///
    /// - Parameter releases: position of the spare that the supplier gave up.
    package func move(
        row: Int64, position: Int, to supplier: SupplierID, releases: Int?
    ) throws(CatalogError) {
        try write("record rebuilt fragment") { database in
            guard
                let found = try Row.fetchOne(
                    database,
                    sql: "SELECT id, descriptor, frames, receipts FROM blocks WHERE id = ?",
                    arguments: [row]
                ).map(Catalog.blockRow), found.receipts.indices.contains(position)
            else { return }
            let old = found.descriptor.places[position]
            if found.receipts[position], old.supplier != supplier {
                try Catalog.insertSpare(row, position, old.supplier, into: database)
            }
            for gone in [position, releases].compactMap({ $0 }) {
                try database.execute(
                    sql: "DELETE FROM spares WHERE block = ? AND position = ? AND supplier = ?",
                    arguments: [row, gone, Data32(supplier.bytes).data])
            }
            try database.execute(
                sql: "DELETE FROM retired WHERE supplier = ? AND fragment = ?",
                arguments: [Data32(supplier.bytes).data, Data32(old.fragment.bytes).data])
            var receipts = found.receipts
            receipts[position] = true
            var encoded = ByteWriter(reserving: 512)
            found.descriptor.moving(position, to: supplier).encode(into: &encoded)
            // A catalog block's places are in the head itself: it has no page that names it.
            try database.execute(
                sql: """
                    UPDATE blocks SET descriptor = ?, receipts = ?,
                        published = CASE WHEN kind = ? OR ? THEN published ELSE 0 END
                    WHERE id = ?
                    """,
                arguments: [
                    encoded.bytes.asData, receipts.map { $0 ? 1 : 0 }.asData,
                    Int(BlockKind.catalog.rawValue), old.supplier == supplier, row,
                ])
            try Catalog.noteShape(row: row, database)
        }
    }

    /// Notes that a supplier has a fragment no more, whether as its place or as a spare.
    package func lose(
        row: Int64, position: Int, on supplier: SupplierID
    ) throws(CatalogError) {
        try write("record lost fragment") { database in
            try database.execute(
                sql: "DELETE FROM spares WHERE block = ? AND position = ? AND supplier = ?",
                arguments: [row, position, Data32(supplier.bytes).data])
            if let found = try Row.fetchOne(
                database,
                sql: "SELECT id, descriptor, frames, receipts FROM blocks WHERE id = ?",
                arguments: [row]
            ).map(Catalog.blockRow), found.receipts.indices.contains(position),
                found.descriptor.places[position].supplier == supplier
            {
                var receipts = found.receipts
                receipts[position] = false
                try database.execute(
                    sql: "UPDATE blocks SET receipts = ? WHERE id = ?",
                    arguments: [receipts.map { $0 ? 1 : 0 }.asData, row])
            }
            try Catalog.noteShape(row: row, database)
        }
    }

    private static func insertSpare(
        _ row: Int64, _ position: Int, _ supplier: SupplierID, into database: Database
    ) throws {
        try database.execute(
            sql: "INSERT OR IGNORE INTO spares(block, position, supplier) VALUES (?, ?, ?)",
            arguments: [row, position, Data32(supplier.bytes).data])
    }
}

extension BlockDescriptor {
    /// The same block with one fragment on another supplier.
    package func moving(_ position: Int, to supplier: SupplierID) -> BlockDescriptor {
        var places = places
        places[position] = FragmentPlace(
            supplier: supplier, fragment: places[position].fragment)
        return BlockDescriptor(
            block: block, kind: kind, scheme: scheme, length: length, places: places)
    }
}
