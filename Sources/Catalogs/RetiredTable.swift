internal import GRDB
package import Model

/// A fragment that is given up as soon as a head no longer names it.
package struct RetiredFragment: Hashable, Sendable {
    package let supplier: SupplierID
    package let fragment: FragmentID

    package init(supplier: SupplierID, fragment: FragmentID) {
        self.supplier = supplier
        self.fragment = fragment
    }
}

extension Catalog {
    /// Replaces the fragments of a block by those of another coding, durable on return. The old
    /// ones are retired: they stay on their suppliers until a head names the new ones.
    ///
    /// Does nothing when the row has changed since `old` was read.
    package func replace(
        _ old: BlockDescriptor, by new: BlockDescriptor, receipts: [Bool], row: Int64
    ) throws(CatalogError) {
        precondition(old.block == new.block && receipts.count == new.places.count)
        try write("replace block") { database in
            let found = try Row.fetchOne(
                database, sql: "SELECT id, descriptor, frames, receipts FROM blocks WHERE id = ?",
                arguments: [row]
            ).map(Catalog.blockRow)
            guard found?.descriptor == old else { return }
            let statement = try database.cachedStatement(
                sql: "INSERT OR IGNORE INTO retired(supplier, fragment) VALUES (?, ?)")
            // The same bytes may be a fragment of both codings: those of `1+1` are in `1+2`.
            for place in old.places where !new.places.contains(place) {
                try statement.execute(arguments: [
                    Data32(place.supplier.bytes).data, Data32(place.fragment.bytes).data,
                ])
            }
            for spare in try Row.fetchAll(
                database, sql: "SELECT position, supplier FROM spares WHERE block = ?",
                arguments: [row])
            {
                let position: Int = spare["position"]
                guard old.places.indices.contains(position),
                    !new.places.contains(where: { $0.fragment == old.places[position].fragment })
                else { continue }
                try statement.execute(arguments: [
                    try spare.bytes("supplier").asData,
                    Data32(old.places[position].fragment.bytes).data,
                ])
            }
            try database.execute(sql: "DELETE FROM spares WHERE block = ?", arguments: [row])
            var encoded = ByteWriter(reserving: 512)
            new.encode(into: &encoded)
            try database.execute(
                sql: """
                    UPDATE blocks SET descriptor = ?, receipts = ?,
                        published = CASE WHEN kind = ? THEN published ELSE 0 END
                    WHERE id = ?
                    """,
                arguments: [
                    encoded.bytes.asData, receipts.map { $0 ? 1 : 0 }.asData,
                    Int(BlockKind.catalog.rawValue), row,
                ])
            try Catalog.noteShape(row: row, database)
        }
    }

    /// Fragments of a supplier that no head names any more, some at a time.
    ///
    /// - Precondition: the newest head was published after they were retired.
    package func retired(
        on supplier: SupplierID, limit: Int
    ) throws(CatalogError) -> [RetiredFragment] {
        try read("read retired fragments") { database in
            try Row.fetchAll(
                database, sql: "SELECT fragment FROM retired WHERE supplier = ? LIMIT ?",
                arguments: [Data32(supplier.bytes).data, limit]
            ).compactMap { row in
                Bytes32(try row.bytes("fragment")).map {
                    RetiredFragment(supplier: supplier, fragment: FragmentID($0))
                }
            }
        }
    }

    package func retiredCount() throws(CatalogError) -> Int {
        try read("count retired fragments") {
            try Int.fetchOne($0, sql: "SELECT COUNT(*) FROM retired") ?? 0
        }
    }

    /// Forgets fragments that were given up.
    package func forget(_ retired: [RetiredFragment]) throws(CatalogError) {
        try write("forget retired fragments") { database in
            let statement = try database.cachedStatement(
                sql: "DELETE FROM retired WHERE supplier = ? AND fragment = ?")
            for fragment in retired {
                try statement.execute(arguments: [
                    Data32(fragment.supplier.bytes).data, Data32(fragment.fragment.bytes).data,
                ])
            }
        }
    }
}
