/// What a block is for; kinds never share a block, so that listing a tree reads no file contents.
package enum BlockKind: UInt8, Sendable, CaseIterable {
    /// Contents of files.
    case data = 1
    /// Tree objects and lists of chunk ids.
    case tree = 2
    /// Rows of the catalog.
    case catalog = 3
}

/// One chunk of a frame.
package struct FrameChunk: Hashable, Sendable {
    package let id: ChunkID
    /// Bytes of plaintext.
    package let length: Int

    package init(id: ChunkID, length: Int) {
        self.id = id
        self.length = length
    }
}

/// One frame of a block: chunks that were compressed together.
package struct FrameEntry: Hashable, Sendable {
    /// Raw value of `Codec` in Compressing.
    package let codec: UInt8
    /// Bytes in the block.
    package let storedLength: Int
    package let chunks: [FrameChunk]

    package init(codec: UInt8, storedLength: Int, chunks: [FrameChunk]) {
        self.codec = codec
        self.storedLength = storedLength
        self.chunks = chunks
    }

    /// Bytes of plaintext, the lengths of the chunks together.
    package var plainLength: Int { chunks.reduce(0) { $0 + $1.length } }

    /// Bytes of this entry in the table.
    package static func tableLength(chunkCount: Int) -> Int { 9 + 36 * chunkCount }
}

/// What a block holds; it lies behind the frames, so that a block is written from front to back.
///
/// ```
/// offset  length  field                  the block's plaintext: docs/formats/block.md
///      0       8  magic "BDBLOCK1"
///      8       1  kind                   BlockKind
///      9       7  zero
///     16       4  table offset           bytes from the start
///     20       4  table length           bytes, checksum included
///     24       8  zero
///     32       -  frames, one after the other
///      t       4  frame count
///              -  for each: codec 1, stored length 4, chunk count 4,
///                 then for each chunk: id 32, length 4
///              4  CRC-32C of the header and of the table before it
///              -  zero up to the plaintext length of the class
/// ```
///
/// Golden file: `fixtures/block/v1.bin`.
package struct BlockTable: Hashable, Sendable {
    package let kind: BlockKind
    package let frames: [FrameEntry]

    package static let headerLength = 32
    private static let format = "block"
    private static let magic: StaticString = "BDBLOCK1"

    package init(kind: BlockKind, frames: [FrameEntry]) {
        self.kind = kind
        self.frames = frames
    }

    /// Bytes from the start of the block to the first byte of each frame.
    package var frameOffsets: [Int] {
        var offset = BlockTable.headerLength
        return frames.map { frame in
            defer { offset += frame.storedLength }
            return offset
        }
    }

    /// Bytes of the frames and the header together, where the table starts.
    package var tableOffset: Int {
        frames.reduce(BlockTable.headerLength) { $0 + $1.storedLength }
    }

    /// The header and the table, to be laid around the frames.
    package func encoded() -> (header: [UInt8], table: [UInt8]) {
        var body = ByteWriter()
        BlockTable.encode(frames, into: &body)
        var header = ByteWriter(reserving: BlockTable.headerLength)
        header.magic(BlockTable.magic)
        header.byte(kind.rawValue)
        header.raw([UInt8](repeating: 0, count: 7))
        header.integer(UInt32(tableOffset))
        header.integer(UInt32(body.bytes.count + 4))
        header.integer(UInt64(0))
        let first = Checksum.crc32c(header.bytes.span.bytes)
        body.integer(Checksum.crc32c(body.bytes.span.bytes, seed: first))
        return (header.bytes, body.bytes)
    }

    /// Reads the table of a block's whole plaintext, padding included.
    package init(plaintext: UnsafeRawBufferPointer) throws(FormatError) {
        let format = BlockTable.format
        guard plaintext.count >= BlockTable.headerLength else {
            throw .truncated(format: format, offset: plaintext.count)
        }
        // Padding is not under the checksum, so a cut in it shows only in the length.
        guard BlockLength.all.contains(where: { $0.plaintextLength == plaintext.count }) else {
            throw .invalid(format: format, field: "length")
        }
        let headerBytes = Array(plaintext.prefix(BlockTable.headerLength))
        let header = try BlockTable.decodeHeader(headerBytes)
        let end = header.tableOffset + header.tableLength
        guard header.tableOffset >= BlockTable.headerLength, header.tableLength >= 8,
            end <= plaintext.count
        else { throw .invalid(format: format, field: "table offset") }
        let tableBytes = Array(plaintext[header.tableOffset..<end])
        let seed = Checksum.crc32c(headerBytes.span.bytes)
        let bodyEnd = tableBytes.count - 4
        var tail = ByteReader(tableBytes, format: format, range: bodyEnd..<tableBytes.count)
        let checksum = Checksum.crc32c(tableBytes.span.bytes.extracting(0..<bodyEnd), seed: seed)
        guard try tail.integer(UInt32.self) == checksum else {
            throw .badChecksum(format: format)
        }
        var body = ByteReader(tableBytes, format: format, range: 0..<bodyEnd)
        self.kind = header.kind
        self.frames = try BlockTable.decodeFrames(&body)
        try body.finish()
        guard tableOffset == header.tableOffset else {
            throw .invalid(format: format, field: "stored length")
        }
        guard plaintext[end...].allSatisfy({ $0 == 0 }) else {
            throw .invalid(format: format, field: "padding")
        }
    }

    private static func decodeHeader(
        _ bytes: [UInt8]
    ) throws(FormatError) -> (kind: BlockKind, tableOffset: Int, tableLength: Int) {
        var reader = ByteReader(bytes, format: format)
        try reader.expect(magic)
        guard let kind = BlockKind(rawValue: try reader.byte()) else {
            throw .invalid(format: format, field: "kind")
        }
        let zeros = try reader.take(7)
        let tableOffset = Int(try reader.integer(UInt32.self))
        let tableLength = Int(try reader.integer(UInt32.self))
        guard try reader.integer(UInt64.self) == 0, zeros.allSatisfy({ $0 == 0 }) else {
            throw .invalid(format: format, field: "reserved")
        }
        return (kind, tableOffset, tableLength)
    }

    /// Writes the frames; also the body of a block's row in the catalog.
    package static func encode(_ frames: [FrameEntry], into writer: inout ByteWriter) {
        writer.integer(UInt32(frames.count))
        for frame in frames {
            writer.byte(frame.codec)
            writer.integer(UInt32(frame.storedLength))
            writer.integer(UInt32(frame.chunks.count))
            for chunk in frame.chunks {
                writer.identifier(chunk.id)
                writer.integer(UInt32(chunk.length))
            }
        }
    }

    /// Reads what ``encode(_:into:)`` wrote.
    package static func decodeFrames(
        _ reader: inout ByteReader
    ) throws(FormatError) -> [FrameEntry] {
        let count = try reader.count(limit: Limits.blockFrameCountMax, field: "frame count")
        var frames: [FrameEntry] = []
        var chunkCount = 0
        for _ in 0..<count {
            let frame = try decodeFrame(&reader)
            chunkCount += frame.chunks.count
            guard chunkCount <= Limits.blockChunkCountMax else {
                throw .limitExceeded(
                    format: reader.format, field: "chunk count", value: UInt64(chunkCount),
                    limit: UInt64(Limits.blockChunkCountMax))
            }
            frames.append(frame)
        }
        return frames
    }

    private static func decodeFrame(_ reader: inout ByteReader) throws(FormatError) -> FrameEntry {
        let codec = try reader.byte()
        let stored = try reader.count(
            limit: BlockLength.largest.plaintextLength, field: "stored length")
        let chunkCount = try reader.count(
            limit: Limits.frameChunkCountMax, field: "chunk count")
        try reader.need(chunkCount * 36)
        var chunks: [FrameChunk] = []
        chunks.reserveCapacity(chunkCount)
        var plainLength = 0
        for _ in 0..<chunkCount {
            let id = try reader.identifier(ChunkID.self)
            let length = try reader.count(limit: Limits.frameLengthMax, field: "chunk length")
            plainLength += length
            chunks.append(FrameChunk(id: id, length: length))
        }
        guard plainLength <= Limits.frameLengthMax else {
            throw .limitExceeded(
                format: format, field: "frame length", value: UInt64(plainLength),
                limit: UInt64(Limits.frameLengthMax))
        }
        return FrameEntry(codec: codec, storedLength: stored, chunks: chunks)
    }
}
