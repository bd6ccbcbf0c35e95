internal import Foundation
internal import GRDB
package import Model

/// What the records of one segment are worth.
package struct SegmentUse: Hashable, Sendable {
    package let number: Int
    /// Bytes of the segment that the index covers.
    package let length: Int
    /// Bytes of the records of fragments that can be read.
    package let liveLength: Int
    /// Bytes of all other records of fragments: given up, corrupt, or copied elsewhere.
    package let deadLength: Int
}

/// What a segment took from the ledgers, before it was forgotten.
package struct SegmentRest: Hashable, Sendable {
    /// Charged to each customer for records that it had given up.
    package let tombstonedLengths: [UserID: Int]
    /// Bytes of records that are elsewhere too.
    package let copiedLength: Int
}

extension FragmentIndex {
    /// All segments, ascending by number.
    package func segmentUses() throws(FragmentIndexError) -> [SegmentUse] {
        try read { database in
            let sql = """
                SELECT segments.number AS number, segments.length AS length,
                    coalesce(sum(CASE WHEN tombstone IS NULL AND corrupt = 0
                        THEN headerLength + fragments.length ELSE 0 END), 0) AS live,
                    coalesce(sum(CASE WHEN tombstone IS NULL AND corrupt = 0
                        THEN 0 ELSE headerLength + fragments.length END), 0) AS dead
                FROM segments LEFT JOIN fragments ON fragments.segment = segments.number
                GROUP BY segments.number ORDER BY segments.number
                """
            return try Row.fetchAll(database, sql: sql).map { row in
                SegmentUse(
                    number: try row.column("number"), length: try row.column("length"),
                    liveLength: try row.column("live"), deadLength: try row.column("dead"))
            }
        }
    }

    /// Whether a record of a segment can be read.
    package func hasLive(inSegment segment: Int) throws(FragmentIndexError) -> Bool {
        try read { database in
            try Bool.fetchOne(
                database,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM fragments
                        WHERE segment = ? AND tombstone IS NULL AND corrupt = 0)
                    """, arguments: [segment]) ?? false
        }
    }

    /// Those of `fragments` that have a record before `sequence` in another segment: what gives
    /// them up must not be lost.
    package func earlier(
        _ fragments: [FragmentID], of owner: UserID, before sequence: UInt64,
        outsideSegment segment: Int
    ) throws(FragmentIndexError) -> [FragmentID] {
        try read { database in
            let statement = try database.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM fragments
                        WHERE owner = ? AND fragment = ? AND sequence < ? AND segment != ?)
                    """)
            return try fragments.filter { fragment in
                try Bool.fetchOne(
                    statement,
                    arguments: [
                        Data(owner), Data(fragment), Int64(bitPattern: sequence), segment,
                    ]) ?? false
            }
        }
    }

    /// Forgets a segment that is gone, and its records.
    package func removeSegment(_ segment: Int) throws(FragmentIndexError) -> SegmentRest {
        let rest = try read { database in
            let owners = try Row.fetchAll(
                database,
                sql: """
                    SELECT owner, sum(headerLength + length) AS length FROM fragments
                    WHERE segment = ? AND tombstone IS NOT NULL AND corrupt = 0
                    GROUP BY owner
                    """, arguments: [segment])
            var lengths: [UserID: Int] = [:]
            for row in owners { lengths[try row.identifier("owner")] = try row.column("length") }
            return SegmentRest(
                tombstonedLengths: lengths,
                copiedLength: try FragmentIndex.copiedLength(in: database, segment: segment))
        }
        try write { database in
            try database.execute(
                sql: "DELETE FROM fragments WHERE segment = ?", arguments: [segment])
            try database.execute(
                sql: "DELETE FROM segments WHERE number = ?", arguments: [segment])
        }
        return rest
    }

    /// Bytes of all records that are elsewhere too.
    package func copiedLength() throws(FragmentIndexError) -> Int {
        try read { try FragmentIndex.copiedLength(in: $0, segment: nil) }
    }

    private static func copiedLength(
        in database: GRDB.Database, segment: Int?
    ) throws -> Int {
        try Int.fetchOne(
            database,
            sql: """
                SELECT coalesce(sum(headerLength + length), 0) FROM fragments
                WHERE corrupt = 2 AND (segment = :segment OR :segment IS NULL)
                """, arguments: ["segment": segment]) ?? 0
    }
}
