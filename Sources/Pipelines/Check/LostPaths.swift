internal import Catalogs
internal import Model

/// Finds the files and directories that need a lost block.
struct LostPaths {
    let customer: Customer
    let lostRows: Set<Int64>

    func find() throws -> [(snapshot: SnapshotID, path: [UInt8])] {
        let contents = try customer.makeReading(isSparing: false).contents
        let index = try customer.chunkIndex()
        var lost: [(snapshot: SnapshotID, path: [UInt8])] = []
        for (id, snapshot) in try customer.snapshots() {
            let reader = SnapshotReader(snapshot: snapshot, contents: contents)
            var stack: [(entries: [TreeEntry], path: [UInt8])] = []
            if let top = try? reader.topEntries() {
                stack.append((top, []))
            } else {
                lost.append((id, Array("/".utf8)))
            }
            while let (entries, path) = stack.popLast() {
                for entry in entries {
                    let entryPath = joinPath(path, entry.name)
                    if entry.kind == .directory, let tree = try? contents.tree(of: entry) {
                        stack.append((tree.entries, entryPath))
                    } else if isLost(entry, contents: contents, index: index) {
                        lost.append((id, entryPath))
                    }
                }
            }
        }
        return lost
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
