package import Model
internal import Synchronization

/// Holds bytes back so that no more than so many move each second.
///
/// Thread rules: any thread may call; those that are held back wait one after the other.
package final class Throttle: Sendable {
    private let bytesPerSecond: Int?
    private let time: any TimeSource
    private let pause: @Sendable (_ nanoseconds: UInt64) -> Void
    /// Uptime at which what was taken so far has had its time.
    private let paidUntil = Mutex<UInt64>(0)

    /// - Parameters:
    ///   - bytesPerSecond: `nil` for no limit.
    ///   - pause: lets so many nanoseconds pass, on the calling thread.
    package init(
        bytesPerSecond: Int?, time: any TimeSource,
        pause: @escaping @Sendable (_ nanoseconds: UInt64) -> Void
    ) {
        precondition(bytesPerSecond.map { $0 > 0 } ?? true)
        self.bytesPerSecond = bytesPerSecond
        self.time = time
        self.pause = pause
    }

    /// Waits until so many bytes may move. A quarter of a second is saved up at most: a burst after
    /// a silence is what a limit is there against.
    package func take(_ byteCount: Int) {
        guard let bytesPerSecond, byteCount > 0 else { return }
        let now = time.uptime
        let cost = UInt64(Double(byteCount) / Double(bytesPerSecond) * 1e9)
        let wait = paidUntil.withLock { paid -> UInt64 in
            let start = max(paid, now > 250_000_000 ? now - 250_000_000 : 0)
            paid = start + cost
            return paid > now ? paid - now : 0
        }
        if wait > 0 { pause(wait) }
    }
}
