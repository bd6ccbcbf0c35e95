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

    package var boot: UInt64 { SystemTime.bootNumber }

    /// The first half of the id that the kernel makes at each start; 1 where there is none.
    private static let bootNumber: UInt64 = {
        let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return 1 }
        defer { close(file) }
        var text = [UInt8](repeating: 0, count: 64)
        let count = text.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        let digits = text.prefix(max(0, count)).filter { $0 != UInt8(ascii: "-") }.prefix(16)
        return UInt64(String(decoding: digits, as: UTF8.self), radix: 16) ?? 1
    }()

    private static func read(_ clock: clockid_t) -> timespec {
        var time = timespec()
        clock_gettime(clock, &time)
        return time
    }
}
