internal import Model
internal import Suppliers
internal import Synchronization

/// The way to one supplier: a bounded queue and a thread that stores what is queued, group by
/// group.
///
/// A group is what has gathered while the group before it was made durable: one commit for all. To
/// a supplier of the network several smaller groups are on their way at the same time, since each
/// waits for its way there and back.
///
/// A supplier that stops answering is asked again, first soon and then ever more rarely. For a
/// while its group waits, and with it all others, since the buffers are few; then it is away: what
/// it should get is left out, as long as the others are enough, and caught up with when it is back.
final class SupplierLane: Sendable {
    struct Item: Sendable {
        let block: PendingBlock
        let position: Int
        let upload: FragmentUpload
    }

    private struct State {
        /// What ends the use of this supplier in this run.
        var failure: (any Error)?
        /// Why it is away; `nil` while it answers.
        var absence: StoreError?
        var absencePause: UInt64 = 0
        /// Uptime at which a supplier that is away is asked again.
        var nextAttempt: UInt64 = 0
    }

    let record: SupplierRecord
    let number: Int
    /// Where it is on this machine; `nil` for a node of the network.
    private let directory: [UInt8]?
    private let store: (any FragmentStore)?
    private let grow: @Sendable (Int) -> Bool
    private let queue: BoundedQueue<Item>
    private let board: LaneBoard
    private let patience: LanePatience
    private let time: any TimeSource
    private let state: Mutex<State>
    private let threads = Mutex<[WorkerThread]>([])
    private let isFar: Bool
    private let growthCount = Mutex(0)

    /// - Parameters:
    ///   - number: the lane's on the board.
    ///   - directory: where the supplier is on this machine, if it is.
    ///   - grow: gets the supplier to take so many bytes more than was agreed on, if it does.
    init(
        _ supplier: OpenSupplier, number: Int, directory: [UInt8]?, board: LaneBoard,
        patience: LanePatience, time: any TimeSource, grow: @escaping @Sendable (Int) -> Bool
    ) {
        self.grow = grow
        self.record = supplier.record
        self.number = number
        self.directory = directory
        self.store = supplier.store
        self.isFar = NodeAddress.isOne(supplier.record.address)
        self.board = board
        self.patience = patience
        self.time = time
        self.queue = BoundedQueue(countMax: Limits.groupCommitCountMax)
        self.state = Mutex(State(failure: supplier.failure))
    }

    var isOnline: Bool { store != nil && state.withLock { $0.failure == nil } }

    /// Why this supplier cannot be used now.
    var failure: (any Error)? { state.withLock { $0.failure ?? $0.absence } }

    /// Whether it is away, and may come back.
    var isAway: Bool { state.withLock { $0.failure == nil && $0.absence != nil } }

    func start() {
        let count = isFar ? Limits.farRequestCount : 1
        threads.withLock { $0 = (0..<count).map { _ in WorkerThread { self.run() } } }
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
        threads.withLock { threads in
            for thread in threads { thread.join() }
            threads = []
        }
    }

    private func run() {
        while true {
            let byteCountMax = isFar ? Limits.customerPayloadLengthMax : .max
            let items = queue.takeSome(max: Limits.groupCommitCountMax) { taken, next in
                taken.reduce(next.upload.range.count) { $0 + $1.upload.range.count }
                    <= byteCountMax
            }
            if items.isEmpty { return }
            store(items)
        }
    }

    private func put(
        _ uploads: [FragmentUpload], in store: any FragmentStore
    ) throws(StoreError) -> [Receipt] {
        let before = growthCount.withLock { $0 }
        do {
            return try store.put(uploads)
        } catch {
            guard case .quotaExceeded(let need, _) = error, hasGrown(by: need, since: before) else {
                throw error
            }
            return try store.put(uploads)
        }
    }

    /// Gets room, unless another request has while this one was on its way.
    private func hasGrown(by need: Int, since count: Int) -> Bool {
        growthCount.withLock { now in
            guard now == count else { return true }
            guard grow(need) else { return false }
            now += 1
            return true
        }
    }

    private func store(_ items: [Item]) {
        guard let store, isOnline else { return fail(items, failure ?? CancelledError()) }
        if let absence = state.withLock(\.absence), !isAttemptDue { return fail(items, absence) }
        do {
            let receipts = try persist { () throws(StoreError) in
                try put(items.map(\.upload), in: store)
            }
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
            fail(items, detailed(error))
        }
    }

    /// A directory's disk can be asked what it has free; a supplier of the network only says no.
    private func detailed(_ error: StoreError) -> any Error {
        guard error == .diskFull, let directory, let room = HomeRoom(at: directory) else {
            return error
        }
        return FullDisk(free: room.byteCount)
    }

    private func fail(_ items: [Item], _ error: any Error) {
        for item in items { item.block.failed(position: item.position, error) }
    }

    // MARK: Patience

    /// Whether somebody who is away should be asked again; always when nothing goes without.
    private var isAttemptDue: Bool {
        state.withLock { $0.nextAttempt <= time.uptime } || !board.isEnough
    }

    /// Asks until there is an answer, or waiting has become too long.
    private func persist<Value>(
        _ ask: () throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let start = time.uptime
        var pause = patience.pauseMin
        while true {
            do {
                let value = try ask()
                state.withLock { ($0.absence, $0.absencePause) = (nil, 0) }
                board.note(number, answers: true)
                return value
            } catch {
                board.note(number, answers: false)
                guard error.isTransient else {
                    state.withLock { $0.failure = $0.failure ?? detailed(error) }
                    throw error
                }
                let waited = time.uptime - start
                let isAway = state.withLock { $0.absence != nil }
                let isLong = board.isEnough && (isAway || waited >= patience.hold)
                guard !isLong, waited < patience.networkHold, board.pause(nanoseconds: pause) else {
                    leaveOut(error, after: waited)
                    throw error
                }
                pause = min(2 * pause, patience.pauseMax)
            }
        }
    }

    /// - Parameter waited: what it has cost to find that out; nobody costs the others more than a
    ///   part of their time.
    private func leaveOut(_ error: StoreError, after waited: UInt64) {
        let now = time.uptime
        state.withLock { state in
            state.absence = error
            state.absencePause = min(
                max(2 * state.absencePause, patience.pauseMax, 4 * waited),
                Limits.laneAbsencePauseMax)
            state.nextAttempt = now + state.absencePause
        }
    }

    /// Says that it answers and takes nothing: it is away again, and asked rarely.
    func tookNothing() {
        leaveOut(.unreachable(.timedOut), after: patience.hold)
    }

    /// Waits for a supplier that is away, once more as long as for one that has just gone.
    ///
    /// - Returns: its store, when it answers.
    func returned() -> (any FragmentStore)? {
        guard let store, isOnline else { return nil }
        guard isAway else { return store }
        state.withLock { $0.absence = nil }
        let answer = try? persist { () throws(StoreError) in try store.usage() }
        return answer == nil ? nil : store
    }
}

/// The disk of a supplier's directory has no room beside what every supplier leaves free.
struct FullDisk: Error, CustomStringConvertible {
    let free: UInt64

    var description: String {
        "its disk has \(sizeText(free)) free, and \(sizeText(UInt64(Limits.diskReserve))) stay free"
    }
}

/// A supplier signed for something else than it was sent.
struct WrongReceipt: Error {}
