internal import Model

/// Reads contents: the chunks of a file in order, or an object whole.
struct ContentReader: Sendable {
    let chunks: ChunkReader

    /// Calls `body` with the id of every chunk of the content, in order.
    func forEachChunk(
        of content: ContentReference, _ body: (ChunkID) throws -> Void
    ) throws {
        try visit(content.ids, depth: Int(content.depth)) { id, isList in
            if !isList { try body(id) }
        }
    }

    /// Calls `body` with the id of every chunk, and of those that only list others, which come
    /// first.
    func forEachID(of content: ContentReference, _ body: (ChunkID) throws -> Void) throws {
        try visit(content.ids, depth: Int(content.depth)) { id, _ in try body(id) }
    }

    private func visit(
        _ ids: [ChunkID], depth: Int, _ body: (_ id: ChunkID, _ isList: Bool) throws -> Void
    ) throws {
        for id in ids {
            try body(id, depth > 0)
            guard depth > 0 else { continue }
            let list = try chunks.withChunk(id) { try ContentReader.decodeList($0) }
            try visit(list, depth: depth - 1, body)
        }
    }

    private static func decodeList(_ bytes: UnsafeRawBufferPointer) throws -> [ChunkID] {
        let width = Bytes32.byteCount
        guard bytes.count % width == 0, bytes.count / width <= Limits.listChunkCountMax else {
            throw FetchError.badTree(.invalid(format: "chunk list", field: "length"))
        }
        return stride(from: 0, to: bytes.count, by: width).map {
            ChunkID(Bytes32(UnsafeRawBufferPointer(rebasing: bytes[$0..<$0 + width]).bytes))
        }
    }

    /// An object as one array of `byteCount` bytes.
    func object(_ content: ContentReference, byteCount: UInt64) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try forEachChunk(of: content) { id in
            try chunks.withChunk(id) { chunk in
                guard UInt64(bytes.count + chunk.count) <= byteCount else {
                    throw FetchError.badTree(.trailingBytes(format: "tree", count: chunk.count))
                }
                bytes.append(contentsOf: chunk)
            }
        }
        return bytes
    }

    func tree(of directory: TreeEntry) throws -> Tree {
        let bytes = try object(directory.content, byteCount: directory.size)
        do {
            return try Tree(bytes)
        } catch {
            throw FetchError.badTree(error)
        }
    }
}
