internal import Catalogs
internal import Model
internal import Placement
internal import Suppliers
internal import Synchronization

/// Who answers, for how long others have been silent, and what audits have shown of each.
///
/// Silence is counted from one look to the next, at most half a day at a time: a machine that was
/// off for a month, or a clock that jumps by a year, says nothing about the suppliers.
struct SupplierWatch {
    struct Entry {
        let supplier: OpenSupplier
        var state: SupplierStateRow
        var answers: Bool
        var usage: CustomerUsage?
        /// When it ends, as it says: seconds since 1970.
        var leavingUntil: Int64?
        /// Bytes that the store has left for all its customers.
        var capacityLeft = Int.max

        var isLeaving: Bool { state.isLeaving || leavingUntil != nil }
    }

    private(set) var entries: [Entry]

    /// Those that are to hold nothing any more, by our wish or theirs.
    var leaving: Set<SupplierID> {
        Set(entries.filter(\.isLeaving).map(\.supplier.record.id))
    }

    /// Asks every supplier for its usage.
    ///
    /// - Parameter notes: writes what is seen to the catalog.
    init(_ customer: Customer, notes: Bool) throws {
        let now = customer.adapters.time.now.nanoseconds
        let states = try customer.catalog.supplierStates()
        let open = customer.suppliers.withLock { $0 }
        let notices = try customer.noteNotices()
        let user = customer.owner.user
        // All at once: one that hangs keeps the others waiting once, not each in turn.
        let usages = inParallel(open) { supplier -> (all: StoreUsage?, own: CustomerUsage?) in
            let all = try? supplier.store?.usage()
            return (all, all == nil ? nil : try? supplier.store?.usage(of: user))
        }
        entries = zip(open, usages).map { supplier, usage in
            let (all, own) = usage
            var state =
                states.first { $0.supplier == supplier.record.id }
                ?? SupplierStateRow(supplier.record.id)
            let answers = own != nil
            let step = state.asked > 0 && now > state.asked ? UInt64(now - state.asked) : 0
            // A silence has begun somewhere between the look before and this one.
            state.silence =
                answers ? 0 : state.silence &+ max(1, min(step, Limits.silenceStepMax))
            state.asked = now
            return Entry(
                supplier: supplier, state: state, answers: answers, usage: own,
                leavingUntil: notices[supplier.record.id],
                capacityLeft: all.map { max(0, $0.capacity - $0.used) } ?? 0)
        }
        if notes { try customer.catalog.record(entries.map(\.state)) }
    }

    func views(without failed: Set<SupplierID>, byteBudget: Int) -> [SupplierView] {
        entries.map { entry in
            let id = entry.supplier.record.id
            let answers = entry.answers && !failed.contains(id)
            // A record is longer than its fragment by its header.
            let free = min(entry.usage?.available ?? 0, entry.capacityLeft)
            var view = SupplierView(
                id: id, presence: answers ? .answers : .silent(entry.state.silence),
                isLeaving: entry.isLeaving, freeByteCount: max(0, free - free / 64),
                byteBudget: byteBudget)
            view.isDistrusted = !entry.state.score.isTrusted
            return view
        }
    }

    mutating func set(_ state: SupplierStateRow) {
        guard
            let index = entries.firstIndex(where: { $0.supplier.record.id == state.supplier })
        else { return }
        entries[index].state = state
    }
}

extension SupplierStateRow {
    var score: SupplierScore {
        get {
            SupplierScore(
                passes: passes, failures: failures, lossCount: lossCount, lieCount: lieCount)
        }
        set {
            passes = newValue.passes
            failures = newValue.failures
            lossCount = newValue.lossCount
            lieCount = newValue.lieCount
        }
    }

    var contained: AuditSchedule.Challenge? {
        get {
            containedRow.map {
                AuditSchedule.Challenge(
                    fragment: Int($0), offset: containedOffset, silences: containedSilences)
            }
        }
        set {
            containedRow = newValue.map { Int64($0.fragment) }
            containedOffset = newValue?.offset ?? 0
            containedSilences = newValue?.silences ?? 0
        }
    }
}
