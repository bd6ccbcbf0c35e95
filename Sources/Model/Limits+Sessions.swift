/// Of sessions between nodes.
extension Limits {
    /// One of ours takes about 600 bytes; RELIABILITY.md, section 7.
    package static let sessionCertificateLengthMax = 4096
    /// 2048 fragment ids with their lengths, and what is asked about them.
    package static let sessionHeaderLengthMax = 96 << 10
    /// Bytes of fragments in one request of a customer: what a line of 1 Gbit/s carries in 30 ms.
    package static let customerPayloadLengthMax = 4 << 20
    /// A fragment and its header, a head, a listing.
    package static let sessionPayloadLengthMax = 16 << 20
    /// Bytes of one data frame: sixteen TLS records, and what others wait behind.
    package static let sessionDataLengthMax = 256 << 10
    /// Bytes of a data frame that we send, at most what is written at once: three TLS records.
    package static let sessionDataLengthSent = 48 << 10
    /// The same for a session with more than that to send: what is paid for each frame and each
    /// write is a seventh of the time otherwise. With what TLS adds it is just below 256 KiB, since
    /// TLS takes powers of two.
    package static let sessionBulkLengthSent = 240 << 10
    /// Sessions of a node that may do so, and read more at once: TLS keeps as much for each as long
    /// as it lasts.
    package static let sessionBulkCountMax = 32
    /// Payloads up to here are sent with their request, without waiting for credit.
    package static let sessionInlineLengthMax = 64 << 10
    /// Requests under way in one direction.
    package static let sessionStreamCountMax = 64
    /// Frames other than data that wait to be written: some for each stream. A peer that makes us
    /// say more and does not read is cut off.
    package static let sessionFrameQueueCountMax = 512
    /// Payloads and responses of one peer's requests in memory, six of 4 MiB: while some are on the
    /// way, others are written. A single request may take more.
    package static let sessionMemoryPerPeer = 24 << 20
    /// Payloads that one peer may send with its requests, without waiting for credit, once it has
    /// sent long ones: what is on its way in 100 ms at 160 MiB/s. Two peers of a node get as much,
    /// out of the memory of all.
    package static let sessionAdvance = 16 << 20
    /// What is believed of such a promise.
    package static let sessionAdvanceMax = 64 << 20
    /// The same for all peers of a node: at least the payload and the response of one request.
    package static let sessionMemoryDefault = 64 << 20
    /// Memory for long payloads that a node keeps for the next ones: a few requests' worth.
    package static let sessionPoolLengthMax = 16 << 20
    /// What is read from a socket at once: it is kept as long as the session lasts, and a node has
    /// hundreds of them.
    package static let sessionReadLength = 64 << 10
    /// The same for a session in bulk.
    package static let sessionBulkReadLength = 128 << 10
    /// Bytes in a sender's kernel that have not left, before it takes no more: what is urgent waits
    /// behind them, and more of them would be sent by whoever takes the peer's acknowledgements.
    package static let sessionUnsentLengthMax = 128 << 10
    package static let sessionCountMax = 512
    /// Connections from one address range that have not shown a certificate yet.
    package static let strangersPerRangeMax = 8
    /// Handshakes of strangers of one address range: a core does thousands each second, and one
    /// range must not have them all. Enough for an office that starts its machines at once.
    package static let handshakeBurst = 32
    package static let handshakesPerSecond = 8
    /// Ranges that are remembered for that, each some 50 bytes.
    package static let handshakeRangeCountMax = 16 << 10
    /// Several devices of one user, and connections that have died unnoticed.
    package static let sessionsPerUserMax = 8
    package static let handshakeDeadline: Duration = .seconds(10)
    /// What a supplier has said is used instead of asking again: the length of one command's start.
    /// Nanoseconds.
    package static let offerAgeMax: UInt64 = 5_000_000_000
    /// For a place where somebody may be: many are tried, and most of them are there or not.
    package static let strangerDialDeadline: Duration = .seconds(4)
    /// A quiet session is asked for a sign of life; without one, it ends.
    package static let pingInterval: Duration = .seconds(60)
    package static let pongDeadline: Duration = .seconds(30)
    package static let requestDeadlineDefault: Duration = .seconds(60)
    /// Before a peer that could not be reached is dialled again; doubled after each failure.
    package static let redialDelayMin: Duration = .seconds(1)
    package static let redialDelayMax: Duration = .seconds(300)
    /// Peers that a pool remembers failures of.
    package static let redialCountMax = 4096

    /// How long a node knows of a new root before it believes it, in nanoseconds that it has run: 7
    /// days, in which a user whose seed was stolen sees that somebody has used it.
    package static let rotationHold: UInt64 = 7 * 86_400_000_000_000
    /// Identity documents of others that a node keeps: 32 KiB each at most.
    package static let knownIdentityCountMax = 4096
    /// Nodes that are asked whether this one can be reached.
    package static let reachTestCount = 3
    package static let reachDeadline: Duration = .seconds(8)
    /// How often it is asked anew, in nanoseconds.
    package static let reachTestInterval: UInt64 = 3600 * 1_000_000_000
    /// How often the documents of connected peers are looked for, in nanoseconds.
    package static let identityRefreshInterval: UInt64 = 3600 * 1_000_000_000
    /// Documents looked for at the same time because of peers that have come.
    package static let identityLookupCountMax = 16
}
