internal import Catalogs
internal import Model

/// Finds out which blocks a snapshot needs that this machine did not make: reads its trees.
struct SourceWalk {
    let contents: ContentReader
    let index: ChunkIndex
    let cancellation: Cancellation
    let rows = RowSet()
    /// Directories that were read: snapshots share most of them.
    private var read = TreeMemory()

    init(contents: ContentReader, index: ChunkIndex, cancellation: Cancellation) {
        self.contents = contents
        self.index = index
        self.cancellation = cancellation
    }

    /// - Returns: whether all could be read.
    mutating func take(_ snapshot: Snapshot) throws -> Bool {
        var isComplete = true
        var stack = snapshot.roots.map(\.entry)
        while let entry = stack.popLast() {
            try cancellation.check()
            do {
                try note(entry.content)
                guard entry.kind == .directory, !entry.content.ids.isEmpty,
                    read.insert(entry.content)
                else { continue }
                stack += try contents.tree(of: entry).entries
            } catch is FetchError {
                isComplete = false
            }
        }
        return isComplete
    }

    private func note(_ content: ContentReference) throws {
        try contents.forEachID(of: content) { id in
            if let place = index.location(of: id) { rows.insert(Int64(place.blockRow)) }
        }
    }
}

extension Customer {
    /// Notes which blocks the snapshots of other machines need; those of this one noted it
    /// themselves. What cannot be read now is tried again by the next round.
    func mapSources(cancellation: Cancellation) throws {
        let unmapped = Set(try catalog.unmappedSnapshots())
        guard !unmapped.isEmpty else { return }
        let snapshots = try snapshots().filter { unmapped.contains($0.id) }
        let contents = try makeReading(isSparing: false).contents
        let index = try chunkIndex()
        for (setName, ofSet) in Dictionary(grouping: snapshots, by: \.snapshot.setName)
            .sorted(by: { $0.key < $1.key })
        {
            var walk = SourceWalk(contents: contents, index: index, cancellation: cancellation)
            for (id, snapshot) in ofSet {
                let isComplete = try walk.take(snapshot)
                try catalog.note(
                    SourceUse(
                        setName: setName, paths: [], rows: walk.rows.ranges,
                        isComplete: isComplete), of: id)
            }
        }
    }
}
