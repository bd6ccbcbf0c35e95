internal import Model

/// How many queries of each sender are answered, in a table of fixed size.
///
/// Generic cell rate algorithm: each place holds the time at which its senders have used up what
/// they may ask; it runs ahead of the clock by at most a burst of five seconds. Senders whose tags
/// fall together share a place, so the table cannot be flooded out.
struct RateLimiter: Sendable {
    private static let burst: UInt64 = 5_000_000_000

    private var used: [UInt64] = []
    private let placeCount: Int

    /// - Parameter placeCount: a power of two.
    init(placeCount: Int) {
        self.placeCount = placeCount
    }

    mutating func allows(tag: UInt64, perSecond: Int, now: UInt64) -> Bool {
        if used.isEmpty { used = Array(repeating: 0, count: placeCount) }
        let place = Int(truncatingIfNeeded: tag & UInt64(placeCount - 1))
        let time = max(used[place], now)
        guard time - now <= RateLimiter.burst else { return false }
        used[place] = time + 1_000_000_000 / UInt64(max(1, perSecond))
        return true
    }
}

/// Addresses that have proved to be their senders': they answered a query of ours or carried a
/// token back. A table of fixed size in which newer ones displace older ones.
struct VerifiedAddresses: Sendable {
    private static let lifetime: UInt64 = 10 * 60

    private var places: [UInt64] = []
    private let placeCount: Int

    /// - Parameter placeCount: a power of two.
    init(placeCount: Int) {
        self.placeCount = placeCount
    }

    mutating func insert(tag: UInt64, now: UInt64) {
        if places.isEmpty { places = Array(repeating: 0, count: placeCount) }
        places[place(tag)] = mark(tag) | expiry(now)
    }

    func contains(tag: UInt64, now: UInt64) -> Bool {
        guard !places.isEmpty else { return false }
        let found = places[place(tag)]
        return found >> 32 == tag >> 32 && found & 0xffff_ffff >= now / 1_000_000_000
    }

    private func place(_ tag: UInt64) -> Int {
        Int(truncatingIfNeeded: tag & UInt64(placeCount - 1))
    }

    private func mark(_ tag: UInt64) -> UInt64 { tag & ~0xffff_ffff }

    private func expiry(_ now: UInt64) -> UInt64 {
        (now / 1_000_000_000 + VerifiedAddresses.lifetime) & 0xffff_ffff
    }
}
