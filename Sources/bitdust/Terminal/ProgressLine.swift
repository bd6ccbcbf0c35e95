internal import Model

/// How fast something goes.
struct Pace: Hashable, Sendable {
    /// Nanoseconds since the start.
    var elapsed: UInt64 = 0
    /// `nil` until it is known.
    var bytesPerSecond: Double?

    /// Whole seconds until `remaining` bytes are done; `nil` when nothing can be said.
    func secondsRemaining(_ remaining: UInt64) -> UInt64? {
        guard let bytesPerSecond, bytesPerSecond >= 1 else { return nil }
        let seconds = (Double(remaining) / bytesPerSecond).rounded(.up)
        return seconds < 1e9 ? UInt64(seconds) : nil
    }
}

/// One line that says where a transfer stands, as a value: drawn as a bar or printed as text.
struct ProgressLine: Hashable, Sendable {
    /// What is being done: `reading`.
    var phase: String
    /// 0...1; `nil` while the total is unknown.
    var fraction: Double?
    /// `1.34 GiB`, or whatever is counted.
    var done: String
    /// `5 307 files`, shown while the total is unknown.
    var count: String
    var bytesPerSecond: Double?
    var secondsRemaining: UInt64?
    /// `4 suppliers (need 2)`.
    var suppliers: String?
    var errorCount: UInt64 = 0

    private static let barWidthMax = 18
    private static let barWidthMin = 6

    /// The line as a bar of at most `width` columns; what matters least is left out first.
    ///
    /// ```
    ///   [##############----]   78 %  1.34 GiB  212 MiB/s  ETA 0:02  4 suppliers (need 2)
    /// ```
    func bar(width: Int) -> String {
        var parts = details
        while true {
            let text = assembled(parts, width: width)
            if text.count <= width || parts.isEmpty { return String(text.prefix(max(0, width))) }
            parts.removeLast()
        }
    }

    /// The line without a bar, for logs.
    var plain: String {
        var parts = [phase]
        if let percent { parts.append(percent) } else { parts.append(count) }
        return (parts + details).joined(separator: "  ")
    }

    /// Ordered by what matters to the reader.
    private var details: [String] {
        var parts: [String] = []
        if errorCount > 0 { parts.append(countText(errorCount, "error")) }
        parts.append(done)
        if let bytesPerSecond { parts.append(rateText(bytesPerSecond)) }
        if let secondsRemaining {
            parts.append("ETA " + durationText(secondsRemaining * 1_000_000_000))
        }
        if let suppliers { parts.append(suppliers) }
        return parts
    }

    private var percent: String? {
        fraction.map { String(Int(clamped($0) * 100)).rightAligned(3) + " %" }
    }

    private func assembled(_ parts: [String], width: Int) -> String {
        let tail = parts.map { "  " + $0 }.joined()
        guard let fraction, let percent else { return "  \(phase)  \(count)" + tail }
        let room = width - "  []  ".count - percent.count - tail.count
        guard room >= ProgressLine.barWidthMin else { return "  " + percent + tail }
        let length = min(ProgressLine.barWidthMax, room)
        let full = Int(clamped(fraction) * Double(length))
        let bar = String(repeating: "#", count: full) + String(repeating: "-", count: length - full)
        return "  [\(bar)]  " + percent + tail
    }

    private func clamped(_ value: Double) -> Double { min(1, max(0, value)) }
}

/// `4 suppliers (need 2)`; `nil` before anything is known.
func supplierText(online: Int, needed: Int) -> String? {
    needed > 0 ? countText(UInt64(max(0, online)), "supplier") + " (need \(needed))" : nil
}

/// The rate over the last seconds, from samples of a counter.
struct RateMeter: Sendable {
    /// Long enough to be calm, short enough to notice a stop.
    private static let window: UInt64 = 8_000_000_000
    private static let spanMin: UInt64 = 500_000_000
    private var samples: [(time: UInt64, byteCount: UInt64)] = []

    /// - Parameters:
    ///   - time: nanoseconds of a clock that never goes back.
    ///   - byteCount: bytes done since the start.
    /// - Returns: bytes per second; `nil` before half a second has gone by.
    mutating func add(time: UInt64, byteCount: UInt64) -> Double? {
        samples.append((time, byteCount))
        // The oldest sample kept is the last one that is older than the window.
        if let first = samples.lastIndex(where: { time - $0.time >= RateMeter.window }) {
            samples.removeFirst(first)
        }
        guard let first = samples.first, time - first.time >= RateMeter.spanMin else { return nil }
        let bytes = byteCount >= first.byteCount ? byteCount - first.byteCount : 0
        return Double(bytes) / (Double(time - first.time) / 1e9)
    }
}
