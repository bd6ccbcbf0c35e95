internal import Model
internal import Synchronization

/// Bounds of what is waited before a spare is asked for, in nanoseconds.
package struct HedgeDelays: Sendable {
    /// While nothing is known of a supplier.
    package var unknown = Limits.hedgeDelayDefault
    package var min = Limits.hedgeDelayMin
    package var max = Limits.hedgeDelayMax

    package init() {}
}

/// How long suppliers take to answer: by it the next one is judged late, or asked last.
///
/// Thread rules: any thread.
final class AnswerTimes: Sendable {
    private struct Record {
        /// The last ones, oldest overwritten first.
        var times: [UInt64] = []
        var next = 0

        mutating func add(_ time: UInt64) {
            if times.count < Limits.answerTimesKept {
                times.append(time)
            } else {
                times[next] = time
                next = (next + 1) % times.count
            }
        }

        func quantile(_ part: Double) -> UInt64? {
            guard !times.isEmpty else { return nil }
            return times.sorted()[min(times.count - 1, Int(Double(times.count) * part))]
        }
    }

    private let delays: HedgeDelays
    private let records = Mutex<[SupplierID: Record]>([:])

    init(_ delays: HedgeDelays = HedgeDelays()) {
        self.delays = delays
    }

    /// Notes a whole answer; for one that was given up, how long it had been waited for.
    func note(_ supplier: SupplierID, nanoseconds: UInt64) {
        records.withLock { $0[supplier, default: Record()].add(nanoseconds) }
    }

    /// When an answer is late: what 95 of 100 have taken, and half as much again.
    func patience(_ supplier: SupplierID) -> UInt64 {
        guard let usual = records.withLock({ $0[supplier]?.quantile(0.95) }) else {
            return delays.unknown
        }
        return min(delays.max, max(delays.min, usual + usual / 2))
    }

    /// Those that usually take several times as long as half of the others: better asked last.
    func slow(among suppliers: [SupplierID]) -> Set<SupplierID> {
        let usual = records.withLock { records in
            suppliers.map { ($0, records[$0]?.quantile(0.5) ?? 0) }
        }
        let sorted = usual.map(\.1).sorted()
        guard !sorted.isEmpty else { return [] }
        let limit = 3 * sorted[(sorted.count - 1) / 2] + delays.min
        return Set(usual.filter { $0.1 > limit }.map(\.0))
    }
}
