internal import FileTrees
internal import Model
internal import Synchronization

/// Counts what a restore does, gathers what went wrong, and tells whoever watches.
final class RestoreTally: Sendable {
    struct State {
        var progress = RestoreProgress()
        var restored: UInt64 = 0
        var kept: UInt64 = 0
        var directories: UInt64 = 0
        var bytes: UInt64 = 0
        var problems: [SourceProblem] = []
        /// Problems that are suppliers' absence.
        var away = 0
        var issues: [String: UInt64] = [:]
        var reported: UInt64 = 0
    }

    private let state = Mutex(State())
    private let time: any TimeSource
    private let report: @Sendable (RestoreProgress) -> Void
    private let intervalNanoseconds: UInt64 = 100_000_000

    init(time: any TimeSource, report: @escaping @Sendable (RestoreProgress) -> Void) {
        self.time = time
        self.report = report
    }

    var current: State { state.withLock { $0 } }

    /// - Parameter isNews: is told at once, and not with the next file.
    func update(isNews: Bool = false, _ change: (inout State) -> Void) {
        let now = time.uptime
        let due = state.withLock { state -> RestoreProgress? in
            change(&state)
            guard isNews || now >= state.reported + intervalNanoseconds else { return nil }
            state.reported = now
            return state.progress
        }
        if let due { report(due) }
    }

    func flush() {
        report(current.progress)
    }

    func add(_ path: [UInt8], _ error: any Error) {
        update {
            $0.problems.append(SourceProblem(path: path, reason: reasonText(error)))
            if (error as? FetchError)?.isAway == true { $0.away += 1 }
            $0.progress.errorCount += 1
        }
    }

    func add(_ issues: [MetadataIssue]) {
        guard !issues.isEmpty else { return }
        update { state in
            for issue in issues { state.issues[issue.sentence, default: 0] += 1 }
        }
    }
}

extension MetadataIssue {
    /// For people; the same for all that a user would see as one.
    var sentence: String {
        switch self {
        case .owner: "owner not set (only root may)"
        case .mode: "permissions not set"
        case .attribute(let name, _): "attribute \(displayText(name)) not set"
        case .modified: "time of modification not set"
        case .skipped: "device or socket skipped (only root may make one)"
        }
    }
}
