internal import Catalogs
internal import Model

/// Where the chunks of some blocks are, on disk: for who asks for few of them in a repository whose
/// ``ChunkIndex`` would not fit into memory.
///
/// It answers as an index of all blocks would: a chunk that several blocks hold is in the newest of
/// them, and is none of these when that is another block. A filter in memory spares nearly all
/// questions to the table.
///
/// Thread rules: any thread.
struct GatheredChunks: ChunkLocator {
    private let catalog: Catalog
    private let filter: ChunkFilter

    /// Blocks that are read at a time, and become one transaction.
    private static let groupCount = 256

    /// Reads the catalog once.
    ///
    /// - Parameter isWanted: whether the chunks of a block are gathered.
    init(
        _ catalog: Catalog, cancellation: Cancellation,
        isWanted: (_ row: Int64, _ kind: BlockKind) -> Bool
    ) throws {
        var filter = ChunkFilter(byteCount: Limits.chunkFilterLength)
        try catalog.startGathering()
        var last: Int64 = 0
        while true {
            try cancellation.check()
            let blocks = try catalog.contents(after: last, limit: GatheredChunks.groupCount)
            guard let end = blocks.last else { break }
            last = end.row
            // In the order of their rows, so that the newest counts.
            var wanted: [BlockContent] = []
            for block in blocks where block.kind != .catalog {
                if isWanted(block.row, block.kind) {
                    for frame in block.frames {
                        for chunk in frame.chunks { filter.insert(chunk.id) }
                    }
                    wanted.append(block)
                    continue
                }
                var others: [ChunkID] = []
                for frame in block.frames {
                    for chunk in frame.chunks where filter.mayContain(chunk.id) {
                        others.append(chunk.id)
                    }
                }
                guard !others.isEmpty else { continue }
                try catalog.gather(wanted, without: [])
                try catalog.gather([], without: others)
                wanted = []
            }
            if !wanted.isEmpty { try catalog.gather(wanted, without: []) }
        }
        self.catalog = catalog
        self.filter = filter
    }

    func location(of id: ChunkID) throws -> ChunkLocation? {
        filter.mayContain(id) ? try catalog.gathered(id) : nil
    }
}

/// Says of most chunks that are not in a set that they are not, in memory of a fixed length.
///
/// Ids are hashes, so two parts of one are two places. With as many chunks as it has bytes one of
/// twenty others passes.
///
/// - SeeAlso: Bloom, “Space/time trade-offs in hash coding with allowable errors”, 1970.
struct ChunkFilter {
    private var words: [UInt64]
    private let mask: UInt64

    /// - Precondition: `byteCount` is a power of two of at least 8.
    init(byteCount: Int) {
        precondition(byteCount >= 8 && byteCount & (byteCount - 1) == 0)
        words = Array(repeating: 0, count: byteCount / 8)
        mask = UInt64(byteCount) * 8 - 1
    }

    mutating func insert(_ id: ChunkID) {
        set(id.bytes.words.0)
        set(id.bytes.words.1)
    }

    func mayContain(_ id: ChunkID) -> Bool {
        isSet(id.bytes.words.0) && isSet(id.bytes.words.1)
    }

    private mutating func set(_ part: UInt64) {
        let place = part & mask
        words[Int(place / 64)] |= 1 << (place % 64)
    }

    private func isSet(_ part: UInt64) -> Bool {
        let place = part & mask
        return words[Int(place / 64)] >> (place % 64) & 1 == 1
    }
}
