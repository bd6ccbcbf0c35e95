internal import Catalogs
internal import Model
internal import Synchronization

/// Learns during a backup which blocks its snapshot needs, so that health can be told per source.
///
/// What is read goes through the chunk index, which names the block of what is stored already, and
/// the ledger names the new ones. What is the same as before was noted with the snapshot of then,
/// unless another set has seen it since: then its chunks are looked up here.
///
/// Thread rules: any thread.
final class SourceUses: Sendable {
    private let setName: String
    private let paths: [UInt8]
    private let rows: RowSet
    private let index: ChunkIndex
    /// The last run of the same set and paths; what was seen by then is noted.
    private let coveredRun: Int64
    private let isComplete = Mutex(true)

    init(
        setName: String, paths: [[UInt8]], rows: RowSet, index: ChunkIndex, catalog: Catalog
    ) throws {
        var writer = ByteWriter()
        for path in paths { writer.counted(path) }
        self.setName = setName
        self.paths = writer.bytes
        self.rows = rows
        self.index = index
        let source = try catalog.source(setName: setName)
        coveredRun = source?.paths == writer.bytes ? source?.run ?? 0 : 0
    }

    /// Takes the entries of a directory that an earlier backup has seen.
    func note(_ entries: [TreeEntry], seen: SeenListing) {
        guard seen.run > coveredRun else { return }
        note(seen.content)
        var next = seen.tree.entries[...]
        for entry in entries {
            while let first = next.first, first.name.lexicographicallyPrecedes(entry.name) {
                next.removeFirst()
            }
            guard let first = next.first, first.name == entry.name,
                first.content == entry.content
            else { continue }
            note(entry.content)
        }
    }

    private func note(_ content: ContentReference) {
        for id in content.ids {
            if let place = index.location(of: id) { rows.insert(Int64(place.blockRow)) }
        }
        // The ids below are with the suppliers; a round of the rebuilder reads them.
        if content.depth > 0 { isComplete.withLock { $0 = false } }
    }

    var result: SourceUse {
        SourceUse(
            setName: setName, paths: paths, rows: rows.ranges,
            isComplete: isComplete.withLock { $0 })
    }
}
