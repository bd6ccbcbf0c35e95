internal import Hashing
internal import Model

/// Directories that were walked, so that snapshots that share them are not walked in full: as many
/// as memory is set aside for; those beyond are walked again.
struct TreeMemory {
    private var known: Set<Bytes32> = []
    private let countMax: Int

    init(countMax: Int = Limits.knownTreeCountMax) {
        self.countMax = countMax
    }

    func contains(_ content: ContentReference) -> Bool { known.contains(TreeMemory.name(content)) }

    /// - Returns: whether it was not there. Where there is no room it never is.
    @discardableResult
    mutating func insert(_ content: ContentReference) -> Bool {
        let name = TreeMemory.name(content)
        guard known.count < countMax else { return !known.contains(name) }
        return known.insert(name).inserted
    }

    /// All of its chunks: directories that differ may begin with the same one.
    private static func name(_ content: ContentReference) -> Bytes32 {
        if content.depth == 0, content.ids.count == 1 { return content.ids[0].bytes }
        var writer = ByteWriter(reserving: 1 + content.ids.count * Bytes32.byteCount)
        writer.byte(content.depth)
        for id in content.ids { writer.identifier(id) }
        return BLAKE3.hash(writer.bytes.span.bytes)
    }
}
