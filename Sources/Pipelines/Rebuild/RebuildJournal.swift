internal import Catalogs
internal import Model

/// What rounds of rebuilding have found and done, one entry for each day, the newest last.
///
/// ```
/// for each day: day 8 (since 1970), last round 8 (nanoseconds since 1970), rounds 4,
///     fragments stored, doubtful, lost, misplaced after the last round 4 each,
///     found lost 4, rebuilt 4, bytes sent 8
/// ```
package struct RebuildJournal: Hashable, Sendable, NotedValue {
    package struct Day: Hashable, Sendable {
        /// Days since 1970.
        package let day: Int64
        /// Nanoseconds since 1970.
        package var lastRound: Int64
        package var roundCount: UInt32 = 0
        package var stored: UInt32 = 0
        package var doubtful: UInt32 = 0
        package var lost: UInt32 = 0
        package var misplaced: UInt32 = 0
        package var foundLost: UInt32 = 0
        package var rebuilt: UInt32 = 0
        package var bytesSent: UInt64 = 0
    }

    /// Ascending.
    package private(set) var days: [Day] = []

    static let name = "rebuild journal"

    package init() {}

    init(from reader: inout ByteReader) throws(FormatError) {
        while reader.remainingByteCount > 0 {
            var day = Day(day: try reader.integer(), lastRound: try reader.integer())
            day.roundCount = try reader.integer()
            day.stored = try reader.integer()
            day.doubtful = try reader.integer()
            day.lost = try reader.integer()
            day.misplaced = try reader.integer()
            day.foundLost = try reader.integer()
            day.rebuilt = try reader.integer()
            day.bytesSent = try reader.integer()
            days.append(day)
        }
    }

    func write(to writer: inout ByteWriter) {
        for day in days {
            writer.integer(day.day)
            writer.integer(day.lastRound)
            for count in [
                day.roundCount, day.stored, day.doubtful, day.lost, day.misplaced, day.foundLost,
                day.rebuilt,
            ] { writer.integer(count) }
            writer.integer(day.bytesSent)
        }
    }

    /// Takes in a round that has just ended. A clock that was put back writes into the last day.
    mutating func note(_ report: RebuildReport, at now: Timestamp) {
        let number = now.nanoseconds / 86_400_000_000_000
        if (days.last?.day ?? .min) < number {
            days.append(Day(day: number, lastRound: now.nanoseconds))
            days = days.suffix(Limits.rebuildJournalDayMax)
        }
        let last = days.count - 1
        func add(_ count: inout UInt32, _ more: Int) { count &+= UInt32(clamping: more) }
        let groups = report.health.groups
        days[last].lastRound = now.nanoseconds
        days[last].roundCount &+= 1
        days[last].stored = UInt32(clamping: groups.reduce(0) { $0 + $1.stored })
        days[last].doubtful = UInt32(clamping: groups.reduce(0) { $0 + $1.doubtful })
        days[last].lost = UInt32(clamping: groups.reduce(0) { $0 + $1.lost })
        days[last].misplaced = UInt32(clamping: groups.reduce(0) { $0 + $1.misplaced })
        add(&days[last].foundLost, report.fragmentsFoundLost)
        add(&days[last].rebuilt, report.fragmentsStored)
        days[last].bytesSent &+= report.bytesStored
    }
}

extension Customer {
    /// What rounds of rebuilding have found and done.
    package func rebuildJournal() throws -> RebuildJournal {
        try catalog.noted()
    }

    func note(_ report: RebuildReport) throws {
        var journal = try rebuildJournal()
        journal.note(report, at: adapters.time.now)
        try catalog.note(journal)
    }
}
