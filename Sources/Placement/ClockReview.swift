package import Model

/// Whose clock is wrong, as far as comparing can tell: ours, when most others agree against it.
///
/// Nothing is expired or deleted by a wall clock, so a wrong one is told and has no other effect.
package struct ClockReview: Hashable, Sendable {
    /// Seconds that this machine's clock is ahead of most others, less than none when it is behind;
    /// `nil` when it agrees with them.
    package let own: Int64?
    /// Seconds that a supplier's clock is ahead of most, of those whose is wrong.
    package let wrong: [SupplierID: Int64]

    /// - Parameter ahead: seconds that the clock of each supplier is ahead of ours.
    package init(_ ahead: [SupplierID: Int64]) {
        let ahead = ahead.mapValues { max(-ClockReview.most, min(ClockReview.most, $0)) }
        let sorted = ahead.values.sorted()
        let middle = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
        let other = sorted.isEmpty ? 0 : sorted[(sorted.count - 1) / 2]
        // Of two middles the one nearer to ours; of one supplier ours is believed.
        let median = middle.magnitude < other.magnitude ? middle : other
        let isOurs = sorted.count > 1 && ClockReview.isWrong(median)
        own = isOurs ? -median : nil
        wrong = ahead.mapValues { $0 - (isOurs ? median : 0) }.filter {
            ClockReview.isWrong($0.value)
        }
    }

    /// Seconds; what is said beyond this is no time, and must not overflow.
    private static let most: Int64 = 1 << 40

    private static func isWrong(_ seconds: Int64) -> Bool {
        seconds.magnitude > UInt64(Limits.clockDifferenceMax)
    }
}
