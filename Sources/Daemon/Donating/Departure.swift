internal import Model
internal import Synchronization

/// When a supplier that is about to leave ends: its term runs from the moment at which it first
/// knew, which outlives a restart.
///
/// Thread rules: any thread.
final class Departure: Sendable {
    private let path: String
    private let time: any TimeSource
    /// Days that it stays; `nil` when it does not leave.
    private let wants: @Sendable () -> Int?
    /// Seconds since 1970 at which it began to leave.
    private let since: Mutex<Int64?>

    init(directory: String, time: any TimeSource, wants: @escaping @Sendable () -> Int?) {
        path = "\(directory)/leaving"
        self.time = time
        self.wants = wants
        let bytes = (try? HomeFile.readIfThere(path, limit: 64)) ?? []
        since = Mutex(Int64(String(decoding: bytes, as: UTF8.self)))
    }

    /// Seconds since 1970; `nil` while it stays.
    var end: Int64? {
        let days = wants()
        return since.withLock { since in
            guard let days else {
                if since != nil { HomeFile.remove(path) }
                since = nil
                return nil
            }
            let now = time.now.nanoseconds / 1_000_000_000
            if since == nil {
                since = now
                // Lost, it begins anew: customers have more time, not less.
                try? HomeFile.write(Array("\(now)".utf8), to: path)
            }
            return (since ?? now) &+ Int64(days) * 86_400
        }
    }
}
