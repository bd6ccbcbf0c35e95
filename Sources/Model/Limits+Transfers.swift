/// Of who waits for whom, and how long.
extension Limits {
    /// For a TCP connection alone: the kernel has asked three times by then, after 0, 1 and 3 s but
    /// for the last answer. Whoever is at the end of a satellite link answers within one.
    package static let connectDeadline: Duration = .milliseconds(3500)
    /// For the first of several ports that a server may have; then all are asked at the same time.
    package static let firstPortDeadline: Duration = .seconds(1)
    /// How long a node is waited for where it was before it is looked for elsewhere too, in
    /// nanoseconds.
    package static let dialPatience: UInt64 = 1_000_000_000
    /// Endpoints that are remembered to be silent.
    package static let silentEndpointCountMax = 1024
    /// Sources of documents that are asked at the same time.
    package static let sourcesAskedMax = 32
    /// How long a command believes what it was told of where nodes are, in nanoseconds: a minute.
    package static let placesLifetime: UInt64 = 60_000_000_000

    // MARK: Suppliers that stop answering in the middle of a backup, in nanoseconds

    /// Before a supplier is asked again; doubled up to the second one, which a machine that starts
    /// again needs anyway.
    package static let lanePauseMin: UInt64 = 250_000_000
    package static let lanePauseMax: UInt64 = 4_000_000_000
    /// How long the others wait for one: a restart of its program, a router that comes back.
    package static let laneHold: UInt64 = 10_000_000_000
    /// How long a backup waits when too few suppliers answer, as when the network is cut: ten
    /// minutes; later the next run goes on where this one was.
    package static let laneNetworkHold: UInt64 = 600_000_000_000
    /// How rarely one that is away is asked again.
    package static let laneAbsencePauseMax: UInt64 = 300_000_000_000

    // MARK: Far suppliers

    /// Requests with fragments on their way to one supplier: what 100 ms there and back ask for at
    /// 1 Gbit/s, each with up to `customerPayloadLengthMax` bytes. Four bring them along where a
    /// supplier advances so much, the others wait for credit meanwhile.
    package static let farRequestCount = 8
    /// Stripes beyond those that are worked on, for suppliers that are far.
    package static let farStripeCountMax = 8
    /// From where a supplier is far, for a restore: one near answers within a few milliseconds, and
    /// more blocks at once would only take the caches from each other. Nanoseconds.
    package static let farLatency: UInt64 = 20_000_000
    /// Blocks that a restore fetches at once from far suppliers, as far as its memory goes.
    package static let farReaderCount = 6
    /// What one of them takes: a block of 8 MiB with as much parity, and its frames.
    package static let readerMemory = 24 << 20

    // MARK: Fetching

    /// Answers of one supplier by which the next is judged.
    package static let answerTimesKept = 32
    /// Before a spare is asked for while less is known of a supplier, and the least and the most,
    /// in nanoseconds.
    package static let hedgeDelayDefault: UInt64 = 1_000_000_000
    package static let hedgeDelayMin: UInt64 = 50_000_000
    package static let hedgeDelayMax: UInt64 = 10_000_000_000

    // MARK: Peers that fall silent

    /// How soon a customer asks for a sign of life while it waits for an answer.
    package static let customerPingInterval: Duration = .seconds(3)
    /// How long that sign may take over a line that is full of our own bytes.
    package static let customerPongDeadline: Duration = .seconds(240)
    /// After which a peer that gives none is deaf, in nanoseconds: what a wireless line that
    /// changes its place or a program that is starved of its disk for a moment takes.
    package static let deafTime: UInt64 = 8_000_000_000
    /// A kernel keeps at most a few times what it has already seen delivered: bytes that took so
    /// long to leave arrive within so many times as long.
    package static let drainFactor: UInt64 = 4
    /// Bytes within one look that are more than signs of life, which take 17.
    package static let progressLengthMin: UInt64 = 64
    /// How often is looked, in nanoseconds.
    package static let livenessInterval: UInt64 = 500_000_000
    /// A supplier may take so many times as long as the slowest of its last answers, when there
    /// were some, and always as long as a disk that has to start to turn: in nanoseconds.
    package static let answerTimeFactor: UInt64 = 8
    package static let answerTimesNeeded = 4
    package static let answerTimeMin: UInt64 = 15_000_000_000

    // MARK: Rates

    /// What a limited transfer may save up while it is silent, in nanoseconds: a burst after a
    /// silence is what a limit is there against.
    package static let rateBurstTime: UInt64 = 250_000_000
    /// Bytes each second that a limit may name: slower, and requests of a few megabytes to some
    /// suppliers at once would come too late; and what no line carries.
    package static let byteRateMin: UInt64 = 64 << 10
    package static let byteRateMax: UInt64 = 1 << 40
    /// How long a request waits for its turn before it looks whether it is still wanted.
    package static let rateSliceTime: UInt64 = 200_000_000
    /// Spans of a timetable.
    package static let timetableSpanCountMax = 48
}
