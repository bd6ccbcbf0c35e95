internal import Foundation
internal import GRDB
package import Model

extension FragmentIndex {
    /// The newest record of each fragment, one that can be read before all others, in the order
    /// asked; `nil` where there is none.
    package func newest(
        _ fragments: [FragmentID], of owner: UserID
    ) throws(FragmentIndexError) -> [FragmentIndexRow?] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT * FROM fragments WHERE owner = ? AND fragment = ?
                    ORDER BY tombstone IS NULL AND corrupt = 0 DESC, sequence DESC LIMIT 1
                    """)
            let ownerData = Data(owner)
            return try fragments.map { fragment in
                let row = try Row.fetchOne(statement, arguments: [ownerData, Data(fragment)])
                return try row.map(FragmentIndexRow.init)
            }
        }
    }

    /// Live records of a customer, ascending by fragment id, after `after`.
    package func live(
        of owner: UserID, after: FragmentID?, limit: Int
    ) throws(FragmentIndexError) -> [FragmentIndexRow] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT * FROM fragments WHERE owner = ? AND fragment > ?
                        AND tombstone IS NULL AND corrupt = 0
                    ORDER BY fragment LIMIT ?
                    """)
            // Nothing sorts before the empty blob.
            let start = after.map { Data($0) } ?? Data()
            return try Row.fetchAll(statement, arguments: [Data(owner), start, limit])
                .map(FragmentIndexRow.init)
        }
    }

    /// Records in the order of their places, those of tombstoned and corrupt fragments too.
    package func records(
        inSegment segment: Int, from offset: Int, limit: Int
    ) throws(FragmentIndexError) -> [FragmentIndexRow] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT * FROM fragments WHERE segment = ? AND offset >= ?
                    ORDER BY offset LIMIT ?
                    """)
            return try Row.fetchAll(statement, arguments: [segment, offset, limit])
                .map(FragmentIndexRow.init)
        }
    }

    /// Segments, ascending by number.
    package func segments() throws(FragmentIndexError) -> [SegmentIndexRow] {
        try read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM segments ORDER BY number").map {
                SegmentIndexRow(
                    number: try $0.column("number"), length: try $0.column("length"),
                    lastSequence: UInt64(bitPattern: try $0.column("lastSequence")))
            }
        }
    }

    /// What each customer's records take.
    package func usage() throws(FragmentIndexError) -> [UserID: OwnerUsage] {
        try read { database in
            let sql = """
                SELECT owner, tombstone IS NOT NULL AS gone, count(*) AS count,
                    sum(headerLength + length) AS length
                FROM fragments WHERE corrupt = 0 GROUP BY owner, gone
                """
            var usage: [UserID: OwnerUsage] = [:]
            for row in try Row.fetchAll(database, sql: sql) {
                let owner: UserID = try row.identifier("owner")
                let length: Int = try row.column("length")
                if try row.column("gone") == 1 {
                    usage[owner, default: .zero].tombstonedLength = length
                } else {
                    usage[owner, default: .zero].liveLength = length
                    usage[owner, default: .zero].liveCount = try row.column("count")
                }
            }
            return usage
        }
    }
}

extension FragmentIndexRow {
    fileprivate init(_ row: Row) throws {
        let tombstone: Int64? = try row.optionalColumn("tombstone")
        let corrupt: Int = try row.column("corrupt")
        self.init(
            owner: try row.identifier("owner"), fragment: try row.identifier("fragment"),
            segment: try row.column("segment"), offset: try row.column("offset"),
            headerLength: try row.column("headerLength"), length: try row.column("length"),
            sequence: UInt64(bitPattern: try row.column("sequence")),
            state: tombstone.map { .tombstoned(sequence: UInt64(bitPattern: $0)) }
                ?? (corrupt == 0 ? .live : corrupt == 2 ? .copied : .corrupt))
    }
}

extension Row {
    /// A column that must hold a `Value`: a damaged file may hold anything.
    func column<Value: DatabaseValueConvertible>(_ name: String) throws -> Value {
        let found: DatabaseValue = self[name]
        guard let value = Value.fromDatabaseValue(found) else {
            throw FragmentIndexError.damaged(code: 0)
        }
        return value
    }

    fileprivate func optionalColumn<Value: DatabaseValueConvertible>(
        _ name: String
    ) throws -> Value? {
        let value: DatabaseValue = self[name]
        return value.isNull ? nil : try column(name)
    }

    func identifier<Noun>(_ name: String) throws -> Identifier<Noun> {
        let data: Data = try column(name)
        guard let bytes = Bytes32(data) else { throw FragmentIndexError.damaged(code: 0) }
        return Identifier(bytes)
    }
}
