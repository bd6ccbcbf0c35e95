internal import Model
internal import Synchronization

/// Who does not answer, and how long whoever reads waits for them, so that a network that is cut
/// for a while costs time and no file.
///
/// Each silence of a supplier is waited for once: when it has lasted for the patience, nobody waits
/// for it any more, until it answers. One that comes and goes without end cannot hold a command up.
/// All that one command reads with has the same one.
///
/// Thread rules: any thread that may block.
final class FetchPatience: Sendable {
    private struct State {
        /// Suppliers that gave no answer, and since which uptime.
        var silent: [SupplierID: UInt64] = [:]
        /// How often each has answered again.
        var returns: [SupplierID: Int] = [:]
        /// How often one of them has, of those that are believed.
        var returnCount = 0
        /// Readers that wait now.
        var waitingCount = 0
        /// Those whom they wait for, and who were told.
        var awaited: Set<SupplierID> = []

        /// Those whose silence is shorter, but for those that come and go without end.
        func silent(for hold: UInt64, at now: UInt64) -> Set<SupplierID> {
            Set(silent.filter { now &- $0.value < hold && isBelieved($0.key) }.keys)
        }

        func isBelieved(_ supplier: SupplierID) -> Bool {
            returns[supplier, default: 0] <= Limits.supplierReturnCountMax
        }
    }

    /// What was answered, and who is silent after it.
    struct Answered<Value> {
        let value: Value
        let silent: Set<SupplierID>
        /// Of the silent ones, those that are still worth waiting for.
        let hoped: Set<SupplierID>
    }

    /// Nanoseconds of silence that are waited for.
    private let hold: UInt64
    private let pauseMin: UInt64
    private let pauseMax: UInt64
    private let time: any TimeSource
    private let cancellation: Cancellation
    private let report: @Sendable (_ silent: Int) -> Void
    private let waiting: @Sendable (_ awaited: Set<SupplierID>, _ until: Timestamp) -> Void
    private let monitor = Monitor()
    private let state = Mutex(State())

    /// - Parameters:
    ///   - report: hears how many suppliers do not answer, whenever that changes.
    ///   - waiting: hears when waiting begins, and when it is for more of them: who they are, and
    ///     when it is over at the latest.
    init(
        _ patience: LanePatience, time: any TimeSource, cancellation: Cancellation,
        report: @escaping @Sendable (_ silent: Int) -> Void = { _ in },
        waiting: @escaping @Sendable (Set<SupplierID>, Timestamp) -> Void = { _, _ in }
    ) {
        hold = patience.networkHold
        pauseMin = patience.pauseMin
        pauseMax = patience.pauseMax
        self.time = time
        self.cancellation = cancellation
        self.report = report
        self.waiting = waiting
    }

    /// Waits for nobody.
    static func none(_ time: any TimeSource) -> FetchPatience {
        var patience = LanePatience()
        patience.networkHold = 0
        return FetchPatience(patience, time: time, cancellation: Cancellation())
    }

    // MARK: Who answers

    /// Suppliers that do not answer now.
    var silent: Set<SupplierID> { state.withLock { Set($0.silent.keys) } }

    func answered(_ supplier: SupplierID) {
        let count = state.withLock { state in
            state.silent.removeValue(forKey: supplier).map { _ in
                state.returns[supplier, default: 0] += 1
                if state.isBelieved(supplier) { state.returnCount += 1 }
                return state.silent.count
            }
        }
        if let count { report(count) }
    }

    func stayedSilent(_ supplier: SupplierID) {
        let count = state.withLock { state -> Int? in
            guard state.silent[supplier] == nil else { return nil }
            state.silent[supplier] = time.uptime
            return state.silent.count
        }
        if let count { report(count) }
    }

    /// What `ask` gives when nobody comes back meanwhile: who does may have been asked before that
    /// and would be taken for one that has nothing.
    func settled<Value>(_ ask: () -> Value, isEnough: (Value) -> Bool) -> Answered<Value> {
        while true {
            let before = state.withLock(\.returnCount)
            let value = ask()
            let (count, silent, hoped) = state.withLock { state in
                let hoped = state.silent(for: hold, at: time.uptime)
                return (state.returnCount, Set(state.silent.keys), hoped)
            }
            if isEnough(value) || count == before {
                return Answered(value: value, silent: silent, hoped: hoped)
            }
        }
    }

    // MARK: Waiting

    /// Calls `attempt` until it waits for nobody; between two calls time passes, twice as much each
    /// time.
    ///
    /// - Parameter attempt: asks; the suppliers that are worth waiting for and whose answers it
    ///   cannot do without.
    /// - Throws: what `attempt` throws, or ``CancelledError``.
    func persist(_ attempt: () throws -> Set<SupplierID>) throws {
        var pause = pauseMin
        var isWaiting = false
        defer { if isWaiting { end() } }
        while true {
            let wanted = try attempt()
            if wanted.isEmpty { return }
            begin(wanted, isFirst: !isWaiting)
            isWaiting = true
            guard monitor.pause(nanoseconds: pause, while: { !cancellation.isCancelled }) else {
                throw CancelledError()
            }
            pause = min(2 * pause, pauseMax)
        }
    }

    private func begin(_ wanted: Set<SupplierID>, isFirst: Bool) {
        let news = state.withLock { state -> (awaited: Set<SupplierID>, gone: UInt64)? in
            if isFirst { state.waitingCount += 1 }
            guard !wanted.isSubset(of: state.awaited) else { return nil }
            state.awaited.formUnion(wanted)
            let now = time.uptime
            let silences = state.awaited.compactMap { state.silent[$0] }.map { now &- $0 }
            return (state.awaited, silences.min() ?? 0)
        }
        guard let (awaited, gone) = news else { return }
        let left = Int64(clamping: hold - min(hold, gone))
        let (end, isEndless) = time.now.nanoseconds.addingReportingOverflow(left)
        waiting(awaited, Timestamp(nanoseconds: isEndless ? .max : end))
    }

    private func end() {
        state.withLock { state in
            state.waitingCount -= 1
            if state.waitingCount == 0 { state.awaited = [] }
        }
    }
}
