internal import Model
internal import Suppliers
internal import Synchronization

/// The way to one supplier: a bounded queue and a thread that stores what is queued, group by
/// group.
///
/// A group is what has gathered while the group before it was made durable: one commit for all.
final class SupplierLane: Sendable {
    struct Item: Sendable {
        let block: PendingBlock
        let position: Int
        let upload: FragmentUpload
    }

    let record: SupplierRecord
    private let store: (any FragmentStore)?
    private let grow: @Sendable (Int) -> Bool
    private let queue: BoundedQueue<Item>
    private let firstFailure: Mutex<(any Error)?>
    private let thread = Mutex<WorkerThread?>(nil)

    /// - Parameter failure: why there is no store, when there is none.
    /// - Parameter grow: gets the supplier to take so many bytes more than was agreed on, if it
    ///   does.
    init(
        record: SupplierRecord, store: (any FragmentStore)?, failure: (any Error)?,
        grow: @escaping @Sendable (Int) -> Bool
    ) {
        self.grow = grow
        self.record = record
        self.store = store
        self.queue = BoundedQueue(countMax: Limits.groupCommitCountMax)
        self.firstFailure = Mutex(failure)
    }

    var isOnline: Bool { store != nil && failure == nil }

    /// The first error of this supplier; after it nothing more is sent to it.
    var failure: (any Error)? { firstFailure.withLock { $0 } }

    func start() {
        thread.withLock { $0 = WorkerThread { self.run() } }
    }

    /// Queues a fragment; waits while the queue is full.
    func send(_ item: Item) {
        guard isOnline, queue.put(item) else {
            item.block.failed(position: item.position, failure ?? CancelledError())
            return
        }
    }

    /// Stores what is queued, then stops.
    func finish() {
        queue.close()
        thread.withLock { thread in
            thread?.join()
            thread = nil
        }
    }

    private func run() {
        while true {
            let items = queue.takeSome(max: Limits.groupCommitCountMax) { _, _ in true }
            if items.isEmpty { return }
            store(items)
        }
    }

    private func put(
        _ uploads: [FragmentUpload], in store: any FragmentStore
    ) throws(StoreError) -> [Receipt] {
        do {
            return try store.put(uploads)
        } catch {
            guard case .quotaExceeded(let need, _) = error, grow(need) else { throw error }
            return try store.put(uploads)
        }
    }

    private func store(_ items: [Item]) {
        guard let store, failure == nil else {
            let error = failure ?? CancelledError()
            for item in items { item.block.failed(position: item.position, error) }
            return
        }
        do {
            let receipts = try put(items.map(\.upload), in: store)
            for (item, receipt) in zip(items, receipts) {
                // The store has checked the signature; whose and what for is checked here too.
                let wanted = item.block.descriptor.places[item.position].fragment
                if receipt.fragment == wanted, receipt.supplier == record.id {
                    item.block.acknowledged(position: item.position)
                } else {
                    item.block.failed(position: item.position, WrongReceipt())
                }
            }
        } catch {
            firstFailure.withLock { $0 = $0 ?? error }
            for item in items { item.block.failed(position: item.position, error) }
        }
    }
}

/// A supplier signed for something else than it was sent.
struct WrongReceipt: Error {}
