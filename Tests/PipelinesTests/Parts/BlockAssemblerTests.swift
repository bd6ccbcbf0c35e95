import Compressing
import Model
import Simulation
import Testing

@testable import Pipelines

@Suite struct BlockAssemblerTests {
    /// A frame as it was appended.
    private struct Sent {
        let codec: Codec
        let bytes: [UInt8]
        let chunks: [FrameChunk]
    }

    private let random = SeededRandom(seed: 31)

    @Test(arguments: [20, 21, 23])
    func `every chunk is found again and no block exceeds its class`(_ shift: Int) throws {
        let length = try #require(BlockLength(exactly: 1 << shift))
        let pool = BufferPool(countMax: 64, byteCount: length.sealedLength)
        let assembler = BlockAssembler(kind: .data, pool: pool, length: length)
        let frameMax = min(Limits.frameLengthMax, length.plaintextLength - 300_000)
        var sent: [Sent] = []
        var blocks: [FilledBlock] = []
        for _ in 0..<40 {
            let frame = makeFrame(lengthMax: frameMax)
            sent.append(frame)
            blocks += try frame.bytes.withUnsafeBytes {
                try assembler.append(codec: frame.codec, stored: $0, chunks: frame.chunks)
            }
        }
        let fullCount = blocks.count
        try assembler.finish { blocks.append($0) }
        try assembler.finish { _ in Issue.record("a second end has nothing to write") }
        #expect(fullCount >= 1)
        for block in blocks {
            let used = block.frameBytesEnd + block.tableLength
            #expect(used <= length.plaintextLength && block.kind == .data)
            #expect(
                BlockTable(kind: .data, frames: block.frames).tableOffset == block.frameBytesEnd)
            #expect(
                BlockTable(kind: .data, frames: block.frames).encoded().table.count
                    == block.tableLength)
        }
        expect(blocks, hold: sent)
    }

    /// A frame of 1...30 chunks; a stored one has the bytes of its chunks.
    private func makeFrame(lengthMax: Int) -> Sent {
        let isStored = random.flip()
        var chunks: [FrameChunk] = []
        var length = 0
        for _ in 0..<random.below(1..<31) {
            let chunk = random.below(1..<Limits.chunkLengthMax)
            guard length + chunk <= lengthMax else { break }
            chunks.append(FrameChunk(id: ChunkID(random.bytes32()), length: chunk))
            length += chunk
        }
        let stored = isStored ? length : random.below(1..<length + 1)
        return Sent(
            codec: isStored ? .none : .zstd, bytes: random.bytes(stored), chunks: chunks)
    }

    /// Compressed frames are whole; stored ones may be split between chunks.
    private func expect(_ blocks: [FilledBlock], hold sent: [Sent]) {
        var frames: [ChunkID: [UInt8]] = [:]
        var chunks: [ChunkID: [UInt8]] = [:]
        for block in blocks {
            var offset = BlockTable.headerLength
            for frame in block.frames {
                let bytes = Array(block.buffer[offset..<offset + frame.storedLength])
                offset += frame.storedLength
                guard frame.codec == Codec.none.rawValue else {
                    frames[frame.chunks[0].id] = bytes
                    continue
                }
                var start = 0
                for chunk in frame.chunks where start + chunk.length <= bytes.count {
                    chunks[chunk.id] = Array(bytes[start..<start + chunk.length])
                    start += chunk.length
                }
                #expect(start == bytes.count)
            }
        }
        for frame in sent {
            if frame.codec == .none {
                #expect(frame.chunks.flatMap { chunks[$0.id] ?? [] } == frame.bytes)
            } else {
                #expect(frames[frame.chunks[0].id] == frame.bytes)
            }
        }
        let compressed = blocks.flatMap(\.frames).filter { $0.codec != Codec.none.rawValue }
        let whole = sent.filter { $0.codec != .none }
        #expect(
            Set(compressed.map { $0.chunks.map(\.id) }) == Set(whole.map { $0.chunks.map(\.id) }))
    }

    @Test func `blocks of frames that do not shrink are filled to the last chunk`() throws {
        let pool = BufferPool(countMax: 8, byteCount: BlockLength.largest.sealedLength)
        let assembler = BlockAssembler(kind: .data, pool: pool, length: .largest)
        let bytes = random.bytes(Limits.frameLengthMax)
        var blocks: [FilledBlock] = []
        for _ in 0..<25 {
            let chunks = (0..<16).map { _ in
                FrameChunk(id: ChunkID(random.bytes32()), length: 1 << 16)
            }
            blocks += try bytes.withUnsafeBytes {
                try assembler.append(codec: .none, stored: $0, chunks: chunks)
            }
        }
        #expect(blocks.count == 2)
        for block in blocks {
            let used = block.frameBytesEnd + block.tableLength
            #expect(BlockLength.largest.plaintextLength - used < (1 << 16) + 36)
        }
    }

    @Test func `the last block is written as small classes instead of padding`() throws {
        let pool = BufferPool(countMax: 8, byteCount: BlockLength.largest.sealedLength)
        let assembler = BlockAssembler(kind: .tree, pool: pool, length: .largest)
        let bytes = random.bytes(100_000)
        for _ in 0..<43 {
            let chunk = FrameChunk(id: ChunkID(random.bytes32()), length: bytes.count)
            let full = try bytes.withUnsafeBytes {
                try assembler.append(codec: .none, stored: $0, chunks: [chunk])
            }
            #expect(full.isEmpty)
        }
        var lengths: [Int] = []
        try assembler.finish { block in
            let used = block.frameBytesEnd + block.tableLength
            lengths.append(BlockLength(holding: used)?.sealedLength ?? 0)
        }
        #expect(lengths.reduce(0, +) < 5 << 20 && lengths.first == 4 << 20)
    }
}
