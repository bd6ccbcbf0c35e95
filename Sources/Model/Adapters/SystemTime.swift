internal import Glibc

/// The clocks of the kernel: CLOCK_REALTIME and CLOCK_MONOTONIC.
package struct SystemTime: TimeSource {
    package init() {}

    package var now: Timestamp {
        let time = SystemTime.read(CLOCK_REALTIME)
        return Timestamp(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    package var uptime: UInt64 {
        let time = SystemTime.read(CLOCK_MONOTONIC)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
