internal import Model

/// How many requests each customer may still make at once: a bucket that fills with time.
///
/// Bounded: a user that is not remembered starts with a full bucket, and full buckets are forgotten
/// first.
struct RequestRates {
    private struct Bucket {
        var level: UInt64
        var filled: UInt64
    }

    private var buckets: [UserID: Bucket] = [:]
    private let rate: UInt64
    private let burst: UInt64

    init(rate: Int, burst: Int) {
        self.rate = UInt64(rate)
        self.burst = UInt64(burst)
    }

    /// Takes one request out of the user's bucket; false when it is empty.
    mutating func take(_ user: UserID, at uptime: UInt64) -> Bool {
        if buckets[user] == nil, buckets.count >= Limits.requestRateUserMax { forget(at: uptime) }
        var bucket = filled(buckets[user] ?? Bucket(level: burst, filled: uptime), at: uptime)
        guard bucket.level > 0 else {
            buckets[user] = bucket
            return false
        }
        bucket.level -= 1
        buckets[user] = bucket
        return true
    }

    private func filled(_ bucket: Bucket, at uptime: UInt64) -> Bucket {
        guard uptime > bucket.filled else { return bucket }
        let elapsed = uptime - bucket.filled
        let step = 1_000_000_000 / rate
        let gained = elapsed / step
        guard gained < burst - bucket.level else { return Bucket(level: burst, filled: uptime) }
        return Bucket(level: bucket.level + gained, filled: bucket.filled + gained * step)
    }

    private mutating func forget(at uptime: UInt64) {
        let full = buckets.filter { filled($0.value, at: uptime).level == burst }
        for user in full.keys { buckets[user] = nil }
        // All of them busy: who pays is chosen by nobody's wish.
        if buckets.count >= Limits.requestRateUserMax { buckets.removeAll() }
    }
}
