package import Model
package import Placement
package import Suppliers
internal import Synchronization

/// The books of one owner's blocks, kept by a rebuilder.
package protocol DelegatedBooks: RebuildLedger, HeaderSource {
    /// Rows of all blocks, ascending.
    var rows: [Int64] { get }
    /// A block as it stands now; `nil` when the owner has taken it back.
    func block(_ row: Int64) -> SealedBlock?
    /// Challenges that got no answer in the rounds before.
    var contained: [SupplierID: ContainedChallenges] { get }
    /// Takes those of the suppliers that were asked in this round, in place of what was there.
    func note(_ contained: [SupplierID: ContainedChallenges]) throws
}

/// What a round has found and done for one owner.
package struct DelegatedReport: Hashable, Sendable {
    package var blockCount = 0
    package var auditsPassed = 0
    package var auditsUnanswered = 0
    package var fragmentsFoundLost = 0
    package var fragmentsStored = 0
    package var bytesFetched: UInt64 = 0
    package var bytesStored: UInt64 = 0
    /// Fragments that no supplier may take, and those that nothing can be rebuilt from.
    package var fragmentsUnplaced = 0
    package var blocksLost = 0
    /// Fragments that are still to be stored somewhere.
    package var fragmentsMissing = 0

    package init() {}
}

/// One round for an owner who is away: asks, audits, plans and rebuilds, by a grant and without any
/// key.
///
/// Thread rules: one call of `perform` at a time, on a thread that may block.
package struct DelegatedRound {
    package let owner: UserID
    /// Suppliers that answer.
    package let stores: [SupplierID: RemoteFragmentStore]
    package let books: any DelegatedBooks
    package let grace: UInt64
    package let throttle: Throttle
    package let random: any RandomSource
    package let isCancelled: @Sendable () -> Bool

    package init(
        owner: UserID, stores: [SupplierID: RemoteFragmentStore], books: any DelegatedBooks,
        grace: UInt64, throttle: Throttle, random: any RandomSource,
        isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
        self.owner = owner
        self.stores = stores
        self.books = books
        self.grace = grace
        self.throttle = throttle
        self.random = random
        self.isCancelled = isCancelled
    }

    /// - Parameter views: all suppliers of the owner.
    /// - Throws: what the books throw.
    package func perform(_ views: [SupplierView]) throws -> DelegatedReport {
        var report = DelegatedReport()
        report.blockCount = books.rows.count
        try askForAll(&report)
        try audit(&report)
        let rebuilder = Rebuilder(
            stores: stores, owner: owner, headers: books, ledger: books, throttle: throttle,
            memoryByteCount: Limits.rebuilderBlockMemory,
            callsAtOnce: Limits.rebuilderBlocksAtOnce)
        var failed: Set<SupplierID> = []
        while !isCancelled() {
            let current = views.map { view in
                var view = view
                if failed.contains(view.id) { view.presence = .silent(0) }
                return view
            }
            let plan = plan(current, &report)
            guard !plan.items.isEmpty else { break }
            let done = try perform(plan, rebuilder)
            report.fragmentsFoundLost += done.fragmentsFoundLost
            report.fragmentsStored += done.fragmentsStored
            report.bytesFetched += UInt64(done.bytesFetched)
            report.bytesStored += UInt64(done.bytesStored)
            let isStuck =
                done.fragmentsStored + done.fragmentsAdopted + done.fragmentsFoundLost == 0
            let count = failed.count
            failed.formUnion(done.suppliersFailed)
            if isStuck, failed.count == count { break }
        }
        _ = plan(views, &report)
        return report
    }

    private func plan(_ views: [SupplierView], _ report: inout DelegatedReport) -> RebuildPlan {
        var planner = RebuildPlanner(suppliers: views, grace: grace, releasesSpares: false)
        report.blocksLost = 0
        report.fragmentsMissing = 0
        for row in books.rows {
            guard let block = books.block(row) else { continue }
            let state = planner.add(block.holdings)
            if state.lossesTolerated < 0 { report.blocksLost += 1 }
            report.fragmentsMissing += state.count(.lost) + state.count(.misplaced)
        }
        let plan = planner.plan()
        report.fragmentsUnplaced = plan.unplacedCount
        return plan
    }

    /// Several blocks at a time: most of it is waiting.
    private func perform(
        _ plan: RebuildPlan, _ rebuilder: Rebuilder
    ) throws -> Rebuilder.Outcome {
        struct Progress {
            var next = 0
            var total = Rebuilder.Outcome()
            var failure: (any Error)?
        }
        let state = Mutex(Progress())
        let workerCount = Limits.rebuilderBlocksAtOnce
        WorkerThread.forEach(workerCount, atOnce: workerCount) { _ in
            while true {
                let index = state.withLock { state -> Int? in
                    guard state.failure == nil, state.next < plan.items.count,
                        state.total.suppliersFailed.isEmpty, !isCancelled()
                    else { return nil }
                    state.next += 1
                    return state.next - 1
                }
                guard let index else { return }
                let item = plan.items[index]
                guard let block = books.block(item.row) else { continue }
                do {
                    let done = try rebuilder.perform(item.steps, of: block)
                    state.withLock { $0.total.add(done) }
                } catch {
                    state.withLock { $0.failure = $0.failure ?? error }
                }
            }
        }
        return try state.withLock { state in
            if let failure = state.failure { throw failure }
            return state.total
        }
    }

    // MARK: Before the plan

    /// Asks each supplier for what it should have. One that cannot be asked says nothing.
    private func askForAll(_ report: inout DelegatedReport) throws {
        let rows = books.rows
        let books = books
        let inquiry = Inquiry(of: owner, stores, ledger: books, isCancelled: isCancelled) { start in
            let end = min(Int(start) + Inquiry.pageBlockCount, rows.count)
            return (
                rows[Int(start)..<end].compactMap { books.block($0) },
                end < rows.count ? Int64(end) : nil
            )
        }
        report.fragmentsFoundLost += try inquiry.perform().foundLost
    }

    /// Has each supplier prove leaves of fragments that are chosen at random.
    private func audit(_ report: inout DelegatedReport) throws {
        let all = books.rows
        guard !all.isEmpty else { return }
        // Everything hangs on the catalog's blocks: the first challenge is for one of them.
        let catalog = all.filter { books.block($0)?.holdings.kind == .catalog }
        let stores = stores.values.sorted { $0.supplier < $1.supplier }
        let contained = books.contained
        let done = try WorkerThread.map(stores.count, atOnce: Limits.suppliersAtOnce) { index in
            var waiting = contained[stores[index].supplier] ?? ContainedChallenges()
            let audit = try audit(stores[index], all, catalog, &waiting)
            return (audit: audit, waiting: waiting)
        }
        for (audit, _) in done {
            report.auditsPassed += audit.passedCount
            report.auditsUnanswered += audit.unansweredCount
            report.fragmentsFoundLost += audit.lostCount
        }
        try books.note(
            Dictionary(uniqueKeysWithValues: zip(stores.map(\.supplier), done.map(\.waiting))))
    }

    /// Who stays silent may be behind a bad line: it is gone after grace. Its challenge waits, here
    /// and from round to round, so that nobody can be silent to those that it cannot answer.
    private func audit(
        _ store: RemoteFragmentStore, _ all: [Int64], _ catalog: [Int64],
        _ waiting: inout ContainedChallenges
    ) throws -> SupplierAudit {
        var audit = SupplierAudit(of: store, owner: owner, random: random, ledger: books)
        for number in 0..<Limits.rebuilderAuditCount where !isCancelled() && !audit.isSilent {
            let isCatalog = number == 0 && !catalog.isEmpty
            let place = isCatalog ? \ContainedChallenges.catalog : \ContainedChallenges.data
            var schedule = AuditSchedule(contained: waiting[keyPath: place])
            let challenge = schedule.next(of: isCatalog ? catalog : all) {
                random.bytes32().words.0
            }
            // Of a block that it has nothing of any more no answer is waited for.
            waiting[keyPath: place] = nil
            guard let block = books.block(Int64(challenge.fragment)),
                let position = block.positionsHeld(by: store.supplier).first
            else { continue }
            _ = try audit.put(challenge, &schedule, of: block, position: position)
            waiting[keyPath: place] = schedule.contained
        }
        return audit
    }
}

extension Rebuilder.Outcome {
    fileprivate mutating func add(_ done: Self) {
        fragmentsStored += done.fragmentsStored
        fragmentsCopied += done.fragmentsCopied
        fragmentsAdopted += done.fragmentsAdopted
        fragmentsFoundLost += done.fragmentsFoundLost
        bytesFetched += done.bytesFetched
        bytesStored += done.bytesStored
        for supplier in done.suppliersFailed where !suppliersFailed.contains(supplier) {
            suppliersFailed.append(supplier)
        }
    }
}
