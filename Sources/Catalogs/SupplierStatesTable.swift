internal import GRDB
package import Model

/// What this machine has seen of a supplier.
package struct SupplierStateRow: Hashable, Sendable {
    package let supplier: SupplierID
    /// Nanoseconds of silence up to now, as far as somebody was here to notice; 0 when it answered
    /// last time.
    package var silence: UInt64 = 0
    /// The same for silence and want of room together.
    package var idle: UInt64 = 0
    /// The wall clock when it was last asked and when it last answered, nanoseconds since 1970.
    package var asked: Int64 = 0
    package var seen: Int64 = 0
    /// The machine's uptime when it was last asked, and in which of its runs.
    package var uptime: UInt64 = 0
    package var boot: UInt64 = 0
    /// How often it was asked and how often it answered, fading.
    package var looks = 0
    package var answers = 0
    /// When it ends, as it says itself: seconds since 1970.
    package var notice: Int64?
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
    /// The same of a block of the catalog.
    package var catalogRow: Int64?
    package var catalogOffset = 0.0
    package var catalogSilences = 0
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
                    state.idle = UInt64(clamping: row["idle"] as Int64)
                    state.asked = row["asked"]
                    state.seen = row["seen"]
                    state.uptime = UInt64(bitPattern: row["uptime"] as Int64)
                    state.boot = UInt64(bitPattern: row["boot"] as Int64)
                    state.looks = row["looks"]
                    state.answers = row["answers"]
                    state.notice = row["notice"]
                    state.isLeaving = row["leaving"]
                    state.passes = row["passes"]
                    state.failures = row["failures"]
                    state.lossCount = row["losses"]
                    state.lieCount = row["lies"]
                    state.containedRow = row["contained_row"]
                    state.containedOffset = row["contained_offset"]
                    state.containedSilences = row["contained_silences"]
                    state.catalogRow = row["catalog_row"]
                    state.catalogOffset = row["catalog_offset"]
                    state.catalogSilences = row["catalog_silences"]
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
                        contained_row, contained_offset, contained_silences, audited, idle, seen,
                        uptime, boot, looks, answers, notice, catalog_row, catalog_offset,
                        catalog_silences)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            for state in states {
                try statement.execute(arguments: [
                    Data32(state.supplier.bytes).data, Int64(clamping: state.silence),
                    state.asked, state.isLeaving, state.passes, state.failures, state.lossCount,
                    state.lieCount, state.containedRow, state.containedOffset,
                    state.containedSilences, state.audited, Int64(clamping: state.idle),
                    state.seen, Int64(bitPattern: state.uptime), Int64(bitPattern: state.boot),
                    state.looks, state.answers, state.notice, state.catalogRow,
                    state.catalogOffset, state.catalogSilences,
                ])
            }
        }
    }
}

extension Catalog {
    /// Takes over what was noted in settings before all that is known of a supplier had its row:
    /// when each was last of use and how often it answered, and who has said that it leaves.
    ///
    /// ```
    /// attendance, for each: id 32, last useful 8, asked 4, answered 4
    /// notices, for each: id 32, end 8 (times in seconds since 1970)
    /// ```
    static func moveAttendance(_ database: Database) throws {
        func moved(_ name: String) throws -> ByteReader {
            let bytes = try Row.fetchOne(
                database, sql: "DELETE FROM settings WHERE name = ? RETURNING value",
                arguments: [name])?.bytes("value")
            return ByteReader(bytes ?? [], format: name)
        }
        func row(of id: SupplierID) throws -> Data32 {
            let name = Data32(id.bytes)
            try database.execute(
                sql: """
                    INSERT OR IGNORE INTO supplier_states(
                        supplier, silence, asked, leaving, passes, failures, losses, lies,
                        contained_offset, contained_silences, audited)
                    VALUES (?, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)
                    """, arguments: [name.data])
            return name
        }
        // Who was silent was of no use, and who answered at the last look was seen then.
        try database.execute(
            sql: """
                UPDATE supplier_states SET idle = silence,
                    seen = CASE silence WHEN 0 THEN asked ELSE 0 END
                """)
        var attendance = try moved("supplier attendance")
        while let id = try? attendance.identifier(SupplierID.self),
            let useful = try? attendance.integer(Int64.self),
            let asked = try? attendance.integer(UInt32.self),
            let answered = try? attendance.integer(UInt32.self)
        {
            let (seen, isOverflow) = useful.multipliedReportingOverflow(by: 1_000_000_000)
            try database.execute(
                sql: """
                    UPDATE supplier_states SET seen = max(seen, ?), looks = ?, answers = ?
                    WHERE supplier = ?
                    """,
                arguments: [
                    isOverflow ? 0 : seen, Int64(asked), Int64(min(answered, asked)),
                    try row(of: id).data,
                ])
        }
        var notices = try moved("supplier notices")
        while let id = try? notices.identifier(SupplierID.self),
            let end = try? notices.integer(Int64.self)
        {
            try database.execute(
                sql: "UPDATE supplier_states SET notice = ? WHERE supplier = ?",
                arguments: [end, try row(of: id).data])
        }
    }
}
