internal import Compressing
internal import Model
internal import Synchronization

/// A block's plaintext, full or the last of its kind; the table is not laid into it yet.
struct FilledBlock: Sendable {
    let kind: BlockKind
    let buffer: PageBuffer
    let frames: [FrameEntry]

    var tableLength: Int { FilledBlock.tableLength(frames) }
    var frameBytesEnd: Int { frames.reduce(BlockTable.headerLength) { $0 + $1.storedLength } }

    /// How many frames from the first on fit a block of that length.
    static func prefixCount(of frames: [FrameEntry], in length: BlockLength) -> Int {
        var end = BlockTable.headerLength + 8
        for (index, frame) in frames.enumerated() {
            end += frame.storedLength + FrameEntry.tableLength(chunkCount: frame.chunks.count)
            if end > length.plaintextLength { return index }
        }
        return frames.count
    }

    static func tableLength(_ frames: [FrameEntry]) -> Int {
        frames.reduce(8) { $0 + FrameEntry.tableLength(chunkCount: $1.chunks.count) }
    }
}

/// Lays compressed frames into blocks, one block of each kind at a time.
///
/// Thread rules: any thread may call; the lock is held for the copy of one frame.
// @unchecked: the state is only touched under `lock`.
final class BlockAssembler: @unchecked Sendable {
    private let kind: BlockKind
    private let pool: BufferPool
    private let plaintextLengthMax: Int
    private let lock = Mutex<Void>(())
    private var buffer: PageBuffer?
    private var frames: [FrameEntry] = []
    private var end = BlockTable.headerLength
    private var tableLength = 8
    private var chunkCount = 0

    init(kind: BlockKind, pool: BufferPool, length: BlockLength) {
        self.kind = kind
        self.pool = pool
        self.plaintextLengthMax = length.plaintextLength
    }

    /// Adds a frame.
    ///
    /// A frame that does not fit closes the block. One that is stored as it is (no codec) is split
    /// between chunks first: blocks of incompressible data would else be up to a frame short.
    ///
    /// - Returns: the blocks that are now full.
    func append(
        codec: Codec, stored: UnsafeRawBufferPointer, chunks: [FrameChunk]
    ) throws -> [FilledBlock] {
        try lock.withLock { _ in
            var filled: [FilledBlock] = []
            var rest = stored
            var chunks = chunks[...]
            while !chunks.isEmpty {
                let taken = fitting(codec: codec, stored: rest.count, chunks: chunks)
                if taken.count == 0 {
                    guard let block = close() else {
                        preconditionFailure("a frame fits an empty block")
                    }
                    filled.append(block)
                    continue
                }
                let part = UnsafeRawBufferPointer(rebasing: rest[0..<taken.length])
                try add(codec: codec, stored: part, chunks: Array(chunks.prefix(taken.count)))
                chunks = chunks.dropFirst(taken.count)
                rest = UnsafeRawBufferPointer(rebasing: rest[taken.length...])
            }
            return filled
        }
    }

    /// Writes the last, partly filled block, as blocks of smaller classes where that saves padding.
    func finish(_ write: (FilledBlock) throws -> Void) throws {
        guard let last = lock.withLock({ _ in close() }) else { return }
        try split(last, write)
    }

    /// Moves frames from the end into a block of their own until no class is cut from the padding:
    /// 4.2 MiB become 4 MiB and 256 KiB, not 8 MiB.
    private func split(
        _ block: FilledBlock, _ write: (FilledBlock) throws -> Void
    ) throws {
        guard let length = BlockLength(holding: block.frameBytesEnd + block.tableLength),
            let smaller = BlockLength(exactly: length.sealedLength / 2)
        else { return try write(block) }
        let kept = FilledBlock.prefixCount(of: block.frames, in: smaller)
        guard kept > 0 else { return try write(block) }
        let rest = Array(block.frames[kept...])
        let restByteCount = rest.reduce(0) { $0 + $1.storedLength }
        guard
            let restLength = BlockLength(
                holding: BlockTable.headerLength + restByteCount + FilledBlock.tableLength(rest)),
            restLength < smaller
        else { return try write(block) }
        guard let buffer = pool.take() else { throw CancelledError() }
        let start = block.frameBytesEnd - restByteCount
        let target = BlockTable.headerLength
        buffer[target..<target + restByteCount].copyMemory(
            from: UnsafeRawBufferPointer(block.buffer[start..<start + restByteCount]))
        try write(
            FilledBlock(
                kind: block.kind, buffer: block.buffer, frames: Array(block.frames[..<kept])))
        try split(FilledBlock(kind: block.kind, buffer: buffer, frames: rest), write)
    }

    /// How many of the chunks, and how many bytes, the open block can take.
    private func fitting(
        codec: Codec, stored: Int, chunks: ArraySlice<FrameChunk>
    ) -> (count: Int, length: Int) {
        guard frames.count < Limits.blockFrameCountMax else { return (0, 0) }
        var room = plaintextLengthMax - end - tableLength - FrameEntry.tableLength(chunkCount: 0)
        let chunkRoom = Limits.blockChunkCountMax - chunkCount
        if stored + 36 * chunks.count <= room, chunks.count <= chunkRoom {
            return (chunks.count, stored)
        }
        guard codec == .none else { return (0, 0) }
        var count = 0
        var length = 0
        for chunk in chunks {
            room -= chunk.length + 36
            guard room >= 0, count < chunkRoom else { break }
            count += 1
            length += chunk.length
        }
        return (count, length)
    }

    private func add(
        codec: Codec, stored: UnsafeRawBufferPointer, chunks: [FrameChunk]
    ) throws {
        if buffer == nil {
            guard let fresh = pool.take() else { throw CancelledError() }
            buffer = fresh
        }
        buffer?[end..<end + stored.count].copyMemory(from: stored)
        frames.append(
            FrameEntry(codec: codec.rawValue, storedLength: stored.count, chunks: chunks))
        end += stored.count
        tableLength += FrameEntry.tableLength(chunkCount: chunks.count)
        chunkCount += chunks.count
    }

    private func close() -> FilledBlock? {
        guard let buffer, !frames.isEmpty else { return nil }
        defer {
            self.buffer = nil
            frames = []
            end = BlockTable.headerLength
            tableLength = 8
            chunkCount = 0
        }
        return FilledBlock(kind: kind, buffer: buffer, frames: frames)
    }
}
