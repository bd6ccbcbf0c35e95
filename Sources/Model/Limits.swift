/// Every maximum, default and time-out, each with its reason. Tests hold the formats against them.
package enum Limits {
    // MARK: Coding

    /// Fragments of one block. GF(2^8) has 255 non-zero elements for the rows of a Cauchy matrix
    /// and its columns together; one is left so that a count fits a byte.
    package static let fragmentCountMax = 255
    /// Fragments and records start on pages so that they can be written without the page cache.
    package static let pageLength = 4096
    /// Coding plans kept, one for each scheme and loss pattern in use; the largest takes 0.5 MiB.
    package static let codingPlanCountMax = 32

    // MARK: Sealing (C2SP chunked-encryption)

    /// Salt (24) and commitment (32) before the first step.
    package static let sealHeaderLength = 56
    package static let sealStepLength = 16 << 10
    package static let sealTagLength = 16

    // MARK: Keys

    /// Bytes of UTF-8 in the name of an identity or a device: one line of a printed page.
    package static let displayNameLengthMax = 64
    /// A key file is written below 2 KiB; what is read may have gathered remarks.
    package static let keyFileLengthMax = 16 << 10
    package static let machineKeysLengthMax = 4096
    package static let certificateLengthMax = 1024
    /// scrypt of a new key file: 2^17, 0.6 s and 128 MiB.
    package static let scryptLogCostDefault = 17
    /// A hostile key file must not take the machine's memory: 2^20, `r * p` 64, and 1 GiB.
    package static let scryptLogCostMax = 20
    package static let scryptBlockFactorMax = 64
    package static let scryptMemoryMax = 1 << 30

    // MARK: Chunking

    /// Small chunks keep an edited disk image small: docs/decisions/0003-chunk-lengths.md.
    package static let chunkLengthMin = 32 << 10
    package static let chunkLengthAverage = 128 << 10
    package static let chunkLengthMax = 512 << 10

    // MARK: Compressing

    /// Below -5 zstd loses ratio and gains no speed; above 19 it wants windows past our limit.
    package static let zstdLevelMin = -5
    package static let zstdLevelMax = 19
    package static let zstdLevelDefault = 1
    package static let deflateLevelMax = 9
    package static let deflateLevelDefault = 6
    /// What every reader of Zstandard must support (RFC 8878, 3.1.1.1.2); frames need 1 MiB.
    package static let frameWindowLengthMax = 8 << 20

    // MARK: Blocks

    /// Plaintext compressed at once: above 1 MiB zstd gains little and memory grows.
    package static let frameLengthMax = 1 << 20
    /// Chunks in one frame; a frame of empty or tiny files still has a bounded table.
    package static let frameChunkCountMax = 8192
    package static let blockFrameCountMax = 4095
    /// So that the row of one block fits one frame when the catalog is stored.
    package static let blockChunkCountMax = 1 << 14

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
    /// Directories of one tree held open; deeper or older ones are reopened through their parents.
    package static let openDirectoryCountMax = 64

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
    package static let diskReserve = 64 << 20
    /// Repositories of one customer that a supplier keeps heads of: heads are not charged to the
    /// quota, so that a customer without room can still name its newest state.
    package static let repositoriesPerCustomerMax = 16

    /// What a supplier of the embedded network may take: all that its disk has.
    package static let embeddedCapacity = 1 << 60

    // MARK: The supplier protocol

    /// Header of one request or answer: sixteen of the longest fragment headers, and the rest.
    package static let messageLengthMax = 384 << 10
    /// Fragments named in one request: 64 KiB of ids.
    package static let messageFragmentCountMax = 2048
    /// Bytes of all fragments of one request, unless the channel passes pointers: two of the
    /// longest, so that hundreds of customers at once have bounded buffers.
    package static let messagePayloadMax = 16 << 20
    /// A grant is a signature, a few ids and a term.
    package static let grantLengthMax = 4096
    /// Ranges of one audit: a leaf of 1 KiB each; 64 a day find a loss of 5 % in two days.
    package static let auditRangeCountMax = 64
    /// Days: a century.
    package static let contractTermMax = 36_500
    /// Before a tombstone of a mere device takes effect, in nanoseconds of the supplier's service:
    /// 30 days, so that a thief of a machine cannot wipe the past before its owner notices.
    package static let tombstoneHold: UInt64 = 30 * 86_400_000_000_000
    /// Orders of one customer that wait, of 600 fragments each: enough for 5 TiB at once.
    package static let holdCountMax = 1024
    /// How often a supplier notes its service time, in nanoseconds: what a crash forgets of it only
    /// lengthens a hold.
    package static let serviceTimeSaveInterval: UInt64 = 600_000_000_000
    /// Requests of one customer each second, and at once after a pause.
    package static let requestRateMax = 1000
    package static let requestBurstMax = 10_000
    /// Customers whose rates are remembered.
    package static let requestRateUserMax = 4096
    /// What one request may take, in nanoseconds, beside the time for its bytes.
    package static let requestTime: UInt64 = 30_000_000_000
    /// A supplier that is slower than this is not waited for: bytes each second.
    package static let requestByteRateMin = 32 << 10

    // MARK: Memory

    /// What the buffers of a pipeline may take together, in bytes, unless configured otherwise.
    package static let pipelineMemoryDefault = 160 << 20

    // MARK: Services, in nanoseconds

    /// A service that ran for so long was healthy: its next failure counts as the first.
    package static let serviceProvedAfter: UInt64 = 600_000_000_000
    /// Before a failed service is tried again; doubled after each further failure. A port that
    /// another process is about to free is free within a second.
    package static let serviceRetryDelayMin: UInt64 = 1_000_000_000
    /// A service that keeps failing costs nothing and is back within five minutes of its cure.
    package static let serviceRetryDelayMax: UInt64 = 300_000_000_000
    /// A node is to be gone within 5 s of being asked; the rest is for what is not a service.
    package static let serviceShutdownTime: UInt64 = 4_000_000_000

    // MARK: States

    /// Earlier states that `states` prints of a state machine: what fits a line.
    package static let statePastCountMax = 8
    /// Changes kept for a listener that is slow, the newest ones.
    package static let stateChangeCountMax = 256

    // MARK: Settings

    /// 1000 settings of the longest kind do not fit, but nobody has them.
    package static let settingsFileLengthMax = 1 << 20
    package static let settingsLineCountMax = 4096
    /// A list of 256 nodes with long names.
    package static let settingLengthMax = 16 << 10
    package static let settingKeyLengthMax = 128
    package static let settingKeyDepthMax = 6
    /// Nodes or servers in one setting: more are found through these.
    package static let settingListCountMax = 256
    /// How far a mistyped key may be from the one that is proposed: letters changed.
    package static let settingDistanceMax = 6
    /// Unknown keys of one file for which the right one is looked for.
    package static let settingProposalCountMax = 16
    /// 2^60: sizes up to here can be added and multiplied by small numbers without overflow.
    package static let diskSpaceMax: UInt64 = 1 << 60
    /// A write takes milliseconds; who holds the lock this long is stuck. In nanoseconds.
    package static let settingsLockTime: UInt64 = 5_000_000_000
}
