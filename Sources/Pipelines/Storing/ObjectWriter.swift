internal import Chunking
internal import Hashing
internal import Model
internal import Synchronization

/// Stores tree objects and lists of chunk ids, in blocks of their own kind.
///
/// Thread rules: any thread may call; one lock, held while an object is chunked and copied.
// @unchecked: the builder is only touched under `lock`.
final class ObjectWriter: @unchecked Sendable {
    private let chunker: Chunker
    private let key: Bytes32
    private let index: ChunkIndex
    private let tally: Tally
    private let builder: FrameBuilder
    private let rows: RowSet
    private let lock = Mutex<Void>(())

    init(
        chunker: Chunker, key: Bytes32, index: ChunkIndex, tally: Tally, builder: FrameBuilder,
        rows: RowSet
    ) {
        self.chunker = chunker
        self.key = key
        self.index = index
        self.tally = tally
        self.builder = builder
        self.rows = rows
    }

    /// Stores an object and returns what names it.
    func store(_ bytes: [UInt8]) throws -> ContentReference {
        try lock.withLock { _ in
            var content = ContentBuilder { try self.storeChunk(ContentBuilder.encode($0)) }
            try bytes.withUnsafeBytes { bytes in
                var rest = bytes
                while !rest.isEmpty {
                    guard let cut = chunker.firstCut(in: rest, isFinal: true) else { break }
                    let chunk = UnsafeRawBufferPointer(rebasing: rest[0..<cut])
                    try content.append(try storeChunk(chunk))
                    rest = UnsafeRawBufferPointer(rebasing: rest[cut...])
                }
            }
            return try content.finish()
        }
    }

    /// Stores the list of a long content as one chunk.
    func store(list: [ChunkID]) throws -> ChunkID {
        try lock.withLock { _ in try storeChunk(ContentBuilder.encode(list)) }
    }

    /// Hands on the last frame.
    func finish() throws {
        try lock.withLock { _ in try builder.flush() }
    }

    private func storeChunk(_ bytes: [UInt8]) throws -> ChunkID {
        try bytes.withUnsafeBytes { try storeChunk($0) }
    }

    private func storeChunk(_ bytes: UnsafeRawBufferPointer) throws -> ChunkID {
        let id = ChunkID(BLAKE3.keyedHash(bytes.bytes, key: key))
        if index.claim(id, length: bytes.count, noting: rows) {
            try builder.append(id, bytes)
            tally.update { $0.counts.bytesNew += UInt64(bytes.count) }
        }
        return id
    }
}
