internal import Glibc

/// A lock, and a condition to wait for under it, also until a moment.
///
/// For threads that may block; a thread of the cooperative pool never waits here.
// @unchecked: the two pointers are written once, in `init`.
final class Monitor: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let changed: UnsafeMutablePointer<pthread_cond_t>

    init() {
        mutex = .allocate(capacity: 1)
        changed = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        // The clock of the machine may be set while somebody waits.
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

    func lock() { pthread_mutex_lock(mutex) }
    func unlock() { pthread_mutex_unlock(mutex) }

    func withLock<Value>(_ body: () throws -> Value) rethrows -> Value {
        lock()
        defer { unlock() }
        return try body()
    }

    /// Lets the lock go until somebody calls ``wakeAll()``, or for no reason at all.
    ///
    /// - Parameter moment: as ``uptime``; `nil` to wait without end.
    func wait(until moment: UInt64? = nil) {
        guard let moment else {
            pthread_cond_wait(changed, mutex)
            return
        }
        var time = timespec(
            tv_sec: Int(moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
        pthread_cond_timedwait(changed, mutex, &time)
    }

    /// Lets time pass as long as `isWanted`, which is asked a few times each second: a cancellation
    /// is a flag of the terminal's, nobody tells of it. Whoever knows of more calls ``wakeAll()``.
    ///
    /// - Returns: whether it was wanted to the end.
    func pause(nanoseconds: UInt64, while isWanted: () -> Bool) -> Bool {
        lock()
        defer { unlock() }
        let end = Monitor.uptime &+ nanoseconds
        while isWanted() {
            let now = Monitor.uptime
            guard now < end else { return true }
            wait(until: min(end, now &+ Monitor.slice))
        }
        return false
    }

    private static let slice: UInt64 = 200_000_000

    func wakeAll() { pthread_cond_broadcast(changed) }

    /// The clock by which it waits, in nanoseconds.
    static var uptime: UInt64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
    }
}
