internal import Catalogs
internal import Hashing
internal import Model
internal import Synchronization

/// Stores the tree objects of finished directories, bottom up, and remembers what was seen.
///
/// Thread rules: any thread may call; it runs on whichever thread settled the last entry.
final class DirectoryCollector: Sendable {
    private struct State {
        var roots: [TreeEntry?]
        var seen: [SeenRow] = []
        var seenByteCount = 0
    }

    private let state: Mutex<State>
    private let objects: ObjectWriter
    private let catalog: Catalog
    private let key: Bytes32
    /// `nil` in a dry run, which remembers nothing.
    private let run: Int64?
    private let tally: Tally
    private let uses: SourceUses

    init(
        rootCount: Int, objects: ObjectWriter, catalog: Catalog, key: Bytes32, run: Int64?,
        tally: Tally, uses: SourceUses
    ) {
        self.state = Mutex(State(roots: Array(repeating: nil, count: rootCount)))
        self.objects = objects
        self.catalog = catalog
        self.key = key
        self.run = run
        self.tally = tally
        self.uses = uses
    }

    /// What the last backup saw of a directory.
    func previous(path: [UInt8]) throws -> SeenListing? {
        guard let (bytes, run) = try catalog.seen(key: seenKey(path), path: path) else {
            return nil
        }
        // A row that does not read is no reason to fail: the directory is read again.
        var listing = try? SeenListing(bytes)
        listing?.run = run
        return listing
    }

    func settle(_ node: DirectoryNode, _ index: Int, _ entry: TreeEntry?) throws {
        if node.settle(index, entry) { try finish(node) }
    }

    func settle(_ destination: EntryDestination, _ entry: TreeEntry?) throws {
        switch destination {
        case .directory(let node, let index): try settle(node, index, entry)
        case .root(let index): settleRoot(index, entry)
        }
    }

    func scanned(_ node: DirectoryNode) throws {
        if node.scanned() { try finish(node) }
    }

    func settleRoot(_ index: Int, _ entry: TreeEntry?) {
        state.withLock { $0.roots[index] = entry }
    }

    /// The entries of the paths that were asked for; `nil` where one could not be read.
    var roots: [TreeEntry?] { state.withLock { $0.roots } }

    /// Writes what was seen to the catalog.
    func flushSeen() throws {
        let rows = state.withLock { state in
            defer {
                state.seen = []
                state.seenByteCount = 0
            }
            return state.seen
        }
        guard let run, !rows.isEmpty else { return }
        try catalog.record(rows, run: run)
    }

    /// Stores the directory and, where that was the last entry of its parent, the parent too.
    private func finish(_ first: DirectoryNode) throws {
        var node = first
        while true {
            let entry = try store(node)
            tally.update { $0.counts.directories += 1 }
            switch node.parent {
            case .root(let index):
                settleRoot(index, entry)
                return
            case .directory(let parent, let index):
                guard parent.settle(index, entry) else { return }
                node = parent
            }
        }
    }

    private func store(_ node: DirectoryNode) throws -> TreeEntry {
        let (entries, stamps) = node.takeEntries()
        if let previous = node.previous { uses.note(entries, seen: previous) }
        var entry = node.entry
        if let previous = node.previous, previous.tree.entries == entries {
            entry.content = previous.content
            entry.size = previous.treeLength
            if previous.stamps != stamps {
                try remember(node, previous.tree, entry: entry, stamps: stamps)
            }
            return entry
        }
        let tree = Tree(sorted: entries)
        let bytes = tree.encoded()
        entry.content = try objects.store(bytes)
        entry.size = UInt64(bytes.count)
        try remember(node, tree, entry: entry, stamps: stamps, treeBytes: bytes)
        return entry
    }

    private func remember(
        _ node: DirectoryNode, _ tree: Tree, entry: TreeEntry, stamps: [SeenStamp],
        treeBytes: [UInt8]? = nil
    ) throws {
        guard run != nil else { return }
        let listing = SeenListing(
            tree: tree, treeLength: entry.size, content: entry.content, stamps: stamps)
        let row = SeenRow(
            key: seenKey(node.path), path: node.path,
            listing: listing.encoded(treeBytes: treeBytes ?? tree.encoded()))
        let isFull = state.withLock { state in
            state.seen.append(row)
            state.seenByteCount += row.listing.count
            return state.seenByteCount >= 1 << 20
        }
        if isFull { try flushSeen() }
    }

    private func seenKey(_ path: [UInt8]) -> Int64 {
        let digest = BLAKE3.keyedHash(path.span.bytes, key: key)
        return Int64(bitPattern: digest.words.0)
    }
}
