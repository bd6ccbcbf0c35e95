/// How to let time pass. Comes in through `init`, beside a `TimeSource`: tests wake sleepers by
/// hand.
package protocol Sleeper: Sendable {
    /// Returns after at least `nanoseconds` of uptime; throws `CancellationError` when the task is
    /// cancelled meanwhile.
    func sleep(nanoseconds: UInt64) async throws
}
