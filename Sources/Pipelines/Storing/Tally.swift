internal import Model
internal import Synchronization

/// Counts what a backup does and tells whoever watches, at most ten times a second.
final class Tally: Sendable {
    private struct State {
        var progress = BackupProgress()
        var reported: UInt64 = 0
    }

    private let state = Mutex(State())
    private let time: any TimeSource
    private let report: @Sendable (BackupProgress) -> Void
    private let intervalNanoseconds: UInt64 = 100_000_000

    init(time: any TimeSource, report: @escaping @Sendable (BackupProgress) -> Void) {
        self.time = time
        self.report = report
    }

    var progress: BackupProgress { state.withLock { $0.progress } }

    func update(_ change: (inout BackupProgress) -> Void) {
        let now = time.uptime
        let due = state.withLock { state -> BackupProgress? in
            change(&state.progress)
            guard now >= state.reported + intervalNanoseconds else { return nil }
            state.reported = now
            return state.progress
        }
        if let due { report(due) }
    }

    /// Reports now, whatever was reported when.
    func flush() {
        report(progress)
    }
}
