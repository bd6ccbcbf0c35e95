internal import Catalogs
internal import Model
internal import Placement
internal import Rebuilding
internal import Suppliers
internal import Synchronization

/// One run of the rebuilder: heads, questions, audits, then plans until nothing is left to do.
///
/// A plan is carried out most endangered block first, and only for as long as what it was made from
/// is true: when a supplier fails on the way a new one is made, so that blocks that have become
/// more critical come before those that were on the list.
struct RebuildPass {
    private struct State {
        var report = RebuildReport()
        var failed: Set<SupplierID> = []
        /// What was done and found since the plan was made.
        var changes = 0
    }

    let customer: Customer
    let request: RebuildRequest
    let cancellation: Cancellation
    let progress: @Sendable (RebuildProgress) -> Void
    private let state = StateBox()

    // A class, since a Mutex cannot be copied and the pass is a value.
    private final class StateBox: Sendable {
        let value = Mutex(State())
    }

    init(
        customer: Customer, request: RebuildRequest, cancellation: Cancellation,
        progress: @escaping @Sendable (RebuildProgress) -> Void
    ) {
        self.customer = customer
        self.request = request
        self.cancellation = cancellation
        self.progress = progress
    }

    func perform() throws -> RebuildReport {
        let time = customer.adapters.time
        let started = time.uptime
        var watch = try SupplierWatch(customer)
        // A head of ours must not hide what another machine has stored since.
        let knowsNewest = (try? customer.adoptNewerHead()) != nil
        let spread = try customer.spreadHead()
        state.value.withLock { $0.report.headsStored = spread }
        if request.asksForAll { try askForAll() }
        try audit(&watch)
        let pace = try rebuild(watch)
        if knowsNewest {
            try publish()
            try releaseMoved(from: watch)
        }
        try customer.catalog.dropUnusedShapes()
        try customer.mapSources(cancellation: cancellation)
        var report = state.value.withLock { $0.report }
        report.durationNanoseconds = time.uptime - started
        if let pace {
            try customer.catalog.set("rebuild pace", to: Array("\(pace)".utf8))
        }
        let failed = state.value.withLock { $0.failed }
        report.suppliersFailed = watch.entries.map(\.supplier.record).filter {
            failed.contains($0.id)
        }
        report.health = try customer.health(watch, grace: grace)
        return report
    }

    // MARK: Before the plan

    /// Asks all suppliers for what they should have, and notes what they say is gone. One that
    /// cannot be asked says nothing.
    private func askForAll() throws {
        let books = RebuildBooks(customer: customer)
        let stores = customer.suppliers.withLock { $0 }.stores
        let total = UInt64(try customer.catalog.blockCount())
        let asked = AskedCount(total: total, supplierCount: UInt64(max(1, stores.count)))
        let inquiry = Inquiry(
            of: customer.owner.user, stores, ledger: books,
            isCancelled: { [cancellation] in cancellation.isCancelled },
            progress: { [progress] in progress(asked.more($0)) },
            page: { start in
                let blocks = try books.blocks(after: start, limit: Inquiry.pageBlockCount)
                return (blocks, blocks.last?.row)
            })
        let found = try inquiry.perform()
        try cancellation.check()
        progress(asked.whole)
        state.value.withLock { $0.report.fragmentsFoundLost += found.foundLost }
    }

    /// How far suppliers have been asked, on the average of all.
    private final class AskedCount: Sendable {
        private let asked = Atomic<UInt64>(0)
        private let total: UInt64
        private let supplierCount: UInt64

        init(total: UInt64, supplierCount: UInt64) {
            self.total = total
            self.supplierCount = supplierCount
        }

        var whole: RebuildProgress { step(total) }

        func more(_ count: Int) -> RebuildProgress {
            step(
                asked.add(UInt64(count), ordering: .relaxed).newValue / supplierCount)
        }

        private func step(_ done: UInt64) -> RebuildProgress {
            var step = RebuildProgress()
            step.total = total
            step.done = min(done, total)
            return step
        }
    }

    private func audit(_ watch: inout SupplierWatch) throws {
        var step = RebuildProgress()
        step.phase = .auditing
        progress(step)
        let round = AuditRound(
            customer: customer, bytesPerDay: request.auditBytesPerDay, cancellation: cancellation)
        let result = try round.perform(&watch)
        state.value.withLock {
            $0.report.auditsPassed = result.passed
            $0.report.auditsFailed = result.failed
            $0.report.auditsUnanswered = result.unanswered
        }
    }

    // MARK: Plans

    /// - Returns: bytes stored each second; `nil` when none were.
    private func rebuild(_ watch: SupplierWatch) throws -> Double? {
        let time = customer.adapters.time
        let started = time.uptime
        let rebuilder = Rebuilder(
            stores: customer.suppliers.withLock { $0 }.stores, owner: customer.owner.user,
            headers: RebuildBooks(customer: customer), ledger: RebuildBooks(customer: customer),
            throttle: Throttle(bytesPerSecond: request.bytesPerSecond, time: time) {
                SystemPause.pause(nanoseconds: $0)
            }, memoryByteCount: request.memoryByteCount / workerCount,
            callsAtOnce: workerCount)
        while true {
            let failed = state.value.withLock {
                $0.changes = 0
                return $0.failed
            }
            let views = watch.views(
                without: failed, byteBudget: request.bytesPerSupplierMax)
            let plan = try BlockLook(customer, views: views, grace: grace).plan()
            guard !plan.items.isEmpty else { break }
            try perform(plan, rebuilder)
            let isOver = state.value.withLock {
                ($0.changes == 0 && $0.failed == failed)
                    || (plan.postponedCount == 0 && plan.items.count == $0.changes
                        && $0.failed == failed)
            }
            if isOver || request.bytesPerSupplierMax != .max { break }
        }
        let stored = state.value.withLock { $0.report.bytesStored }
        let elapsed = time.uptime - started
        return stored > 0 && elapsed > 0 ? Double(stored) * 1e9 / Double(elapsed) : nil
    }

    private var grace: UInt64 { request.grace ?? customer.adapters.grace }

    private var workerCount: Int { customer.adapters.workerCount }

    private func perform(_ plan: RebuildPlan, _ rebuilder: Rebuilder) throws {
        let queue = BoundedQueue<RebuildPlan.Item>(countMax: 2 * workerCount)
        let outcome = Outcome()
        outcome.onFailure { queue.abort() }
        let total = state.value.withLock { UInt64($0.report.fragmentsStored + plan.storeCount) }
        let workers = (0..<workerCount).map { _ in
            WorkerThread {
                outcome.run {
                    while let item = queue.take() {
                        try cancellation.check()
                        if try !perform(item, rebuilder, total: total) { queue.abort() }
                    }
                }
            }
        }
        for item in plan.items where !queue.put(item) { break }
        queue.close()
        for worker in workers { worker.join() }
        try outcome.check()
    }

    /// - Returns: false when the rest of the plan should not be carried out as it is.
    private func perform(
        _ item: RebuildPlan.Item, _ rebuilder: Rebuilder, total: UInt64
    ) throws -> Bool {
        guard let block = try RebuildBooks(customer: customer).block(item.row) else { return true }
        let done = try rebuilder.perform(item.steps, of: block)
        let (step, isFine) = state.value.withLock { state -> (RebuildProgress, Bool) in
            state.report.add(done)
            state.failed.formUnion(done.suppliersFailed)
            let hasChanged =
                done.fragmentsStored + done.fragmentsAdopted + done.fragmentsFoundLost > 0
            state.changes += hasChanged ? 1 : 0
            var step = RebuildProgress()
            step.phase = .rebuilding
            step.done = UInt64(state.report.fragmentsStored)
            step.total = max(total, step.done)
            step.bytesStored = state.report.bytesStored
            return (step, done.suppliersFailed.isEmpty)
        }
        progress(step)
        return isFine
    }

    /// Gives up what suppliers that leave still have of fragments that are stored elsewhere, once a
    /// head says where.
    private func releaseMoved(from watch: SupplierWatch) throws {
        let leaving = watch.leaving
        guard !leaving.isEmpty, try !customer.catalog.hasUnpublishedBlocks() else { return }
        let staying = Set(
            watch.entries.filter { $0.answers && !$0.isLeaving }
                .map(\.supplier.record.id))
        let stores = customer.suppliers.withLock { $0 }.stores
        try RebuildBooks(customer: customer).forEachGroup(of: 256) { group in
            for id in leaving.sorted() {
                guard let store = stores[id] else { continue }
                let moved = group.flatMap { _, block in
                    block.holdings.spares.filter {
                        $0.supplier == id && block.holdings.isHeld[$0.position]
                            && staying.contains(block.holdings.places[$0.position])
                    }.map { (block: block, position: $0.position) }
                }
                let names = moved.map { $0.block.fragments[$0.position] }
                guard !names.isEmpty,
                    (try? store.tombstone(names, of: customer.owner.user)) != nil
                else { continue }
                for one in moved {
                    try customer.catalog.lose(
                        row: one.block.row, position: one.position, on: id)
                }
            }
        }
    }

    /// Sends the rows of blocks that have moved, in a head of its own: else a machine that recovers
    /// would look for their fragments where they are no more.
    private func publish() throws {
        guard let newest = try customer.catalog.newestHead() else { return }
        // Also what a round before had moved that was stopped or killed.
        let hasMoved = try newest.body.catalogBlocks.contains { block in
            try customer.catalog.descriptor(of: block.block).map { $0 != block } ?? false
        }
        guard try hasMoved || customer.catalog.hasUnpublishedBlocks() else { return }
        var step = RebuildProgress()
        step.phase = .committing
        progress(step)
        // With too few suppliers for new catalog blocks the rows wait for the next head.
        guard let plan = try? customer.plan(.automatic, onlyOnline: true) else { return }
        try customer.publishRows(plan, cancellation: cancellation)
    }
}

extension RebuildReport {
    fileprivate mutating func add(_ done: Rebuilder.Outcome) {
        fragmentsStored += done.fragmentsStored
        fragmentsCopied += done.fragmentsCopied
        fragmentsAdopted += done.fragmentsAdopted
        fragmentsFoundLost += done.fragmentsFoundLost
        bytesFetched += UInt64(done.bytesFetched)
        bytesStored += UInt64(done.bytesStored)
    }
}
