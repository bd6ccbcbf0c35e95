internal import Catalogs
package import Model
internal import Synchronization

/// Something of a snapshot that cannot be restored now.
package struct LostPath: Sendable {
    package let snapshot: SnapshotID
    package let setName: String
    package let path: [UInt8]
    /// A directory whose list of entries is lost, and so all below it.
    package let isDirectory: Bool

    package init(snapshot: SnapshotID, setName: String, path: [UInt8], isDirectory: Bool) {
        self.snapshot = snapshot
        self.setName = setName
        self.path = path
        self.isDirectory = isDirectory
    }
}

/// Finds the files and directories that need a lost block.
struct LostPaths {
    let customer: Customer
    let lostRows: RowSet

    /// Calls `body` with each, snapshot by snapshot, the newest first, until it says false.
    ///
    /// Memory is that of the directories on the way down and of tables of a fixed length, however
    /// many chunks there are: of those only the ones of directories and of lost blocks are looked
    /// at, in a table on disk. A directory in which nothing is lost is walked once for all
    /// snapshots that have it.
    func forEach(
        cancellation: Cancellation = Cancellation(), patience: FetchPatience? = nil,
        _ body: (LostPath) throws -> Bool
    ) throws {
        guard !lostRows.isEmpty else { return }
        let chunks = try GatheredChunks(customer.catalog, cancellation: cancellation) {
            $1 == .tree || lostRows.contains($0)
        }
        var walk = LostWalk(
            contents: try customer.makeReading(
                isSparing: false, index: chunks, patience: patience
            ).contents, chunks: chunks, lostRows: lostRows, cancellation: cancellation)
        for (id, snapshot) in try customer.snapshots().reversed() {
            let goesOn = try walk.take(snapshot) { path, isDirectory in
                try body(
                    LostPath(
                        snapshot: id, setName: snapshot.setName, path: path,
                        isDirectory: isDirectory))
            }
            guard goesOn else { return }
        }
    }
}

/// A walk over the trees of snapshots, for what of them is lost.
private struct LostWalk {
    typealias Tell = (_ path: [UInt8], _ isDirectory: Bool) throws -> Bool

    /// A directory on the way from the root, and what is left of it.
    private struct Step {
        var entries: ArraySlice<TreeEntry>
        let path: [UInt8]
        /// `nil` for the top.
        let content: ContentReference?
        var isWhole = true
    }

    let contents: ContentReader
    let chunks: GatheredChunks
    let lostRows: RowSet
    let cancellation: Cancellation
    private var whole = TreeMemory()

    init(
        contents: ContentReader, chunks: GatheredChunks, lostRows: RowSet,
        cancellation: Cancellation
    ) {
        self.contents = contents
        self.chunks = chunks
        self.lostRows = lostRows
        self.cancellation = cancellation
    }

    /// - Returns: false as soon as `tell` does.
    mutating func take(_ snapshot: Snapshot, _ tell: Tell) throws -> Bool {
        let reader = SnapshotReader(snapshot: snapshot, contents: contents)
        guard let top = try readable({ try reader.topEntries() }) else {
            return try tell(Array("/".utf8), true)
        }
        var steps = [Step(entries: top[...], path: [], content: nil)]
        while var step = steps.popLast() {
            guard let entry = step.entries.popFirst() else {
                note(step, &steps)
                continue
            }
            try cancellation.check()
            let path = joinPath(step.path, entry.name)
            let isDirectory = entry.kind == .directory
            let isKnown = isDirectory && whole.contains(entry.content)
            let tree =
                isDirectory && !isKnown ? try readable { try contents.tree(of: entry) } : nil
            let isLost = try !isKnown && tree == nil && isLost(entry)
            step.isWhole = step.isWhole && !isLost
            steps.append(step)
            if let tree {
                steps.append(
                    Step(entries: tree.entries[...], path: path, content: entry.content))
            }
            if isLost, try !tell(path, isDirectory) { return false }
        }
        return true
    }

    /// Takes note of a directory that has been walked to its end.
    private mutating func note(_ step: Step, _ steps: inout [Step]) {
        if step.isWhole {
            if let content = step.content { whole.insert(content) }
        } else if !steps.isEmpty {
            steps[steps.count - 1].isWhole = false
        }
    }

    /// - Returns: `nil` for what cannot be read.
    private func readable<Value>(_ read: () throws -> Value) throws -> Value? {
        do {
            return try read()
        } catch let error as CancelledError {
            throw error
        } catch {
            return nil
        }
    }

    private func isLost(_ entry: TreeEntry) throws -> Bool {
        let found: Void? = try readable {
            try contents.forEachChunk(of: entry.content) { id in
                if let place = try chunks.location(of: id),
                    lostRows.contains(Int64(place.blockRow))
                {
                    throw FetchError.unknownChunk(id)
                }
            }
        }
        return found == nil
    }
}

extension Customer {
    /// Calls `body` with what cannot be restored from the suppliers that answer, until it says
    /// false.
    package func forEachLost(
        cancellation: Cancellation, _ body: (LostPath) throws -> Bool
    ) throws {
        do {
            let watch = try SupplierWatch(self)
            let look = BlockLook(
                self, views: watch.views(without: [], byteBudget: .max),
                grace: adapters.grace)
            try LostPaths(customer: self, lostRows: try look.lostRows())
                .forEach(cancellation: cancellation, body)
        } catch {
            throw Failure.of(error)
        }
    }
}
