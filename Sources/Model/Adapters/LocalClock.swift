internal import Glibc

/// The clock on the wall where this machine stands.
package enum LocalClock {
    /// Minutes after midnight, by the time zone of the process.
    package static func minuteOfDay(_ time: Timestamp) -> Int {
        var seconds = time_t(time.nanoseconds / 1_000_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return Int(parts.tm_hour) * 60 + Int(parts.tm_min)
    }
}
