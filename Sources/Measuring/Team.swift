internal import Glibc
internal import Model
internal import Pipelines
internal import Synchronization

/// Contenders that work at the same time, each on a thread and on buffers of its own.
// @unchecked: a contender is only run by the thread of its index, and run(count:clock:) waits for
// all threads.
final class Team: @unchecked Sendable {
    private let members: [Contender]

    init(_ members: [Contender]) {
        self.members = members
    }

    /// Lets each run `count` times.
    ///
    /// - Returns: nanoseconds from the first start to the last end.
    /// - Throws: what the first run that failed threw.
    func run(count: Int, clock: any TimeSource) throws -> UInt64 {
        let race = Race(memberCount: members.count)
        let threads = members.indices.map { index in
            WorkerThread {
                race.take(part: { for _ in 0..<count { try self.members[index].run() } }, clock)
            }
        }
        for thread in threads { thread.join() }
        return try race.nanoseconds()
    }
}

/// The common start of some threads, and when the first began and the last was done.
private final class Race: Sendable {
    private let missing: Atomic<Int>
    private let times = Mutex<(start: UInt64, end: UInt64)>((.max, 0))
    private let failure = Mutex<(any Error)?>(nil)

    init(memberCount: Int) {
        missing = Atomic(memberCount)
    }

    func take(part: () throws -> Void, _ clock: any TimeSource) {
        missing.subtract(1, ordering: .acquiringAndReleasing)
        while missing.load(ordering: .acquiring) > 0 { sched_yield() }
        let start = clock.uptime
        do {
            try part()
        } catch {
            failure.withLock { $0 = $0 ?? error }
        }
        let end = clock.uptime
        times.withLock { $0 = (min($0.start, start), max($0.end, end)) }
    }

    func nanoseconds() throws -> UInt64 {
        if let error = failure.withLock({ $0 }) { throw error }
        return times.withLock { $0.end - $0.start }
    }
}
