internal import Model
internal import Placement
internal import Rebuilding
internal import Suppliers
internal import Synchronization

/// Gives suppliers that were away in a run what they missed in it, made again from what the others
/// have: the stripes are long gone.
struct CatchUp {
    let customer: Customer
    let lanes: [SupplierLane]
    let ledger: BlockLedger
    let cancellation: Cancellation

    /// What nobody can make up for stays missing, and is the rebuilder's.
    func perform() throws {
        let missed = ledger.missed
        guard !missed.isEmpty else { return }
        let wanted = Set(missed.values.flatMap { $0 })
        var returned = Set(
            inParallel(lanes.filter { wanted.contains($0.record.id) }) { lane in
                lane.returned() == nil ? nil : lane.record.id
            }.compactMap { $0 })
        guard !returned.isEmpty else { return }
        let books = RebuildBooks(customer: customer)
        let rebuilder = Rebuilder(
            stores: customer.suppliers.withLock { $0 }.stores, owner: customer.owner.user,
            headers: books, ledger: books,
            throttle: Throttle(bytesPerSecond: nil, time: customer.adapters.time) { _ in },
            memoryByteCount: customer.adapters.memoryByteCount / 4)
        for (row, suppliers) in missed.sorted(by: { $0.key < $1.key }) {
            try cancellation.check()
            guard let block = try books.block(row) else { continue }
            let steps = block.holdings.places.enumerated().compactMap { position, supplier in
                suppliers.contains(supplier) && returned.contains(supplier)
                    && !block.holdings.isHeld[position]
                    ? RebuildPlan.Step.store(position: position, supplier: supplier, releases: nil)
                    : nil
            }
            _ = try rebuilder.perform(steps, of: block)
            guard let now = try books.block(row) else { continue }
            let missing = zip(now.holdings.places, now.holdings.isHeld).filter { !$1 }.map(\.0)
            ledger.caughtUp(row, scheme: now.scheme, missing: missing)
            // Who says that it is there and takes nothing is not waited for block after block.
            if !steps.isEmpty { giveUp(Set(suppliers).intersection(missing), &returned) }
        }
    }

    private func giveUp(_ suppliers: Set<SupplierID>, _ returned: inout Set<SupplierID>) {
        returned.subtract(suppliers)
        for lane in lanes where suppliers.contains(lane.record.id) { lane.tookNothing() }
    }
}
