internal import Model

/// How often those of one key may do something, as a value: strangers of one address range begin a
/// handshake, which costs us several public-key operations before we know who asks; one user call
/// others through a router.
///
/// A key has a bucket of `burst` tokens, filled again at `perSecond`; times are nanoseconds of
/// uptime.
struct ArrivalRates<Key: Hashable> {
    private struct Bucket {
        var tokens: Double
        var filled: UInt64
    }

    private let burst: Double
    private let perSecond: Double
    private var buckets: [Key: Bucket] = [:]

    init(
        burst: Int = Limits.handshakeBurst, perSecond: Int = Limits.handshakesPerSecond
    ) {
        self.burst = Double(burst)
        self.perSecond = Double(perSecond)
    }

    var keyCount: Int { buckets.count }

    /// Takes a token of the key, when there is one.
    mutating func admits(_ key: Key, at uptime: UInt64) -> Bool {
        if buckets.count >= Limits.handshakeRangeCountMax, buckets[key] == nil {
            forgetFull(at: uptime)
            // So many at once are no accident: nobody new for the moment.
            guard buckets.count < Limits.handshakeRangeCountMax else { return false }
        }
        var bucket = buckets[key] ?? Bucket(tokens: burst, filled: uptime)
        bucket.tokens = tokens(of: bucket, at: uptime)
        bucket.filled = max(bucket.filled, uptime)
        let isIn = bucket.tokens >= 1
        if isIn { bucket.tokens -= 1 }
        buckets[key] = bucket
        return isIn
    }

    private func tokens(of bucket: Bucket, at uptime: UInt64) -> Double {
        let elapsed = uptime > bucket.filled ? uptime - bucket.filled : 0
        return min(burst, bucket.tokens + Double(elapsed) / 1e9 * perSecond)
    }

    /// A full bucket is as good as none.
    private mutating func forgetFull(at uptime: UInt64) {
        buckets = buckets.filter { tokens(of: $0.value, at: uptime) < burst }
    }
}
