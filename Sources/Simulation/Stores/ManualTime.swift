package import Model
internal import Synchronization

/// A clock that stands until a test moves it.
package final class ManualTime: TimeSource {
    private let elapsed = Mutex<(uptime: UInt64, wall: Int64)>((0, 0))

    package init() {}

    package var now: Timestamp { Timestamp(nanoseconds: elapsed.withLock { $0.wall }) }
    package var uptime: UInt64 { elapsed.withLock { $0.uptime } }

    package func advance(days: Int = 0, nanoseconds: UInt64 = 0) {
        let step = UInt64(days) * 86_400_000_000_000 + nanoseconds
        elapsed.withLock {
            $0.uptime += step
            $0.wall += Int64(step)
        }
    }

    /// The wall clock jumps; no time passes.
    package func jump(days: Int) {
        elapsed.withLock { $0.wall += Int64(days) * 86_400_000_000_000 }
    }
}
