internal import GRDB
package import Model

/// What this machine has seen of a supplier.
package struct SupplierStateRow: Hashable, Sendable {
    package let supplier: SupplierID
    /// Nanoseconds of silence up to now, as far as somebody was here to notice; 0 when it answered
    /// last time.
    package var silence: UInt64 = 0
    /// The wall clock when it was last asked, nanoseconds since 1970.
    package var asked: Int64 = 0
    /// It is to hold nothing any more.
    package var isLeaving = false
    /// Audits that were passed and not, fading; what proved a loss, and how often it lied.
    package var passes = 1.0
    package var failures = 0.0
    package var lossCount = 0
    package var lieCount = 0
    /// The challenge that waits for its answer: row of its block, place in it, and how often.
    package var containedRow: Int64?
    package var containedOffset = 0.0
    package var containedSilences = 0
    /// The wall clock of the last audit, nanoseconds since 1970.
    package var audited: Int64 = 0

    package init(_ supplier: SupplierID) {
        self.supplier = supplier
    }
}

extension Catalog {
    package func supplierStates() throws(CatalogError) -> [SupplierStateRow] {
        try read("read supplier states") { database in
            try Row.fetchAll(database, sql: "SELECT * FROM supplier_states ORDER BY supplier")
                .compactMap { row in
                    guard let id = Bytes32(try row.bytes("supplier")) else { return nil }
                    var state = SupplierStateRow(SupplierID(id))
                    state.silence = UInt64(clamping: row["silence"] as Int64)
                    state.asked = row["asked"]
                    state.isLeaving = row["leaving"]
                    state.passes = row["passes"]
                    state.failures = row["failures"]
                    state.lossCount = row["losses"]
                    state.lieCount = row["lies"]
                    state.containedRow = row["contained_row"]
                    state.containedOffset = row["contained_offset"]
                    state.containedSilences = row["contained_silences"]
                    state.audited = row["audited"]
                    return state
                }
        }
    }

    package func record(_ states: [SupplierStateRow]) throws(CatalogError) {
        try write("record supplier states") { database in
            let statement = try database.cachedStatement(
                sql: """
                    INSERT OR REPLACE INTO supplier_states(
                        supplier, silence, asked, leaving, passes, failures, losses, lies,
                        contained_row, contained_offset, contained_silences, audited)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for state in states {
                try statement.execute(arguments: [
                    Data32(state.supplier.bytes).data, Int64(clamping: state.silence),
                    state.asked, state.isLeaving, state.passes, state.failures, state.lossCount,
                    state.lieCount, state.containedRow, state.containedOffset,
                    state.containedSilences, state.audited,
                ])
            }
        }
    }
}
