internal import Glibc

/// Lets time pass on a thread of its own, where there is nothing to wait for but time.
package enum SystemPause {
    package static func pause(nanoseconds: UInt64) {
        var wanted = timespec(
            tv_sec: Int(clamping: nanoseconds / 1_000_000_000),
            tv_nsec: Int(nanoseconds % 1_000_000_000))
        var left = timespec()
        while nanosleep(&wanted, &left) != 0 && errno == EINTR { wanted = left }
    }
}
