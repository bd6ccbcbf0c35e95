internal import Glibc
internal import Model

/// `212 MiB/s`.
func rateText(_ bytesPerSecond: Double) -> String {
    guard bytesPerSecond.isFinite, bytesPerSecond >= 0, bytesPerSecond < 1e18 else {
        return "0 B/s"
    }
    return sizeText(UInt64(bytesPerSecond)) + "/s"
}

/// `0:09`, `14:50`, `1:02:03`, from nanoseconds.
func durationText(_ nanoseconds: UInt64) -> String {
    let seconds = nanoseconds / 1_000_000_000
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return hours > 0
        ? "\(hours):\(padded(minutes, 2)):\(padded(seconds % 60, 2))"
        : "\(minutes):\(padded(seconds % 60, 2))"
}

/// `just now`, `5 min ago`, `3 h ago`, `2 days ago`.
func agoText(then: Int64, now: Int64) -> String {
    let (difference, isTooFar) = now.subtractingReportingOverflow(then)
    guard !isTooFar, difference >= 0 else { return "in the future" }
    let minutes = difference / 60_000_000_000
    switch minutes {
    case 0: return "just now"
    case ..<60: return "\(minutes) min ago"
    case ..<(48 * 60): return "\(minutes / 60) h ago"
    default: return "\(countText(UInt64(minutes / 1440))) days ago"
    }
}

/// `2026-11-21 11:04` where the user is.
func localTimeText(seconds: Int64, withSeconds: Bool = false) -> String {
    var time = time_t(seconds)
    var parts = tm()
    guard localtime_r(&time, &parts) != nil else { return "\(seconds) s" }
    return formatted(&parts, withSeconds ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M")
}

func localTimeText(nanoseconds: Int64) -> String {
    localTimeText(seconds: nanoseconds / 1_000_000_000)
}

/// RFC 3339 in UTC to the nanosecond, of any time that a file system keeps.
func dateText(_ time: FileTime) -> String {
    var seconds = time_t(time.seconds)
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil else { return "\(time.seconds)" }
    let fraction = padded(UInt64(time.nanoseconds), 9)
    return formatted(&parts, "%Y-%m-%dT%H:%M:%S") + "." + fraction + "Z"
}

extension String {
    func leftAligned(_ width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }

    func rightAligned(_ width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - count)) + self
    }
}

private func formatted(_ parts: inout tm, _ format: String) -> String {
    var buffer = [CChar](repeating: 0, count: 80)
    let length = strftime(&buffer, buffer.count, format, &parts)
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
