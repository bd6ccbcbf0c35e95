internal import Catalogs
internal import Model
internal import Placement
internal import Suppliers
internal import Synchronization

/// A look at all suppliers: who answers, for how long others have been away, who leaves, and what
/// audits have shown of each. The one place where absence is noted.
///
/// Absence is counted as ``Absence`` says.
struct SupplierWatch {
    struct Entry {
        let supplier: OpenSupplier
        var state: SupplierStateRow
        var usage: CustomerUsage?
        /// Nanoseconds that its usage took.
        var latency: UInt64 = .max
        /// Of all its customers; `nil` while it is away.
        var storeUsage: StoreUsage?

        var capacityLeft: Int { storeUsage.map { max(0, $0.capacity - $0.used) } ?? 0 }
        var answers: Bool { usage != nil }
        var isLeaving: Bool { state.isLeaving || state.notice != nil }
        var standing: SupplierStanding {
            SupplierStanding(
                record: supplier.record,
                failure: answers
                    ? nil : supplier.failure.map(reasonText) ?? "it does not answer",
                away: state.absence.away, isFired: state.isLeaving, leaves: state.notice,
                isTrusted: state.score.isTrusted)
        }
        var condition: SupplierState {
            SupplierState(
                standing: standing, usedByteCount: UInt64(storeUsage?.used ?? 0),
                fragmentCount: UInt64(storeUsage?.fragmentCount ?? 0))
        }
    }

    private struct Answer {
        let standing: StoreStanding
        /// Nanoseconds.
        let latency: UInt64
    }

    private(set) var entries: [Entry]

    /// Those that are to hold nothing any more, by our wish or theirs.
    var leaving: Set<SupplierID> {
        Set(entries.filter(\.isLeaving).map(\.supplier.record.id))
    }

    /// Asks every supplier for its usage and whether it leaves, and notes what they say.
    init(_ customer: Customer) throws {
        let time = customer.adapters.time
        let now = Absence.Moment(time)
        let states = try customer.catalog.supplierStates()
        let open = customer.suppliers.withLock { $0 }
        let user = customer.owner.user
        // All at once: one that hangs keeps the others waiting once, not each in turn.
        let answers = inParallel(open) { SupplierWatch.ask($0, user, time) }
        entries = zip(open, answers).map { supplier, answer in
            var state =
                states.first { $0.supplier == supplier.record.id }
                ?? SupplierStateRow(supplier.record.id)
            let own = answer?.standing.customer
            state.absence.note(
                answers: own != nil,
                isUseful: own.map { $0.available >= Limits.networkQuotaMin } ?? false, at: now)
            // Who does not answer has said what it said last.
            if let answer { state.notice = answer.standing.end }
            return Entry(
                supplier: supplier, state: state, usage: own,
                latency: answer?.latency ?? .max, storeUsage: answer?.standing.store)
        }
        try customer.catalog.record(entries.map(\.state))
    }

    private static func ask(
        _ supplier: OpenSupplier, _ user: UserID, _ time: any TimeSource
    ) -> Answer? {
        let start = time.uptime
        guard let standing = try? supplier.store?.standing(of: user) else { return nil }
        return Answer(standing: standing, latency: time.uptime - start)
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

    var absence: Absence {
        get {
            var absence = Absence()
            (absence.silence, absence.idle, absence.seen) = (silence, idle, seen)
            (absence.lookCount, absence.answerCount) = (looks, answers)
            if asked != 0 {
                absence.lastLook = Absence.Moment(wall: asked, uptime: uptime, boot: boot)
            }
            return absence
        }
        set {
            (silence, idle, seen) = (newValue.silence, newValue.idle, newValue.seen)
            (looks, answers) = (newValue.lookCount, newValue.answerCount)
            asked = newValue.lastLook?.wall ?? 0
            uptime = newValue.lastLook?.uptime ?? 0
            boot = newValue.lastLook?.boot ?? 0
        }
    }

    /// The challenge of a catalog block that waits for its answer; its fragment is the row.
    var containedOfCatalog: AuditSchedule.Challenge? {
        get {
            catalogRow.map {
                AuditSchedule.Challenge(
                    fragment: Int($0), offset: catalogOffset, silences: catalogSilences)
            }
        }
        set {
            catalogRow = newValue.map { Int64($0.fragment) }
            catalogOffset = newValue?.offset ?? 0
            catalogSilences = newValue?.silences ?? 0
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
