package import Model

/// How often something may happen: `burst` times at once, then once every `interval` nanoseconds.
package struct Rate: Equatable, Sendable {
    package let interval: UInt64
    package let burst: UInt64

    package init(interval: UInt64, burst: UInt64) {
        self.interval = interval
        self.burst = burst
    }
}

/// Holds each address range to a rate, in bounded memory.
///
/// Of each range the time is kept at which it would be at rest if it came at the rate. Ranges are
/// in two tables; when the newer one is full it becomes the older one, which is dropped. A range
/// that keeps asking is carried over, and those that are dropped were mostly at rest.
///
/// - SeeAlso: ITU-T I.371, generic cell rate algorithm.
package struct RateLimiter: Sendable {
    private let rate: Rate
    private let rangeCountMax: Int
    private var newer: [IPAddress: UInt64] = [:]
    private var older: [IPAddress: UInt64] = [:]

    package init(_ rate: Rate, rangeCountMax: Int = Limits.rateRangeCountMax) {
        self.rate = rate
        self.rangeCountMax = rangeCountMax
    }

    /// Counts one, unless it is one too many. This machine itself is not counted.
    package mutating func take(_ address: IPAddress, uptime: UInt64) -> Bool {
        if address.isLoopback { return true }
        let range = address.range
        let rest = max(newer[range] ?? older[range] ?? 0, uptime)
        guard rest - uptime <= rate.interval * (rate.burst - 1) else { return false }
        if newer.count >= rangeCountMax, newer[range] == nil {
            older = newer
            newer = [:]
        }
        newer[range] = rest + rate.interval
        return true
    }

    package var rangeCount: Int { newer.count + older.count }
}

extension Limits {
    /// Look-ups of one address range, 100 a second: a network behind one address, and no crawler.
    package static let identityLookupRate = Rate(interval: 10_000_000, burst: 1000)
    /// Uploads of one address range, one a second: each costs half a millisecond of signatures.
    package static let identityUploadRate = Rate(interval: 1_000_000_000, burst: 60)
    /// New names of one address range, 20 an hour: nobody takes all the short ones in a night.
    package static let identityNewNameRate = Rate(interval: 180_000_000_000, burst: 20)
}
