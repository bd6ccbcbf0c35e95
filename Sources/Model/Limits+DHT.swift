/// Limits of the DHT (BEP 5, 32, 42, 44).
extension Limits {
    /// What the DHT sends itself: passes tunnels, and IPv6 without fragments on nearly all paths.
    package static let replyLengthMax = 1400
    /// Transaction ids are echoed: they must not be a way to make replies long.
    package static let transactionLengthMax = 32
    /// A reply to an address that has not proved to be the sender's is at most so many times as
    /// long as the query, the probe that goes with it included.
    package static let amplificationMax = 2
    /// Queries of ours are padded to this, so that replies with 8 contacts need no probe first.
    package static let paddedQueryLength = 208
    /// Contacts of a bucket and of an answer, copies of an item: k of Kademlia.
    package static let contactsPerBucket = 8
    /// Contacts kept to take the place of those that fail.
    package static let replacementsPerBucket = 4
    /// Contacts in one address range (/24, /48) per bucket and in the whole table.
    package static let contactsPerRangeInBucket = 2
    package static let contactsPerRangeInTable = 8
    /// Contacts below which a table is young and may live in one address range.
    package static let diverseContactCountMin = 16
    /// From so many contacts with an id bound to their address on, others are not taken.
    package static let boundContactCountMin = 16
    /// Nodes of one address range that a single lookup asks.
    package static let queriesPerRangeInLookup = 4
    /// Disjoint paths of a lookup: docs/decisions/0018-dht-rules.md.
    package static let pathsPerLookup = 8
    /// Nodes that one path of a lookup asks: three times what an undisturbed one needs.
    package static let queriesPerPathMax = 24
    package static let candidatesPerPathMax = 32
    /// Lookups under way at once; what is asked for beyond them is refused.
    package static let lookupCountMax = 256
    package static let pendingQueryCountMax = 4096
    /// BEP 44.
    package static let itemValueLengthMax = 1000
    package static let itemSaltLengthMax = 64
    /// Tokens of other nodes that are longer are not carried back.
    package static let tokenLengthMax = 64
    package static let tokenLength = 8
    /// Items kept for others: at 1.3 KiB each, 26 MiB.
    package static let storedItemCountMax = 20_000
    /// Of one address range, so that nobody alone fills a node.
    package static let storedItemsPerRangeMax = 1000
    package static let peerTopicCountMax = 4096
    package static let peersPerTopicMax = 128
    package static let peersPerRangeInTopic = 8
    /// Compact endpoints in one reply, 8 bytes each.
    package static let peersPerReplyMax = 64
    /// Own items and announcements that are repeated.
    package static let publicationCountMax = 4096
    /// Targets of which the highest sequence seen is remembered.
    package static let seenSequenceCountMax = 4096
    /// Requests that wait for the asker's address to be proved.
    package static let parkedRequestCountMax = 64
    /// Probes of unknown nodes under way at once.
    package static let probeCountMax = 64
    /// Queries answered each second: of one range, and of one local endpoint.
    package static let queriesPerSecond = 20
    package static let localQueriesPerSecond = 5000
    /// Ed25519 at 12,000 checks a second and core: a tenth of one core.
    package static let signatureChecksPerSecond = 1200
    package static let savedContactCountMax = 2048
    /// Nicknames: places for claims of one name.
    package static let nicknameClaimCountMax = 4
    /// Suppliers in one item of a customer: 32 bytes each.
    package static let suppliersPerRecordMax = 24
    package static let supplierRecordCountMax = 43
    /// Sources of an identity document in its pointer, each a URL.
    package static let pointerSourceCountMax = 8
    package static let pointerSourceLengthMax = 80
}
