internal import Chunking
package import Compressing
internal import ErasureCoding
internal import Hashing
package import Model
internal import Pipelines
internal import Sealing

/// The stages of a backup in memory, on one thread: chunk → id → frame → seal → code → roots.
///
/// What a backup has beyond that - queues, the table of known chunks, catalog, files, suppliers -
/// is left out, so that this is the ceiling of a backup. Its copies are there: a chunk goes into
/// the frame, a frame into the block.
package final class MemoryPipeline {
    /// Fragments of the last block one after the other.
    package let stripe: PageBuffer
    package private(set) var blockCount = 0
    package private(set) var chunkCount = 0
    /// Of the roots of all fragments since the last ``process(_:isFinal:)`` began.
    package private(set) var checksum: UInt64 = 0

    private let coder: FragmentCoder
    private let chunker = Chunker(table: .measured)
    private let compressor: FrameCompressor
    private let keys = RepositoryKeys(masterKey: .measured)
    private let sealer: Sealer
    private let frame = PageBuffer(byteCount: Limits.frameLengthMax)
    private let block = PageBuffer(byteCount: BlockLength.largest.sealedLength)
    private var frameLength = 0
    private var chunks: [FrameChunk] = []
    private var frames: [FrameEntry] = []
    private var blockEnd = BlockTable.headerLength
    private var tableLength = 8

    package init(scheme: ErasureScheme, compression: CompressionSetting) throws {
        let fragmentLength = scheme.fragmentLength(sealedLength: BlockLength.largest.sealedLength)
        stripe = PageBuffer(byteCount: fragmentLength * scheme.fragmentCount)
        coder = FragmentCoder(ReedSolomon(scheme: scheme))
        compressor = try FrameCompressor(compression)
        sealer = keys.blockSealer
    }

    /// Takes all of `bytes`; what does not fill a block makes a last one.
    package func process(_ bytes: UnsafeRawBufferPointer, isFinal: Bool) throws {
        checksum = 0
        blockCount = 0
        chunkCount = 0
        var rest = bytes
        while let cut = chunker.firstCut(in: rest, isFinal: isFinal) {
            try append(UnsafeRawBufferPointer(rebasing: rest[..<cut]))
            rest = UnsafeRawBufferPointer(rebasing: rest[cut...])
        }
        try closeFrame()
        try closeBlock()
    }

    private func append(_ chunk: UnsafeRawBufferPointer) throws {
        let id = ChunkID(BLAKE3.keyedHash(chunk.bytes, key: .measured))
        chunkCount += 1
        if frameLength + chunk.count > Limits.frameLengthMax { try closeFrame() }
        frame[frameLength..<frameLength + chunk.count].copyMemory(from: chunk)
        frameLength += chunk.count
        chunks.append(FrameChunk(id: id, length: chunk.count))
    }

    /// Compresses the frame straight into the block.
    private func closeFrame() throws {
        guard frameLength > 0 else { return }
        let entryLength = FrameEntry.tableLength(chunkCount: chunks.count)
        let room = BlockLength.largest.plaintextLength - blockEnd - tableLength - entryLength
        if room < frameLength { try closeBlock() }
        let target = block[blockEnd..<blockEnd + frameLength]
        let (codec, stored) = try compressor.compress(frame.first(frameLength), into: target)
        if codec == .none { target.copyMemory(from: stored) }
        frames.append(FrameEntry(codec: codec.rawValue, storedLength: stored.count, chunks: chunks))
        blockEnd += stored.count
        tableLength += entryLength
        frameLength = 0
        chunks.removeAll(keepingCapacity: true)
    }

    private func closeBlock() throws {
        guard !frames.isEmpty else { return }
        let (header, table) = BlockTable(kind: .data, frames: frames).encoded()
        header.withUnsafeBytes { block[0..<header.count].copyMemory(from: $0) }
        let end = blockEnd + table.count
        table.withUnsafeBytes { block[blockEnd..<end].copyMemory(from: $0) }
        guard let length = BlockLength(holding: end) else {
            preconditionFailure("room for the table was kept")
        }
        block[end..<length.plaintextLength].initializeMemory(as: UInt8.self, repeating: 0)
        try seal(length)
        frames.removeAll(keepingCapacity: true)
        blockEnd = BlockTable.headerLength
        tableLength = 8
        blockCount += 1
    }

    private func seal(_ length: BlockLength) throws {
        let context = SealContext(
            kind: .block, repository: keys.repository, plaintextLength: length.plaintextLength)
        try sealer.seal(
            block.first(length.plaintextLength), salt: SealSalt(from: MeasuredRandom()),
            context: context.bytes, into: stripe[0..<length.sealedLength])
        for fragment in try coder.fragments(of: stripe, sealedLength: length.sealedLength) {
            checksum = checksum &* 31 &+ fragment.bytes.words.0
        }
    }
}

extension MemoryPipeline {
    /// The chunks of the last block, opened from its data fragments: proves what was measured.
    package func lastBlock(_ length: BlockLength) throws -> [(id: ChunkID, bytes: [UInt8])] {
        let context = SealContext(
            kind: .block, repository: keys.repository, plaintextLength: length.plaintextLength)
        let plain = PageBuffer(byteCount: length.plaintextLength)
        _ = try sealer.open(
            stripe.first(length.sealedLength), context: context.bytes, into: plain.bytes)
        let table = try BlockTable(plaintext: plain.first(length.plaintextLength))
        let expander = FrameExpander()
        var found: [(ChunkID, [UInt8])] = []
        for (entry, start) in zip(table.frames, table.frameOffsets) {
            guard let codec = Codec(rawValue: entry.codec) else { continue }
            let target = PageBuffer(byteCount: max(1, entry.plainLength))
            try expander.expand(
                UnsafeRawBufferPointer(plain[start..<start + entry.storedLength]), codec: codec,
                into: target[0..<entry.plainLength])
            var offset = 0
            for chunk in entry.chunks {
                found.append((chunk.id, Array(target[offset..<offset + chunk.length])))
                offset += chunk.length
            }
        }
        return found
    }

    /// The id that a chunk of those bytes gets.
    package static func id(of bytes: [UInt8]) -> ChunkID {
        ChunkID(BLAKE3.keyedHash(bytes.span.bytes, key: .measured))
    }
}
