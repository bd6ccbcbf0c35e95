internal import Model
internal import Synchronization

/// What went wrong with single files, in the order in which it was met.
final class ProblemList: Sendable {
    private let list = Mutex<[SourceProblem]>([])

    func add(_ path: [UInt8], _ reason: String) {
        list.withLock { $0.append(SourceProblem(path: path, reason: reason)) }
    }

    /// All of them, by path.
    var sorted: [SourceProblem] {
        list.withLock { $0 }.sorted { $0.path.lexicographicallyPrecedes($1.path) }
    }
}
