/// Every maximum, default and time-out, each with its reason. Tests hold the formats against them.
package enum Limits {
    // MARK: Coding

    /// Fragments of one block. GF(2^8) has 255 non-zero elements for the rows of a Cauchy matrix
    /// and its columns together; one is left so that a count fits a byte.
    package static let fragmentCountMax = 255
    /// Fragments and records start on pages so that they can be written without the page cache.
    package static let pageLength = 4096

    // MARK: Sealing (C2SP chunked-encryption)

    /// Salt (24) and commitment (32) before the first step.
    package static let sealHeaderLength = 56
    package static let sealStepLength = 16 << 10
    package static let sealTagLength = 16

    // MARK: Chunking

    /// Small chunks keep an edited disk image small: docs/decisions/0003-chunk-lengths.md.
    package static let chunkLengthMin = 32 << 10
    package static let chunkLengthAverage = 128 << 10
    package static let chunkLengthMax = 512 << 10

    // MARK: Blocks

    /// Plaintext compressed at once: above 1 MiB zstd gains little and memory grows.
    package static let frameLengthMax = 1 << 20
    /// Chunks in one frame; a frame of empty or tiny files still has a bounded table.
    package static let frameChunkCountMax = 8192
    package static let blockFrameCountMax = 4096
    package static let blockChunkCountMax = 1 << 16

    // MARK: Trees

    /// One component of a path, as on Linux.
    package static let nameLengthMax = 255
    package static let linkTargetLengthMax = 64 << 10
    /// All extended attributes of one entry; Linux allows 64 KiB for each.
    package static let attributesLengthMax = 1 << 20
    /// Chunk ids kept in the entry itself; more of them become list chunks.
    package static let entryChunkCountMax = 64
    /// Chunk ids in one list chunk: 32 bytes each, so 256 KiB.
    package static let listChunkCountMax = 8192
    package static let contentDepthMax = 4
    package static let treeDepthMax = 4096

    // MARK: Snapshots, heads, catalogs

    package static let textLengthMax = 4096
    package static let snapshotPathCountMax = 1024
    package static let tagCountMax = 64
    /// A head lists the catalog blocks; past this many they are merged into fewer.
    package static let catalogBlockCountMax = 32
    package static let headLengthMax = 1 << 20
    /// Heads of one customer that a supplier keeps, so that a rolled-back one can be told.
    package static let headsKept = 8
    package static let supplierCountMax = 1024

    // MARK: Suppliers

    package static let fragmentLengthMax = 8 << 20
    /// A descriptor with 255 places of 64 bytes, sealed, and the fixed fields.
    package static let fragmentHeaderLengthMax = 20 << 10
    package static let segmentLengthMax = 256 << 20
    /// Puts of one group commit: one fsync for all of them.
    package static let groupCommitCountMax = 16

    /// Bytes that a supplier leaves free on its disk: room for its index, heads and logs.
    package static let diskReserve = 256 << 20
    /// Repositories of one customer that a supplier keeps heads of: heads are not charged to the
    /// quota, so that a customer without room can still name its newest state.
    package static let repositoriesPerCustomerMax = 16

    // MARK: Memory

    /// What the buffers of a pipeline may take together, in bytes, unless configured otherwise.
    package static let pipelineMemoryDefault = 160 << 20
}
