package import Model

/// Why stored bytes cannot be given back.
package enum FetchError: Error, Equatable, Sendable {
    /// Fewer good fragments are left than the block needs.
    case blockLost(BlockID, have: Int, need: Int)
    /// The catalog does not know the chunk.
    case unknownChunk(ChunkID)
    /// The fragments are what they were, but the block does not open or does not hold what the
    /// catalog says: a bug or another repository's key, never a supplier.
    case blockUnreadable(BlockID, reason: String)
    case badTree(FormatError)
    case noSuchPath([UInt8])
}
