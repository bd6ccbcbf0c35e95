internal import FileTrees
internal import Model
internal import Synchronization

/// A directory that is being restored; it gets its own metadata when all that it holds is there.
final class RestoreNode: Sendable {
    let directory: TargetDirectory
    /// `nil` for a target that keeps its own metadata.
    let entry: TreeEntry?
    let parent: RestoreNode?
    private let pendingCount: Mutex<Int>

    /// The planner holds one of the pending, so that a directory is not finished before it is read.
    init(directory: TargetDirectory, entry: TreeEntry?, parent: RestoreNode?) {
        self.directory = directory
        self.entry = entry
        self.parent = parent
        self.pendingCount = Mutex(1)
    }

    func begin() {
        pendingCount.withLock { $0 += 1 }
    }

    /// - Returns: true when that was the last.
    func end() -> Bool {
        pendingCount.withLock { count in
            count -= 1
            return count == 0
        }
    }
}

/// A file of many chunks, restored by several workers at once, a part each.
final class SharedFile: Sendable {
    private struct State {
        var partsLeft: Int
        var isPlanned = false
        var failure: (any Error)?
    }

    let node: RestoreNode
    let entry: TreeEntry
    let target: TargetFile
    private let state = Mutex(State(partsLeft: 0))

    init(node: RestoreNode, entry: TreeEntry, target: TargetFile) {
        self.node = node
        self.entry = entry
        self.target = target
    }

    var hasFailed: Bool { state.withLock { $0.failure != nil } }

    func beginPart() {
        state.withLock { $0.partsLeft += 1 }
    }

    /// Notes that a part is written, or why not.
    ///
    /// - Returns: true for the last part of all.
    func endPart(_ failure: (any Error)?) -> Bool {
        state.withLock { state in
            state.partsLeft -= 1
            state.failure = state.failure ?? failure
            return state.isPlanned && state.partsLeft == 0
        }
    }

    /// No more parts come.
    ///
    /// - Returns: true when all are written already.
    func planned(_ failure: (any Error)?) -> Bool {
        state.withLock { state in
            state.isPlanned = true
            state.failure = state.failure ?? failure
            return state.partsLeft == 0
        }
    }

    func check() throws {
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }
}

/// What a restoring worker is given.
enum RestoreJob: Sendable {
    /// Whole files of one directory. Two workers that create files in the same directory wait for
    /// each other's lock on it, so that each gets many of one.
    case files([TreeEntry], RestoreNode)
    /// Chunks of a long file, from an offset on.
    case part(SharedFile, chunks: [ChunkID], offset: UInt64)
}
