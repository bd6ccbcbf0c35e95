internal import Model

/// What the lanes of one run know of each other: who answers, whether those are enough, and whether
/// the run is over.
// @unchecked: every access to the state is under `monitor`.
final class LaneBoard: @unchecked Sendable {
    private let monitor = Monitor()
    private let needed: Int
    private let cancellation: Cancellation
    private let report: @Sendable (_ answering: Int) -> Void
    private var answering: Set<Int>
    private var isAborted = false

    /// - Parameters:
    ///   - online: numbers of the lanes whose suppliers answer at first.
    ///   - needed: suppliers without which no block can be stored.
    ///   - report: hears how many answer whenever that changes.
    init(
        online: Set<Int>, needed: Int, cancellation: Cancellation,
        report: @escaping @Sendable (_ answering: Int) -> Void
    ) {
        self.answering = online
        self.needed = needed
        self.cancellation = cancellation
        self.report = report
    }

    /// Whether enough suppliers answer for new blocks.
    var isEnough: Bool { monitor.withLock { answering.count >= needed } }

    func note(_ lane: Int, answers: Bool) {
        let (isNews, count) = monitor.withLock {
            let isNews = answering.contains(lane) != answers
            if answers { answering.insert(lane) } else { answering.remove(lane) }
            // Who waits for the others may go on, or has to begin to wait.
            monitor.wakeAll()
            return (isNews, answering.count)
        }
        if isNews { report(count) }
    }

    /// Lets time pass, less when the run is given up.
    ///
    /// - Returns: false when the run is over.
    func pause(nanoseconds: UInt64) -> Bool {
        monitor.pause(nanoseconds: nanoseconds) { !isAborted && !cancellation.isCancelled }
    }

    /// Wakes everybody who waits.
    func abort() {
        monitor.withLock {
            isAborted = true
            monitor.wakeAll()
        }
    }
}
