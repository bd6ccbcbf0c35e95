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
    /// What a recovered catalog takes on the disk while it is written, in the file and in the log
    /// ahead of it, rather too much than too little: so much when it is empty, and so many times
    /// the bytes of its rows.
    package static let catalogRoomMin: UInt64 = 1 << 19
    package static let catalogRoomFactor: UInt64 = 3
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

    /// Requests that a supplier works on at the same time: enough to keep a few disks busy, and the
    /// payloads of as many, 16 MiB each, are copied for the disk.
    package static let supplierThreadCount = 4
    /// Threads beside these for requests that the index answers: has, list, usage, notices. They
    /// wait for no disk, and not behind who does.
    package static let supplierAnswerThreadCount = 2
    /// How often a put waits for another of the same fragment before it is told to come again: it
    /// waits once where the other one ends either way.
    package static let putWaitCountMax = 4
    /// A disk with less room than that is told of, in bytes: what a busy customer puts in a minute.
    package static let supplierRoomMin = 256 << 20
    /// Customers that are called at the same time when somebody asks who is there.
    package static let pingCountMax = 64
    /// How often a supplier looks at its disks, at due tombstones and at its own addresses, in
    /// nanoseconds.
    package static let supplierUpkeepInterval: UInt64 = 60_000_000_000
    /// After that an offer is signed anew, in nanoseconds: it says that the supplier is there.
    package static let offerTime: Int64 = 600_000_000_000
    /// Seconds by which two clocks may differ before one is called wrong: offers, by which they are
    /// compared, are ten minutes old at most.
    package static let clockDifferenceMax: Int64 = 3600
    // MARK: Rebuilding

    /// Blocks of one plan: at 8 MiB, 32 GiB; then a new plan is made from what is known by then.
    package static let rebuildPlanCountMax = 4096
    /// Silence after which a supplier counts as gone, in nanoseconds: a day, so that a machine that
    /// sleeps at night moves nothing. Repair within two days keeps `8+12` at 3e-8 per block and
    /// year.
    package static let supplierGrace: UInt64 = 86_400_000_000_000
    /// Silence that one look adds at most, in nanoseconds: half of grace, so that a machine that
    /// was off, or whose clock was set meanwhile, makes nobody gone by one look.
    package static let silenceStepMax: UInt64 = 43_200_000_000_000
    /// Bytes of all buffers of a rebuild, unless one fragment needs more.
    package static let rebuildMemoryDefault = 64 << 20
    /// Bytes that a rebuild in the background moves each second: an eighth of a gigabit line.
    package static let rebuildByteRateDefault = 16 << 20
    /// After a round that gave way to a command, and where there was nothing to look after yet.
    package static let rebuildRetryInterval: UInt64 = 60_000_000_000
    /// Bytes of each source that are asked for at once: four requests for a fragment of 1 MiB cost
    /// its supplier twice the time of one.
    package static let rebuildReadLength = 1 << 20
    /// Bytes of each source's part that are used before the next: those of 20 sources stay in the
    /// cache.
    package static let rebuildStripLength = 256 << 10
    /// Bytes of a note of the owner, and of its name: a friend of 250 bytes for each fragment of
    /// the largest scheme.
    package static let noteLengthMax = 64 << 10
    package static let noteNameLengthMax = 64
    /// Fragments of a block that are put on their suppliers at the same time.
    package static let rebuildPutsAtOnce = 8
    /// Bytes of audits for each supplier and day: 64 ranges of 1 KiB with their proofs.
    package static let auditBytesPerDay = 256 << 10
    /// Bytes of one audit of one range: leaf, up to 13 hashes, challenge, signature, frames.
    package static let auditByteCount = 4 << 10
    /// The same challenge is put so often before silence counts as a refusal: with a fifth of all
    /// answers lost on the way, 64 challenges a day go wrong by chance once in 10,000 years.
    package static let auditAttemptsMax = 12

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
    /// Addresses in a supplier's offer, and bytes of the version of its program.
    package static let offerEndpointCountMax = 8
    package static let offerVersionLengthMax = 64
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
    /// A supplier that is slower than this is not waited for: bytes each second. Twenty suppliers
    /// at the end of a line at home that sends 1 Mbit/s get as many; who is silent is given up
    /// before.
    package static let requestByteRateMin = 4 << 10

    /// Places where a supplier is looked for first: of both families, at home and from outside.
    package static let nodeEndpointCountMax = 8

    /// Looks at a supplier nearer to each other count once in how often it answers: ten minutes.
    package static let lookInterval: UInt64 = 600_000_000_000
    /// Looks that are remembered; then all count half, so that old ones fade.
    package static let lookCountMax = 1024
    /// Suppliers that a pointer in the DHT names: what 1000 bytes hold, and enough to find one.
    package static let pointerNodeCountMax = 20
    /// Suppliers that a key file names, so that a page stays a page.
    package static let keyFileSupplierCountMax = 6
    /// How often a node looks whether a command has written a newer pointer: 10 minutes.
    package static let pointerInterval: UInt64 = 600_000_000_000
    /// Suppliers that a customer hires by itself; more give nothing that so many do not.
    package static let familyCountDefault = 20
    /// Times that a supplier stops answering and comes back in one command, before nobody waits
    /// for it any more: many for a line that breaks, few for one that does so on purpose.
    package static let supplierReturnCountMax = 1000
    /// How long a node that was found nowhere is not looked for again: 20 seconds.
    package static let absentNodeDelay: UInt64 = 20_000_000_000
    /// Places that are tried for candidates.
    package static let candidateCountMax = 128
    /// What a supplier of the network is asked to keep for us at first, twice as much whenever that
    /// is full, and the least that is worth a contract. What one has asked for others cannot have.
    package static let networkQuotaDefault = 1 << 30
    package static let networkQuotaMin = 64 << 20

    // MARK: Sockets

    /// The longest datagram sent or taken: one Ethernet frame, so that nothing is cut into parts.
    package static let datagramLengthMax = 1472
    /// Datagrams of one system call: more gain little.
    package static let datagramsPerRead = 32
    /// Asked of the kernel: a burst of some thousand datagrams, each charged about 1 KiB.
    package static let datagramReceiveBufferLength = 8 << 20
    package static let datagramSendBufferLength = 1 << 20

    /// Connections of one listener, and of them from one address range: whoever has one address
    /// range cannot take all.
    package static let connectionCountMax = 512
    package static let connectionsPerRangeMax = 8
    /// From the connection to the first whole frame, or from the first byte of a head to its last.
    package static let headDeadline: Duration = .seconds(10)
    package static let idleDeadline: Duration = .seconds(300)
    /// Whoever is slower than this many bytes in each window is cut off: 1 KiB/s.
    package static let minimumRateByteCount = 30 << 10
    package static let minimumRateWindow: Duration = .seconds(30)
    /// What waits for one peer to take it.
    package static let writeQueueLengthMax = 4 << 20
    package static let frameBodyLengthMax = 1 << 20
    /// Frames that wait for their reader; then reading stops.
    package static let frameQueueCountMax = 16

    // MARK: HTTP

    package static let httpHeadLengthMax = 16 << 10
    package static let headerFieldCountMax = 100
    package static let targetLengthMax = 2 << 10
    package static let requestBodyLengthMax = 1 << 20
    package static let responseBodyLengthMax = 1 << 20
    package static let redirectCountMax = 3
    package static let exchangeDeadline: Duration = .seconds(10)
    /// How long a stopping server waits for answers that are under way; the node ends within 5 s.
    package static let stopGrace: Duration = .seconds(3)
    /// How long what a refused peer still sends is read, so that it sees why.
    package static let lingerDeadline: Duration = .seconds(2)

    // MARK: Names

    /// As in RFC 1035.
    package static let hostNameLengthMax = 253
    package static let nameAnswerCountMax = 16
    package static let nameCacheCountMax = 1024
    /// Answers are asked again after a minute, failures after five seconds.
    package static let nameAnswerLifetime: Duration = .seconds(60)
    package static let nameFailureLifetime: Duration = .seconds(5)
    // MARK: Identities

    /// A URL of a document, an address of a node: a DNS name of 253 bytes and what is around it.
    package static let sourceLengthMax = 300
    /// Sixteen devices, sixteen root keys and all addresses fit, and hostile bytes end soon.
    package static let identityDocumentLengthMax = 32 << 10
    package static let identityDocumentDepthMax = 6
    package static let identityDocumentElementCountMax = 128
    /// As in the older product: 1 to 6.
    package static let identitySourceCountMax = 6
    package static let identityContactCountMax = 16
    package static let identityDeviceCountMax = 16
    /// The first root key and fifteen rotations, each 192 bytes in every document for ever.
    package static let identityGenerationCountMax = 16
    /// 24 bits, so that generation, epoch and revision make one positive 64-bit sequence.
    package static let identityEpochMax: UInt32 = 1 << 24 - 1
    package static let identityVersionLengthMax = 256

    // MARK: Identity servers

    /// Servers that the configuration may name; a network has a few.
    package static let knownServerCountMax = 64
    /// Names on one page of the index: a page stays below 64 KiB.
    package static let indexPageNameCount = 500
    package static let indexPageLengthMax = 256 << 10
    /// Names of one server: 4 GiB of documents.
    package static let identityServerNameCountMax = 1_000_000
    /// Seconds of the server's own running time: a machine may lie in a drawer for half a year. The
    /// name stays its owner's for as long again.
    package static let identityUntouchedMax: UInt64 = 180 * 86_400
    /// Owners that show are noted once a day: more would be a disk write for each look-up.
    package static let identityTouchInterval: UInt64 = 86_400
    /// Owners noted between two rounds of upkeep; those left out show again.
    package static let identityTouchCountMax = 100_000
    /// Seconds between two rounds of upkeep.
    package static let identityUpkeepInterval: UInt64 = 3600
    /// Address ranges of which a rate is known; two tables of 32 Ki entries take about 3 MiB.
    package static let rateRangeCountMax = 32 << 10
    /// Frames on one connection: a document takes one to eight.
    package static let identityFrameCountMax = 256
    /// Files open on one connection at the same time.
    package static let identityFrameFileCountMax = 4

    // MARK: Memory

    /// What the buffers of a pipeline may take together, in bytes, unless configured otherwise.
    package static let pipelineMemoryDefault = 160 << 20

    // MARK: Node

    /// Seconds that `bitdust daemon` waits for its node to be ready: a slow disk and many documents
    /// to read take some, a stuck one must not hold up a boot.
    package static let nodeStartPatience = 30
    /// Seconds that a node may take to end; what is not done by then is cut off.
    package static let nodeStopPatience = 5
    /// One log file; with those kept all logs of a node stay below 100 MiB.
    package static let logLengthMax = 8 << 20
    package static let logsKept = 3
    /// Seconds that a command waits for an answer: a registration asks many servers in turn.
    package static let nodeAnswerPatience = 180
    /// A list of everything that a node knows.
    package static let nodeAnswerLengthMax = 64 << 20
    /// A network.json with 256 seeds and servers stays far below.
    package static let networkDescriptionLengthMax = 256 << 10
    /// Nanoseconds between two looks at who has joined a network: hosts join rarely.
    package static let networkRefreshInterval: UInt64 = 600_000_000_000

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
    // MARK: REST interface

    /// Arrays and objects within each other: the reader calls itself, and its stack is finite.
    package static let requestDepthMax = 32
    /// Characters of one number: 20 hold any 64-bit integer, 24 any double.
    package static let requestNumberLengthMax = 64
    /// Path and query of a request.
    package static let requestTargetLengthMax = 2 << 10
    /// All header lines of a request.
    package static let requestHeadersLengthMax = 16 << 10
    package static let requestHeaderCountMax = 100
    // MARK: Calls and events

    /// Seconds until a connection that asks nothing, or that sends a request too slowly, is closed.
    package static let requestIdleSeconds: Int64 = 30
    /// Connections at once, for each address; more of them wait until one is closed.
    package static let requestConnectionCountMax = 256
    /// Seconds that running requests have left when the interface stops.
    package static let requestStopSeconds: UInt64 = 2
    package static let webSocketCountMax = 64
    /// Calls of one WebSocket that are not yet answered.
    package static let webSocketCallCountMax = 16
    /// As in the older product: who leaves more events unread has gone away.
    package static let eventUnreadMax = 100
    /// Consumers of events; the one that has been silent longest makes room for a new one.
    package static let eventConsumerCountMax = 256
    /// Kinds of events that are counted, and bytes of the name of one: callers can invent them.
    package static let eventKindCountMax = 1024
    package static let eventNameLengthMax = 100
    /// Past events that a stream can begin with after its connection broke.
    package static let eventsKept = 256
    /// A stream of events says something at least so often, so that both sides notice the end.
    package static let eventHeartbeatSeconds: UInt64 = 5

    // MARK: Durability

    /// Mean lifetimes of suppliers that the durability model takes: an hour to a thousand years.
    /// Beyond that the answer says nothing, and the numbers of steps grow without use.
    package static let supplierLifetimeDays = 1.0 / 24...365_000
    /// Mean times of a repair that it takes: a minute to a hundred years.
    package static let repairDays = 1.0 / 1440...36_500
    /// Suppliers live half a year, as is known of networks of volunteers, and a repair takes the
    /// grace of a day and a day of transfer, unless `bitdust durability` is told better.
    package static let supplierLifetimeDaysDefault = 180.0
    package static let repairDaysDefault = 2.0
    /// Between two shocks, unless it is told better: ten years.
    package static let shockIntervalDaysDefault = 3650.0
    /// Schemes that `bitdust durability` compares at once.
    package static let durabilitySchemeCountMax = 16
}
