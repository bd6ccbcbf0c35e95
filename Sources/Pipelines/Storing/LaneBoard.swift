internal import Glibc
internal import Model

/// What the lanes of one run know of each other: who answers, whether those are enough, and whether
/// the run is over.
// @unchecked: every access to the state is under `mutex`.
final class LaneBoard: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>
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
        self.mutex = .allocate(capacity: 1)
        self.changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(changed)
        mutex.deallocate()
        changed.deallocate()
    }

    /// Whether enough suppliers answer for new blocks.
    var isEnough: Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return answering.count >= needed
    }

    func note(_ lane: Int, answers: Bool) {
        pthread_mutex_lock(mutex)
        let isNews = answering.contains(lane) != answers
        if answers { answering.insert(lane) } else { answering.remove(lane) }
        let count = answering.count
        // Who waits for the others may go on, or has to begin to wait.
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
        if isNews { report(count) }
    }

    /// Lets time pass, less when the run is given up.
    ///
    /// - Returns: false when the run is over.
    func pause(nanoseconds: UInt64) -> Bool {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        let end = LaneBoard.uptime &+ nanoseconds
        while !isAborted, !cancellation.isCancelled {
            let now = LaneBoard.uptime
            guard now < end else { return true }
            // A cancellation is a flag of the terminal's: nobody tells of it.
            let next = min(end, now &+ LaneBoard.slice)
            var moment = timespec(
                tv_sec: Int(next / 1_000_000_000), tv_nsec: Int(next % 1_000_000_000))
            pthread_cond_timedwait(changed, mutex, &moment)
        }
        return false
    }

    /// Wakes everybody who waits.
    func abort() {
        pthread_mutex_lock(mutex)
        isAborted = true
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }

    private static let slice: UInt64 = 200_000_000

    private static var uptime: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
