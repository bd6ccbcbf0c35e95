internal import Compressing
internal import Model

/// Takes frames, compresses them, lays them into blocks, and writes the blocks that are full.
///
/// Thread rules: ``run(_:)`` runs on as many threads as there are workers; ``finish(_:)`` on one,
/// when they are done.
final class SealingStage: Sendable {
    private let compression: CompressionSetting
    private let framePool: BufferPool
    private let assemblers: [BlockKind: BlockAssembler]
    /// `nil` in a dry run: frames are compressed and counted, and go nowhere.
    private let writer: BlockWriter?
    private let tally: Tally

    init(
        compression: CompressionSetting, framePool: BufferPool, plaintextPool: BufferPool,
        blockLength: BlockLength, writer: BlockWriter?, tally: Tally
    ) {
        self.compression = compression
        self.framePool = framePool
        self.writer = writer
        self.tally = tally
        self.assemblers = Dictionary(
            uniqueKeysWithValues: BlockKind.allCases.map {
                ($0, BlockAssembler(kind: $0, pool: plaintextPool, length: blockLength))
            })
    }

    /// Works until the queue is closed.
    func run(_ queue: BoundedQueue<FrameJob>) throws {
        let compressor = try FrameCompressor(compression)
        let target = PageBuffer(byteCount: Limits.frameLengthMax)
        while let job = queue.take() {
            let plaintext = UnsafeRawBufferPointer(job.buffer[0..<job.byteCount])
            let (codec, stored) = try compressor.compress(plaintext, into: target.bytes)
            tally.update { $0.counts.bytesCompressed += UInt64(stored.count) }
            let filled = try lay(job.kind, codec: codec, stored: stored, chunks: job.chunks)
            framePool.giveBack(job.buffer)
            for block in filled { try writer?.write(block) }
        }
    }

    /// Stores one page of the catalog as a chunk in a frame of its own.
    func store(page: [UInt8], id: ChunkID) throws {
        let compressor = try FrameCompressor(compression)
        let target = PageBuffer(byteCount: max(page.count, 1))
        try page.withUnsafeBytes { plaintext in
            let (codec, stored) = try compressor.compress(plaintext, into: target.bytes)
            let filled = try lay(
                .catalog, codec: codec, stored: stored,
                chunks: [FrameChunk(id: id, length: page.count)])
            for block in filled { try writer?.write(block) }
        }
    }

    /// Writes the blocks that are only partly filled.
    func finish(_ kinds: [BlockKind]) throws {
        for kind in kinds {
            try assemblers[kind]?.finish { try writer?.write($0) }
        }
    }

    /// Copies a frame into the open blocks; returns those that it filled.
    private func lay(
        _ kind: BlockKind, codec: Codec, stored: UnsafeRawBufferPointer, chunks: [FrameChunk]
    ) throws -> [FilledBlock] {
        guard writer != nil, let assembler = assemblers[kind] else { return [] }
        return try assembler.append(codec: codec, stored: stored, chunks: chunks)
    }
}
