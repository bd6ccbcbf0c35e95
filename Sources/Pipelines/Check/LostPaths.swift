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
    let lostRows: Set<Int64>

    /// Calls `body` with each, snapshot by snapshot, the newest first, until it says false. Memory
    /// is that of the directories on the way down.
    func forEach(
        cancellation: Cancellation = Cancellation(), _ body: (LostPath) throws -> Bool
    ) throws {
        guard !lostRows.isEmpty else { return }
        let contents = try customer.makeReading(isSparing: false).contents
        // Read when a file needs it: it knows every chunk there is.
        var known: ChunkIndex?
        for (id, snapshot) in try customer.snapshots().reversed() {
            func tell(_ path: [UInt8], isDirectory: Bool) throws -> Bool {
                try body(
                    LostPath(
                        snapshot: id, setName: snapshot.setName, path: path,
                        isDirectory: isDirectory))
            }
            let reader = SnapshotReader(snapshot: snapshot, contents: contents)
            var stack: [(entries: ArraySlice<TreeEntry>, path: [UInt8])] = []
            if let top = try? reader.topEntries() {
                stack.append((top[...], []))
            } else if try !tell(Array("/".utf8), isDirectory: true) {
                return
            }
            while let (entries, path) = stack.popLast() {
                guard let entry = entries.first else { continue }
                try cancellation.check()
                stack.append((entries.dropFirst(), path))
                let entryPath = joinPath(path, entry.name)
                if entry.kind == .directory, let tree = try? contents.tree(of: entry) {
                    stack.append((tree.entries[...], entryPath))
                    continue
                }
                guard !entry.content.ids.isEmpty else { continue }
                let index = try known ?? customer.chunkIndex()
                known = index
                if isLost(entry, contents: contents, index: index),
                    try !tell(entryPath, isDirectory: entry.kind == .directory)
                {
                    return
                }
            }
        }
    }

    private func isLost(
        _ entry: TreeEntry, contents: ContentReader, index: ChunkIndex
    ) -> Bool {
        do {
            try contents.forEachChunk(of: entry.content) { id in
                guard let location = index.location(of: id),
                    !lostRows.contains(Int64(location.blockRow))
                else { throw FetchError.unknownChunk(id) }
            }
            return false
        } catch {
            return true
        }
    }
}

extension Customer {
    /// Calls `body` with what cannot be restored from the suppliers that answer, until it says
    /// false.
    package func forEachLost(
        grace: UInt64 = Limits.supplierGrace, cancellation: Cancellation,
        _ body: (LostPath) throws -> Bool
    ) throws {
        do {
            let watch = try SupplierWatch(self)
            let look = try BlockLook(
                self, views: watch.views(without: [], byteBudget: .max), grace: grace)
            try LostPaths(customer: self, lostRows: try look.lostRows(of: self))
                .forEach(cancellation: cancellation, body)
        } catch {
            throw Failure.of(error)
        }
    }
}
