internal import Catalogs
internal import Model
internal import Placement
internal import Rebuilding
internal import Suppliers

/// Has each supplier that answers prove parts of what it should have: as many as the time since the
/// last round gives.
///
/// Half of the challenges are put as audits, half as plain reads of a range, so that a supplier
/// that answers audits and serves nothing is found like one that serves and fails them.
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

    /// Everything hangs on the catalog's blocks, and they are few: chance alone would ask for one
    /// of a million once in a hundred years. So each round begins with one of them, beside the
    /// budget.
    private func auditCatalog(
        _ store: RemoteFragmentStore, rows: [Int64], _ state: inout SupplierStateRow,
        _ result: inout Result
    ) throws {
        guard !rows.isEmpty else { return }
        var schedule = AuditSchedule()
        let challenge = schedule.next(fragmentCount: rows.count) {
            customer.adapters.random.bytes32().words.0
        }
        let named = AuditSchedule.Challenge(
            fragment: Int(rows[challenge.fragment]), offset: challenge.offset)
        guard let target = try target(of: named, on: store.supplier) else { return }
        let answer = ask(challenge, target.block, target.position, store)
        guard let verdict = schedule.answered(answer) else { return result.unanswered += 1 }
        state.score.note(verdict)
        guard verdict != .passed else { return result.passed += 1 }
        result.failed += 1
        try lost(target.block, target.position, store)
    }

    func perform(_ watch: inout SupplierWatch) throws -> Result {
        var result = Result()
        let shapes = try customer.catalog.shapeCounts().filter { $0.shape.kind == .catalog }
        let catalogRows = try customer.catalog.blockRows(shapes: Set(shapes.map(\.id)).sorted())
            .map(\.row)
        let lastRow = try customer.catalog.lastBlockRow()
        guard lastRow > 0, bytesPerDay > 0 else { return result }
        for entry in watch.entries where entry.answers {
            guard let store = entry.supplier.store as? RemoteFragmentStore else { continue }
            var state = entry.state
            try auditCatalog(store, rows: catalogRows, &state, &result)
            state = try audit(store, state, lastRow: Int(lastRow), &result)
            try customer.catalog.record([state])
            watch.set(state)
        }
        return result
    }

    private func audit(
        _ store: RemoteFragmentStore, _ before: SupplierStateRow, lastRow: Int,
        _ result: inout Result
    ) throws -> SupplierStateRow {
        var state = before
        let now = customer.adapters.time.now.nanoseconds
        // The first round, and one after a long time or a jump of the clock, has a day's budget.
        let since =
            before.audited > 0 && now >= before.audited
            ? UInt64(now - before.audited) : AuditRound.day
        let count = AuditSchedule.count(
            bytesPerDay: bytesPerDay, nanoseconds: min(since, AuditRound.day))
        guard count > 0 else { return state }
        var schedule = AuditSchedule(contained: state.contained)
        var silences = 0
        for _ in 0..<count {
            try cancellation.check()
            let challenge = schedule.next(fragmentCount: lastRow + 1) {
                customer.adapters.random.bytes32().words.0
            }
            guard let target = try target(of: challenge, on: store.supplier) else {
                // Nothing of this block is here, or not any more.
                schedule = AuditSchedule()
                continue
            }
            // Only now: a supplier that has nothing yet has its budget still.
            state.audited = now
            let answer = ask(challenge, target.block, target.position, store)
            switch (answer, schedule.answered(answer)) {
            case (_, .some(let verdict)):
                state.score.note(verdict)
                if verdict == .passed {
                    result.passed += 1
                } else {
                    result.failed += 1
                    try lost(target.block, target.position, store)
                }
            default:
                result.unanswered += 1
                silences += 1
            }
            // It has gone silent altogether: that is for the watch, not for the score.
            if silences >= 3 { break }
        }
        state.contained = schedule.contained
        return state
    }

    private func lost(
        _ block: SealedBlock, _ position: Int, _ store: RemoteFragmentStore
    ) throws {
        let books = RebuildBooks(customer: customer)
        _ = try? store.scrub([block.fragments[position]], of: customer.owner.user)
        try books.lost(block, position: position, on: store.supplier)
    }

    private func target(
        of challenge: AuditSchedule.Challenge, on supplier: SupplierID
    ) throws -> (block: SealedBlock, position: Int)? {
        guard let row = try customer.catalog.block(from: Int64(challenge.fragment)) else {
            return nil
        }
        let sealed = row.sealedBlock(
            spares: try customer.catalog.spares(rows: row.id...row.id)[row.id] ?? [])
        return sealed.positionsHeld(by: supplier).first.map { (sealed, $0) }
    }

    private func ask(
        _ challenge: AuditSchedule.Challenge, _ block: SealedBlock, _ position: Int,
        _ store: RemoteFragmentStore
    ) -> AuditSchedule.Answer {
        let fragment = block.fragments[position]
        let length = block.fragmentLength
        let range = challenge.range(length: length)
        let owner = customer.owner.user
        do throws(StoreError) {
            if challenge.isRead {
                let buffer = PageBuffer(byteCount: range.count)
                try store.getProved(
                    fragment, of: owner, range: range, length: length,
                    into: buffer[0..<range.count])
            } else {
                try store.audit(
                    AuditChallenge(
                        fragment, nonce: customer.adapters.random.bytes32(), ranges: [range]),
                    of: owner, length: length)
            }
            return .proved
        } catch {
            switch error {
            case .notFound, .corrupt: return .missing
            case .lied: return .wrong
            default: return .none
            }
        }
    }
}
