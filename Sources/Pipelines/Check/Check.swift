internal import Catalogs
internal import Identities
internal import Model
internal import Placement
internal import Sealing
internal import Suppliers
internal import Synchronization

/// Asks the suppliers what they have, or reads all of it, and says what that means.
///
/// What a supplier said in the end counts: a fragment for which it had to be asked again, since it
/// did not answer for a while, is as good as any other.
struct Check {
    private struct State {
        var report = CheckReport()
        var missing: [SupplierID: UInt64] = [:]
        var damaged: [SupplierID: UInt64] = [:]
        let lostRows = RowSet()
        /// All that were lost before are mended.
        var isMended = false
        var done: UInt64 = 0
    }

    let customer: Customer
    let readsData: Bool
    let repairs: Bool
    let cancellation: Cancellation
    let progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void
    let patience: FetchPatience

    func perform() throws -> CheckReport {
        let open = customer.suppliers.withLock { $0 }
        let fetcher = BlockFetcher(
            stores: open.stores, user: customer.owner.user, time: customer.adapters.time,
            patience: patience)
        let state = StateBox(State())
        let total = UInt64(try customer.catalog.blockCount())
        let queue = BoundedQueue<BlockRow>(countMax: 2 * customer.adapters.workerCount)
        let outcome = Outcome()
        outcome.onFailure { queue.abort() }
        let workers = (0..<customer.adapters.workerCount).map { _ in
            WorkerThread {
                outcome.run {
                    let recycler = BufferRecycler()
                    while let row = queue.take() {
                        try cancellation.check()
                        try examine(
                            row, stores: open.stores, fetcher: fetcher, recycler: recycler,
                            state: state)
                        let done = state.value.withLock {
                            $0.done += 1
                            return $0.done
                        }
                        progress(done, total)
                    }
                }
            }
        }
        outcome.run {
            try customer.catalog.forEachBlock { row in
                guard queue.put(row) else { throw CancelledError() }
            }
        }
        queue.close()
        for worker in workers { worker.join() }
        try outcome.check()
        var found = state.value.withLock { $0 }
        if repairs { try repair(&found) }
        return try finish(found)
    }

    /// Lost and damaged fragments are rebuilt by the one that rebuilds: it knows now which they
    /// are.
    private func repair(_ state: inout State) throws {
        var request = RebuildRequest()
        request.asksForAll = false
        request.auditBytesPerDay = 0
        let pass = RebuildPass(
            customer: customer, request: request, cancellation: cancellation, progress: { _ in })
        let done = try pass.perform()
        state.report.fragmentsRebuilt = UInt64(done.fragmentsStored)
        guard !done.health.isNothingStored else { return }
        state.report.lossesTolerated = done.health.lossesTolerated
        if done.health.blocksLost == 0 {
            state.report.blocksLost = []
            state.isMended = true
        }
    }

    private final class StateBox: Sendable {
        let value: Mutex<State>

        init(_ state: sending State) {
            self.value = Mutex(state)
        }
    }

    private func examine(
        _ row: BlockRow, stores: [SupplierID: any FragmentStore], fetcher: BlockFetcher,
        recycler: BufferRecycler, state: StateBox
    ) throws {
        let descriptor = row.descriptor
        var answers = try fetcher.presence(of: descriptor)
        var present = answers.map { $0 == true }
        var good = present
        if readsData {
            let stripe = RecycledBuffer(
                byteCount: BlockFetcher.stripeByteCount(descriptor), from: recycler)
            let held = descriptor.places.indices.filter { present[$0] }
            for (position, outcome) in try fetcher.read(held, of: descriptor, into: stripe.buffer) {
                switch outcome {
                case .good: break
                case .wrong: good[position] = false
                case .unknown:
                    // A connection that ends is no damage.
                    (answers[position], present[position], good[position]) = (nil, false, false)
                }
            }
        }
        for (position, place) in descriptor.places.enumerated()
        where answers[position] != nil && !good[position] && row.receipts[position] {
            // The supplier looks for itself: from then on it says that it is gone.
            if present[position] {
                _ = try? stores[place.supplier]?.scrub([place.fragment], of: customer.owner.user)
            }
            try customer.catalog.lose(row: row.id, position: position, on: place.supplier)
        }
        note(row, present: present, good: good, state)
    }

    private func note(
        _ row: BlockRow, present: [Bool], good: [Bool], _ state: StateBox
    ) {
        let descriptor = row.descriptor
        let health = BlockHealth(
            scheme: descriptor.scheme, presentCount: good.count { $0 })
        state.value.withLock { state in
            state.report.blocksChecked += 1
            state.report.fragmentsChecked += UInt64(good.count)
            if readsData {
                state.report.bytesRead += UInt64(
                    present.count { $0 } * descriptor.fragmentLength)
            }
            for (position, place) in descriptor.places.enumerated() where !good[position] {
                if present[position] {
                    state.damaged[place.supplier, default: 0] += 1
                    state.report.fragmentsDamaged += 1
                } else {
                    state.missing[place.supplier, default: 0] += 1
                    state.report.fragmentsMissing += 1
                }
            }
            let tolerated = health.lossesTolerated
            state.report.lossesTolerated = min(state.report.lossesTolerated ?? .max, tolerated)
            if health.isLost {
                state.report.blocksLost.append(descriptor.block)
                state.lostRows.insert(row.id)
            }
        }
    }

    private func finish(_ state: State) throws -> CheckReport {
        var report = state.report
        report.blocksLost.sort()
        report.suppliers = try SupplierWatch(customer).entries.map(\.condition).map {
            ($0, state.missing[$0.record.id] ?? 0, state.damaged[$0.record.id] ?? 0)
        }
        if !state.isMended {
            try LostPaths(customer: customer, lostRows: state.lostRows)
                .forEach(cancellation: cancellation, patience: patience) {
                    report.pathsLost.append(($0.snapshot, $0.path))
                    return true
                }
        }
        return report
    }
}

extension Customer {
    /// Asks every supplier for every fragment; with `readsData`, reads and checks all of them.
    ///
    /// - Parameters:
    ///   - repairs: writes fragments that are missing or wrong again, where their supplier
    ///     can be reached and enough others are good.
    ///   - waiting: hears of suppliers that have stopped answering and are waited for.
    package func check(
        readsData: Bool, repairs: Bool, cancellation: Cancellation,
        progress: @escaping @Sendable (_ done: UInt64, _ total: UInt64) -> Void,
        waiting: @escaping @Sendable (SupplierWait) -> Void = { _ in }
    ) throws -> CheckReport {
        let check = Check(
            customer: self, readsData: readsData, repairs: repairs, cancellation: cancellation,
            progress: progress,
            patience: makePatience(cancellation: cancellation, waiting: waiting))
        do {
            return try check.perform()
        } catch {
            throw Failure.of(error)
        }
    }
}
