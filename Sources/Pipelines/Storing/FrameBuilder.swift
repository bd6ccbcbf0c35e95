internal import Model

/// Plaintext of one frame on its way to a sealing worker.
struct FrameJob: Sendable {
    let kind: BlockKind
    let buffer: PageBuffer
    let byteCount: Int
    let chunks: [FrameChunk]
}

/// Gathers new chunks until they fill a frame.
///
/// Thread rules: one thread at a time; each reading worker has its own for file contents.
final class FrameBuilder {
    private let kind: BlockKind
    private let lengthMax: Int
    private let pool: BufferPool
    private let queue: BoundedQueue<FrameJob>
    private var buffer: PageBuffer?
    private var byteCount = 0
    private var chunks: [FrameChunk] = []

    /// - Parameter lengthMax: bytes of plaintext of one frame; at least a longest chunk.
    init(kind: BlockKind, lengthMax: Int, pool: BufferPool, queue: BoundedQueue<FrameJob>) {
        precondition((Limits.chunkLengthMax...Limits.frameLengthMax).contains(lengthMax))
        self.kind = kind
        self.lengthMax = lengthMax
        self.pool = pool
        self.queue = queue
    }

    /// Copies one chunk; hands the frame on first when it would not fit.
    ///
    /// - Precondition: the chunk is not empty and not longer than a frame.
    func append(_ id: ChunkID, _ bytes: UnsafeRawBufferPointer) throws {
        precondition(!bytes.isEmpty && bytes.count <= lengthMax)
        if byteCount + bytes.count > lengthMax
            || chunks.count == Limits.frameChunkCountMax
        {
            try flush()
        }
        if buffer == nil {
            guard let fresh = pool.take() else { throw CancelledError() }
            buffer = fresh
        }
        guard let buffer else { return }
        buffer[byteCount..<byteCount + bytes.count].copyMemory(from: bytes)
        byteCount += bytes.count
        chunks.append(FrameChunk(id: id, length: bytes.count))
    }

    /// Hands on what is there.
    func flush() throws {
        guard let buffer, byteCount > 0 else { return }
        let job = FrameJob(kind: kind, buffer: buffer, byteCount: byteCount, chunks: chunks)
        self.buffer = nil
        byteCount = 0
        chunks = []
        guard queue.put(job) else { throw CancelledError() }
    }
}
