internal import Model

/// Gathers the chunk ids of one content; long ones become list chunks, level by level.
///
/// Its memory is bounded by `Limits.listChunkCountMax` ids for each level, whatever the length of
/// the content: 64 ids reach 8 MiB in the entry itself, one level 64 GiB, two 512 TiB.
struct ContentBuilder {
    private var levels: [[ChunkID]] = [[]]
    private let storeList: ([ChunkID]) throws -> ChunkID

    /// - Parameter storeList: stores a list chunk and returns its id.
    init(storeList: @escaping ([ChunkID]) throws -> ChunkID) {
        self.storeList = storeList
    }

    mutating func append(_ id: ChunkID) throws {
        try append(id, level: 0)
    }

    mutating func finish() throws -> ContentReference {
        var depth = 0
        while depth < levels.count - 1 || levels[depth].count > Limits.entryChunkCountMax {
            if !levels[depth].isEmpty {
                let list = levels[depth]
                levels[depth] = []
                try append(try storeList(list), level: depth + 1)
            }
            depth += 1
        }
        return ContentReference(depth: UInt8(depth), ids: levels[depth])
    }

    private mutating func append(_ id: ChunkID, level: Int) throws {
        if level == levels.count { levels.append([]) }
        levels[level].append(id)
        guard levels[level].count == Limits.listChunkCountMax else { return }
        let list = levels[level]
        levels[level] = []
        try append(try storeList(list), level: level + 1)
    }

    /// A list chunk: the ids, one after the other.
    static func encode(_ list: [ChunkID]) -> [UInt8] {
        var writer = ByteWriter(reserving: list.count * Bytes32.byteCount)
        for id in list { writer.identifier(id) }
        return writer.bytes
    }
}
