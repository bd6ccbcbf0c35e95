package import Model

/// Why stored bytes cannot be given back.
package enum FetchError: Error, Equatable, Sendable {
    /// Fewer good fragments are left than the block needs.
    case blockLost(BlockID, have: Int, need: Int)
    /// Too few suppliers answer; those that do not may have what the block needs.
    case blockAway(BlockID, have: Int, need: Int, away: Int)
    /// The catalog does not know the chunk.
    case unknownChunk(ChunkID)
    /// The fragments are what they were, but the block does not open or does not hold what the
    /// catalog says: a bug or another repository's key, never a supplier.
    case blockUnreadable(BlockID, reason: String)
    case badTree(FormatError)
    case noSuchPath([UInt8])
}

extension FetchError {
    /// Whether the bytes may come back with suppliers that do not answer now.
    var isAway: Bool {
        if case .blockAway = self { return true }
        return false
    }
}
