internal import Compressing
internal import Hashing
internal import Model
internal import Sealing

/// Reads whole blocks from their own bytes and the repository's keys alone, without the catalog.
struct BlockContents {
    let keys: RepositoryKeys
    let fetcher: BlockFetcher

    /// The frames of a block and the plaintext of its chunks, each checked against its id.
    func read(
        _ descriptor: BlockDescriptor
    ) throws -> (frames: [FrameEntry], chunks: [[UInt8]]) {
        let stripe = PageBuffer(byteCount: BlockFetcher.stripeByteCount(descriptor))
        try fetcher.fetch(descriptor, into: stripe)
        let plaintext = PageBuffer(byteCount: descriptor.length.plaintextLength)
        let length = descriptor.length
        let context = SealContext(
            kind: descriptor.kind == .catalog ? .catalogBlock : .block,
            repository: keys.repository, plaintextLength: length.plaintextLength)
        let target = plaintext[0..<length.plaintextLength]
        do {
            _ = try keys.blockSealer.open(
                stripe[0..<length.sealedLength].immutable, context: context.bytes, into: target)
        } catch {
            throw FetchError.blockUnreadable(descriptor.block, reason: "\(error)")
        }
        let table: BlockTable
        do {
            table = try BlockTable(plaintext: target.immutable)
        } catch {
            throw FetchError.blockUnreadable(descriptor.block, reason: "\(error)")
        }
        var chunks: [[UInt8]] = []
        for (frame, offset) in zip(table.frames, table.frameOffsets) {
            chunks += try expand(frame, at: offset, of: plaintext, descriptor)
        }
        return (table.frames, chunks)
    }

    private func expand(
        _ frame: FrameEntry, at offset: Int, of plaintext: PageBuffer,
        _ descriptor: BlockDescriptor
    ) throws -> [[UInt8]] {
        guard let codec = Codec(rawValue: frame.codec) else {
            throw FetchError.blockUnreadable(descriptor.block, reason: "codec \(frame.codec)")
        }
        let target = PageBuffer(byteCount: max(frame.plainLength, 1))
        try FrameExpander().expand(
            plaintext[offset..<offset + frame.storedLength].immutable, codec: codec,
            into: target[0..<frame.plainLength])
        var start = 0
        return try frame.chunks.map { chunk in
            let bytes = target[start..<start + chunk.length].immutable
            start += chunk.length
            guard ChunkID(BLAKE3.keyedHash(bytes.bytes, key: keys.chunkKey)) == chunk.id else {
                throw FetchError.blockUnreadable(
                    descriptor.block, reason: "chunk \(chunk.id.short) has other bytes")
            }
            return Array(bytes)
        }
    }
}
