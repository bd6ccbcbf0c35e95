internal import Glibc
package import Model

/// The three clocks that a measurement reads.
package struct Clocks: Sendable {
    package let wall: any TimeSource
    /// Processor time of the calling thread.
    package let thread: any TimeSource
    /// Processor time of all threads of this process.
    package let process: any TimeSource

    package init(
        wall: any TimeSource, thread: any TimeSource = ProcessorTime(.thread),
        process: any TimeSource = ProcessorTime(.process)
    ) {
        self.wall = wall
        self.thread = thread
        self.process = process
    }
}

/// Time that a processor has spent on this thread or process, user and system together.
package struct ProcessorTime: TimeSource {
    package enum Scope: Sendable { case thread, process }

    private let clock: clockid_t

    package init(_ scope: Scope) {
        clock = scope == .thread ? CLOCK_THREAD_CPUTIME_ID : CLOCK_PROCESS_CPUTIME_ID
    }

    /// Processor time is no date: this is as far from 1970 as the processor has worked.
    package var now: Timestamp { Timestamp(nanoseconds: Int64(uptime)) }

    package var uptime: UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
