internal import Catalogs
internal import Model
internal import Placement
internal import Rebuilding
internal import Suppliers

/// Has each supplier that answers prove parts of what it should have: as many as the time since the
/// last round gives. All of them at the same time: who hangs holds up no other.
struct AuditRound {
    struct Result {
        var passed = 0
        var failed = 0
        var unanswered = 0
    }

    let customer: Customer
    let bytesPerDay: Int
    let cancellation: Cancellation

    private static let day: UInt64 = 86_400_000_000_000

    func perform(_ watch: inout SupplierWatch) throws -> Result {
        let catalogRows = try customer.catalog.blockRows(kind: .catalog)
        let lastRow = try customer.catalog.lastBlockRow()
        guard lastRow > 0, bytesPerDay > 0 else { return Result() }
        let asked = watch.entries.compactMap { entry in
            (entry.supplier.store as? RemoteFragmentStore).flatMap { store in
                entry.answers ? (store: store, state: entry.state) : nil
            }
        }
        let done = try WorkerThread.map(asked.count, atOnce: Limits.suppliersAtOnce) { index in
            var audit = SupplierAudit(
                of: asked[index].store, owner: customer.owner.user,
                random: customer.adapters.random, ledger: RebuildBooks(customer: customer))
            var state = asked[index].state
            try auditCatalog(&audit, rows: catalogRows, &state)
            try auditAny(&audit, lastRow: Int(lastRow), &state)
            try customer.catalog.record([state])
            return (audit: audit, state: state)
        }
        var result = Result()
        for (audit, state) in done {
            watch.set(state)
            result.passed += audit.passedCount
            result.failed += audit.lostCount
            result.unanswered += audit.unansweredCount
        }
        try cancellation.check()
        return result
    }

    /// Everything hangs on the catalog's blocks, and they are few: chance alone would ask for one
    /// of a million once in a hundred years. So each round begins with one of them, beside the
    /// budget; one that gets no answer is put again in the next.
    private func auditCatalog(
        _ audit: inout SupplierAudit, rows: [Int64], _ state: inout SupplierStateRow
    ) throws {
        guard !rows.isEmpty else { return }
        var schedule = AuditSchedule(contained: state.containedOfCatalog)
        let challenge = schedule.next(of: rows, random: number)
        defer { state.containedOfCatalog = schedule.contained }
        guard let target = try target(from: Int64(challenge.fragment), on: state.supplier) else {
            schedule = AuditSchedule()
            return
        }
        let verdict = try audit.put(
            challenge, &schedule, of: target.block, position: target.position)
        if let verdict { state.score.note(verdict) }
    }

    private func auditAny(
        _ audit: inout SupplierAudit, lastRow: Int, _ state: inout SupplierStateRow
    ) throws {
        let now = customer.adapters.time.now.nanoseconds
        // The first round, and one after a long time or a jump of the clock, has a day's budget.
        let since =
            state.audited > 0 && now >= state.audited
            ? UInt64(now - state.audited) : AuditRound.day
        let count = AuditSchedule.count(
            bytesPerDay: bytesPerDay, nanoseconds: min(since, AuditRound.day))
        guard count > 0 else { return }
        var schedule = AuditSchedule(contained: state.contained)
        for _ in 0..<count where !audit.isSilent && !cancellation.isCancelled {
            let challenge = schedule.next(fragmentCount: lastRow + 1, random: number)
            guard let target = try target(from: Int64(challenge.fragment), on: state.supplier)
            else {
                // Nothing of this block is here, or not any more.
                schedule = AuditSchedule()
                continue
            }
            // Only now: a supplier that has nothing yet has its budget still.
            state.audited = now
            let verdict = try audit.put(
                challenge, &schedule, of: target.block, position: target.position)
            if let verdict { state.score.note(verdict) }
        }
        state.contained = schedule.contained
    }

    private func number() -> UInt64 { customer.adapters.random.bytes32().words.0 }

    /// The first block from a row on, and what the supplier should have of it.
    private func target(
        from row: Int64, on supplier: SupplierID
    ) throws -> (block: SealedBlock, position: Int)? {
        guard let found = try customer.catalog.block(from: row) else { return nil }
        let sealed = found.sealedBlock(
            spares: try customer.catalog.spares(rows: found.id...found.id)[found.id] ?? [])
        return sealed.positionsHeld(by: supplier).first.map { (sealed, $0) }
    }
}
