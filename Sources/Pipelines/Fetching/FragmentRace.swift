internal import Model
internal import Suppliers

/// Reads fragments of one block from their suppliers at the same time, until enough are good; for
/// one that is late a spare is asked for, and whichever comes first is taken.
///
/// Whoever is given up may still be writing somewhere: each reads into memory of its own, and only
/// what comes in time is copied to its place.
// @unchecked: every access to the state is under `monitor`.
final class FragmentRace: @unchecked Sendable {
    /// Reads the fragment at a position into the memory; whether it is good.
    typealias Read =
        @Sendable (
            _ position: Int, UnsafeMutableRawBufferPointer, RequestCancellation
        ) -> Bool

    private struct Attempt {
        let started: UInt64
        let lateAfter: UInt64
        let cancellation = RequestCancellation()
        var isHedged = false
    }

    private let monitor = Monitor()
    private let needed: Int
    private let length: Int
    private let isHasty: Bool
    private let recycler: BufferRecycler
    private let read: Read
    private var left: ArraySlice<Int>
    private var underWay: [Int: Attempt] = [:]
    private var good: [Int] = []
    private var isOver = false

    /// - Parameters:
    ///   - positions: in the order in which they are wanted.
    ///   - needed: as many are enough.
    ///   - length: bytes of the longest of them.
    ///   - isHasty: ends when one is late or bad and there is no spare.
    init(
        _ positions: [Int], needed: Int, length: Int, isHasty: Bool = false,
        recycler: BufferRecycler, read: @escaping Read
    ) {
        self.isHasty = isHasty
        self.left = positions[...]
        self.needed = needed
        self.length = length
        self.recycler = recycler
        self.read = read
    }

    /// Waits until enough are good or nobody is left.
    ///
    /// - Parameters:
    ///   - patience: nanoseconds after which the answer for a position is late.
    ///   - place: where the fragment at a position goes.
    ///   - late: hears of positions that were given up, and after how many nanoseconds.
    /// - Returns: the positions that are good, as they came.
    func run(
        patience: (_ position: Int) -> UInt64,
        place: @escaping @Sendable (_ position: Int) -> UnsafeMutableRawBufferPointer,
        late: (_ position: Int, _ nanoseconds: UInt64) -> Void
    ) -> [Int] {
        monitor.lock()
        for _ in 0..<needed { startNext(patience, place) }
        while good.count < needed {
            while good.count + underWay.count < needed, startNext(patience, place) {}
            guard !underWay.isEmpty, !isHasty || !isHopeless else { break }
            waitForChange()
            hedge(patience, place)
        }
        isOver = true
        let now = Monitor.uptime
        let given = underWay
        let found = good
        monitor.unlock()
        for (position, attempt) in given.sorted(by: { $0.key < $1.key }) {
            attempt.cancellation.cancel()
            late(position, now - attempt.started)
        }
        return found
    }

    // MARK: Under the lock

    /// - Returns: whether there was another.
    @discardableResult
    private func startNext(
        _ patience: (Int) -> UInt64,
        _ place: @escaping @Sendable (Int) -> UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let position = left.popFirst() else { return false }
        let now = Monitor.uptime
        let attempt = Attempt(started: now, lateAfter: now &+ patience(position))
        underWay[position] = attempt
        WorkerThread { [self] in
            let memory = RecycledBuffer(byteCount: length, from: recycler)
            // Whoever comes next gets it only when this is over.
            withExtendedLifetime(memory) {
                let bytes = memory.buffer[0..<length]
                ended(position, read(position, bytes, attempt.cancellation) ? bytes : nil, place)
            }
        }.detach()
        return true
    }

    /// Asks for one spare for each that is late.
    private func hedge(
        _ patience: (Int) -> UInt64,
        _ place: @escaping @Sendable (Int) -> UnsafeMutableRawBufferPointer
    ) {
        let now = Monitor.uptime
        for (position, attempt) in underWay.sorted(by: { $0.key < $1.key })
        where !attempt.isHedged && attempt.lateAfter <= now {
            underWay[position]?.isHedged = true
            startNext(patience, place)
        }
    }

    /// Whether not all that is needed comes in time.
    private var isHopeless: Bool {
        good.count + underWay.count < needed || underWay.values.contains { $0.isHedged }
    }

    private func waitForChange() {
        let isWatched = isHasty || !left.isEmpty
        let next =
            isWatched
            ? underWay.values.filter { !$0.isHedged }.map(\.lateAfter).min() : nil
        if let next, next <= Monitor.uptime { return }
        monitor.wait(until: next)
    }

    // MARK: On the thread of an attempt

    private func ended(
        _ position: Int, _ bytes: UnsafeMutableRawBufferPointer?,
        _ place: (Int) -> UnsafeMutableRawBufferPointer
    ) {
        monitor.lock()
        defer { monitor.unlock() }
        guard !isOver else { return }
        underWay[position] = nil
        if let bytes, good.count < needed {
            // A place may be shorter than the longest: what follows it is another's.
            let target = place(position)
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<target.count]))
            good.append(position)
        }
        monitor.wakeAll()
    }
}
