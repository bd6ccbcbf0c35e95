internal import Catalogs
package import Model

/// How long repairs have taken: from the last look that found everything whole to the first that
/// found it whole again, grace, hours of a machine that was off, and all.
///
/// That is longer than a repair really took by at most the time between two looks, so that what is
/// worked out from it promises nothing. A loss that healed by itself, since its supplier came back
/// in time, is no repair.
///
/// ```
/// last whole 8, fragments stored since 8, for each repair: end 8, nanoseconds 8, fragments 8
/// (times in nanoseconds since 1970)
/// ```
package struct RepairHistory: Hashable, Sendable, NotedValue {
    package struct Repair: Hashable, Sendable {
        package let end: Int64
        package let nanoseconds: UInt64
        package let fragmentCount: UInt64
    }

    /// 0 before everything was whole for the first time.
    private var lastWhole: Int64 = 0
    private var fragmentsSince: UInt64 = 0
    /// The newest last.
    package private(set) var repairs: [Repair] = []

    static let name = "repair history"

    package init() {}

    /// Takes in a look that has just ended. A clock that was put back measures nothing.
    package mutating func note(isWhole: Bool, fragmentsStored: Int, at now: Timestamp) {
        fragmentsSince &+= UInt64(clamping: fragmentsStored)
        guard isWhole else { return }
        let (taken, isOverflow) = now.nanoseconds.subtractingReportingOverflow(lastWhole)
        if lastWhole > 0, fragmentsSince > 0, taken > 0, !isOverflow {
            repairs.append(
                Repair(
                    end: now.nanoseconds, nanoseconds: UInt64(taken),
                    fragmentCount: fragmentsSince))
            repairs = repairs.suffix(Limits.repairHistoryCountMax)
        }
        lastWhole = now.nanoseconds
        fragmentsSince = 0
    }

    init(from reader: inout ByteReader) throws(FormatError) {
        lastWhole = try reader.integer()
        fragmentsSince = try reader.integer()
        while reader.remainingByteCount > 0 {
            repairs.append(
                Repair(
                    end: try reader.integer(), nanoseconds: try reader.integer(),
                    fragmentCount: try reader.integer()))
        }
    }

    func write(to writer: inout ByteWriter) {
        writer.integer(lastWhole)
        writer.integer(fragmentsSince)
        for repair in repairs {
            writer.integer(repair.end)
            writer.integer(repair.nanoseconds)
            writer.integer(repair.fragmentCount)
        }
    }

    /// The mean of all that are remembered, in days; `nil` when there was none.
    package var meanDays: Double? {
        guard !repairs.isEmpty else { return nil }
        let sum = repairs.reduce(0.0) { $0 + Double($1.nanoseconds) / 86_400_000_000_000 }
        return sum / Double(repairs.count)
    }
}

extension Customer {
    /// How long it took until everything was whole again, each time that something was lost.
    package func repairHistory() throws -> RepairHistory {
        try catalog.noted()
    }

    func noteRepair(_ report: RebuildReport) throws {
        guard !report.health.isNothingStored else { return }
        var history = try repairHistory()
        history.note(
            isWhole: report.health.status == .done,
            fragmentsStored: report.fragmentsStored + report.fragmentsAdopted,
            at: adapters.time.now)
        try catalog.note(history)
    }
}
