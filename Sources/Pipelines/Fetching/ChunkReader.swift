internal import Catalogs
internal import Compressing
internal import Hashing
internal import Model
internal import Sealing
internal import Synchronization

/// Gives chunks back by their id: index → block → frame → chunk, checked at every step.
///
/// Files are restored in the order in which they were stored, so that the blocks and frames that
/// were used last are nearly always the ones needed next.
///
/// Thread rules: any thread may call.
final class ChunkReader: Sendable {
    /// A sealed block, as much of it as was fetched and checked, and what it holds.
    private final class Block: Sendable {
        struct Presence {
            var isWhole = false
            var hasHeader = false
            var frames: Set<Int> = []
        }

        let row: BlockRow
        let offsets: [Int]
        let stripe: RecycledBuffer
        /// What is there; whoever fetches more of it has the lock.
        let presence = Mutex(Presence())

        init(row: BlockRow, stripe: RecycledBuffer) {
            self.row = row
            self.offsets =
                BlockTable(kind: row.descriptor.kind, frames: row.frames).frameOffsets
            self.stripe = stripe
        }
    }

    private struct FrameKey: Hashable, Sendable {
        let blockRow: UInt32
        let frame: Int
    }

    // @unchecked: one thread at a time has it, taken from and put back under a lock.
    private final class Expander: @unchecked Sendable {
        let expander = FrameExpander()
        let stored = PageBuffer(byteCount: Limits.frameLengthMax)
    }

    private let catalog: Catalog
    private let index: any ChunkLocator
    private let fetcher: BlockFetcher
    private let isSparing: Bool
    private let keys: RepositoryKeys
    private let blocks: SharedCache<UInt32, Block>
    private let frames: SharedCache<FrameKey, RecycledBuffer>
    private let recycler = BufferRecycler()
    private let expanders = Mutex<[Expander]>([])

    /// - Parameter isSparing: a few chunks are wanted and not all: of a block no more is fetched
    ///   than their frames, unless those are most of it.
    init(
        catalog: Catalog, index: any ChunkLocator, fetcher: BlockFetcher, keys: RepositoryKeys,
        readerCount: Int, isSparing: Bool = false
    ) {
        self.isSparing = isSparing
        self.catalog = catalog
        self.index = index
        self.fetcher = fetcher
        self.keys = keys
        // One block and a few frames for each thread, and those that it shares with its neighbour.
        self.blocks = SharedCache(countMax: min(readerCount, Limits.farReaderCount) + 1)
        self.frames = SharedCache(countMax: 4 * readerCount + 8)
    }

    /// How long a chunk is, and which block has it.
    func place(of id: ChunkID) throws -> (length: Int, blockRow: UInt32) {
        guard let location = try index.location(of: id) else { throw FetchError.unknownChunk(id) }
        return (location.length, location.blockRow)
    }

    /// Lends the plaintext of a chunk.
    func withChunk<Result>(
        _ id: ChunkID, _ body: (UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result {
        guard let location = try index.location(of: id) else { throw FetchError.unknownChunk(id) }
        let key = FrameKey(blockRow: location.blockRow, frame: location.frame)
        let frame = try frames.value(for: key) { try load(key) }
        let range = location.offset..<location.offset + location.length
        return try body(frame.buffer[range].immutable)
    }

    private func load(_ key: FrameKey) throws -> RecycledBuffer {
        let block = try blocks.value(for: key.blockRow) { try fetchBlock(key.blockRow) }
        guard key.frame < block.row.frames.count else {
            throw unreadable(block, "no frame \(key.frame)")
        }
        try provide(key.frame, of: block)
        let frame = RecycledBuffer(byteCount: Limits.frameLengthMax, from: recycler)
        try expand(block, key.frame, into: frame.buffer)
        return frame
    }

    private func fetchBlock(_ row: UInt32) throws -> Block {
        guard let block = try catalog.block(row: Int64(row)) else {
            throw CatalogError.database(
                operation: "read block", message: "row \(row) is gone", isCorruption: true)
        }
        let stripe = RecycledBuffer(
            byteCount: BlockFetcher.stripeByteCount(block.descriptor), from: recycler)
        return Block(row: block, stripe: stripe)
    }

    /// Sees to it that the sealed bytes of a frame are there.
    private func provide(_ index: Int, of block: Block) throws {
        let descriptor = block.row.descriptor
        try block.presence.withLock { presence in
            guard !presence.isWhole, !presence.frames.contains(index) else { return }
            let isFew = 2 * (presence.frames.count + 1) <= block.row.frames.count
            if isSparing, isFew, let ranges = sealedRanges(index, of: block, presence.hasHeader),
                fetcher.fetch(ranges, of: descriptor, into: block.stripe.buffer)
            {
                presence.hasHeader = true
                presence.frames.insert(index)
                return
            }
            try fetcher.fetch(descriptor, into: block.stripe.buffer)
            presence.isWhole = true
        }
    }

    /// Where the steps are that hold a frame, and the seal's header before the first of them;
    /// `nil` when the catalog is wrong about that.
    private func sealedRanges(
        _ index: Int, of block: Block, _ hasHeader: Bool
    ) -> [Range<Int>]? {
        let layout = SealLayout(plaintextLength: block.row.descriptor.length.plaintextLength)
        let start = block.offsets[index]
        let end = start + block.row.frames[index].storedLength
        guard start < end, end <= layout.plaintextLength else { return nil }
        let first = layout.sealedRange(ofStep: start / Limits.sealStepLength)
        let last = layout.sealedRange(ofStep: (end - 1) / Limits.sealStepLength)
        let header = hasHeader ? [] : [0..<Limits.sealHeaderLength]
        return header + [first.lowerBound..<last.upperBound]
    }

    private func expand(_ block: Block, _ index: Int, into target: PageBuffer) throws {
        let entry = block.row.frames[index]
        let descriptor = block.row.descriptor
        let start = block.offsets[index]
        let length = descriptor.length
        guard let codec = Codec(rawValue: entry.codec),
            start + entry.storedLength <= length.plaintextLength,
            entry.storedLength <= Limits.frameLengthMax
        else { throw unreadable(block, "frame \(index) is out of bounds") }
        let expander = expanders.withLock { $0.popLast() } ?? Expander()
        defer { expanders.withLock { $0.append(expander) } }
        let stored = codec == .none ? target : expander.stored
        let context = SealContext(
            kind: descriptor.kind == .catalog ? .catalogBlock : .block,
            repository: keys.repository, plaintextLength: length.plaintextLength)
        do {
            try keys.blockSealer.open(
                range: start..<start + entry.storedLength,
                of: block.stripe.buffer[0..<length.sealedLength].immutable,
                context: context.bytes, into: stored[0..<entry.storedLength])
            if codec != .none {
                try expander.expander.expand(
                    stored[0..<entry.storedLength].immutable, codec: codec,
                    into: target[0..<entry.plainLength])
            }
        } catch {
            throw unreadable(block, "\(error)")
        }
        try check(entry, in: target, block)
    }

    /// The last of the four checks: every chunk is what its id says.
    private func check(_ entry: FrameEntry, in target: PageBuffer, _ block: Block) throws {
        var ranges: [Range<Int>] = []
        ranges.reserveCapacity(entry.chunks.count)
        var offset = 0
        for chunk in entry.chunks {
            ranges.append(offset..<offset + chunk.length)
            offset += chunk.length
        }
        var ids: [Bytes32] = []
        BLAKE3.keyedHashes(
            of: ranges, in: target.bytes.immutable, key: keys.chunkKey, into: &ids)
        for (chunk, id) in zip(entry.chunks, ids) where chunk.id.bytes != id {
            throw unreadable(block, "chunk \(chunk.id.short) has other bytes")
        }
    }

    private func unreadable(_ block: Block, _ reason: String) -> FetchError {
        .blockUnreadable(block.row.descriptor.block, reason: reason)
    }
}
