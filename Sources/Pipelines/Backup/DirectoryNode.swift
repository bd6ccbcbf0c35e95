internal import FileTrees
internal import Model
internal import Synchronization

/// One directory on its way into the snapshot: its entries, of which some are still being read.
///
/// When the last entry is there, whoever brought it stores the directory's tree object and hands
/// the directory to its parent.
final class DirectoryNode: Sendable {
    enum Parent: Sendable {
        case directory(DirectoryNode, index: Int)
        case root(index: Int)
    }

    private struct State {
        /// `nil` while it is being read, and for good when it could not be.
        var entries: [TreeEntry?]
        var stamps: [SeenStamp]
        /// Entries that are still to come, and one for the scanner itself.
        var pendingCount: Int
    }

    /// Absolute, raw bytes.
    let path: [UInt8]
    let source: SourceDirectory
    let parent: Parent
    /// The directory's own entry, without content.
    let entry: TreeEntry
    /// What the last backup saw here.
    let previous: SeenListing?
    private let state: Mutex<State>

    init(
        path: [UInt8], source: SourceDirectory, parent: Parent, entry: TreeEntry,
        previous: SeenListing?, stamps: [SeenStamp]
    ) {
        self.path = path
        self.source = source
        self.parent = parent
        self.entry = entry
        self.previous = previous
        self.state = Mutex(
            State(
                entries: Array(repeating: nil, count: stamps.count), stamps: stamps,
                pendingCount: stamps.count + 1))
    }

    /// Takes the entry at `index`, or its absence.
    ///
    /// - Returns: true when it was the last one the directory waited for.
    func settle(_ index: Int, _ entry: TreeEntry?) -> Bool {
        state.withLock { state in
            state.entries[index] = entry
            state.pendingCount -= 1
            return state.pendingCount == 0
        }
    }

    /// Makes the next backup read the entry again, because it changed under our eyes.
    func forgetStamp(_ index: Int) {
        state.withLock {
            $0.stamps[index] = SeenStamp(changed: FileTime(seconds: 0, nanoseconds: 0), inode: 0)
        }
    }

    /// The scanner has handed on every entry.
    ///
    /// - Returns: true when none is outstanding.
    func scanned() -> Bool {
        state.withLock { state in
            state.pendingCount -= 1
            return state.pendingCount == 0
        }
    }

    /// The entries that are there, with their stamps; frees them here.
    func takeEntries() -> (entries: [TreeEntry], stamps: [SeenStamp]) {
        state.withLock { state in
            var entries: [TreeEntry] = []
            var stamps: [SeenStamp] = []
            entries.reserveCapacity(state.entries.count)
            stamps.reserveCapacity(state.entries.count)
            for (entry, stamp) in zip(state.entries, state.stamps) {
                guard let entry else { continue }
                entries.append(entry)
                stamps.append(stamp)
            }
            state.entries = []
            state.stamps = []
            return (entries, stamps)
        }
    }
}
