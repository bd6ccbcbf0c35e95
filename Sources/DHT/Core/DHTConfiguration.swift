package import Model

/// What a node of the DHT may be told.
package struct DHTConfiguration: Sendable {
    /// Which local addresses (loopback, private, link-local) are believed to be nodes.
    package enum LocalAddresses: Sendable {
        case refused
        /// Those that speak to us, and those that a node at a local address names. A node out in
        /// the network cannot make us send into ours.
        case fromLocalNodes
        case accepted
    }

    package var localAddresses = LocalAddresses.fromLocalNodes
    package var queriesPerSecond = Limits.queriesPerSecond
    package var localQueriesPerSecond = Limits.localQueriesPerSecond
    package var signatureChecksPerSecond = Limits.signatureChecksPerSecond
    package var storedItemCountMax = Limits.storedItemCountMax
    /// Our own address out in the network, when it is known.
    package var externalAddress: IPAddress?
    /// Places of the tables of senders and of proved addresses, powers of two, 8 bytes each.
    package var senderPlaceCount = 4096
    /// Disjoint paths of lookups for items and peers.
    package var pathCount = Limits.pathsPerLookup

    package init() {}
}

/// What a node may be asked to do.
package enum DHTRequest: Sendable {
    case ping(Endpoint)
    case findNode(NodeID)
    /// The newest state of an item, at least `minimum`; older ones are refused.
    case get(ItemAddress, minimum: Int64)
    /// `expected` is the sequence to replace (`cas` of BEP 44).
    case put(Item, expected: Int64?)
    /// Puts, and repeats it every hour until it is withdrawn.
    case publish(Item)
    case withdraw(NodeID)
    case findPeers(NodeID)
    /// Announces this node under a topic, and repeats it; `nil` is the port that it sends from.
    case announce(NodeID, port: UInt16?)
    case retract(NodeID)
}

/// Where an item is found, and whose it must be.
package struct ItemAddress: Hashable, Sendable {
    package let target: NodeID
    /// `nil` for an immutable item.
    package let key: Bytes32?
    package let salt: [UInt8]

    package init(immutable target: NodeID) {
        self.target = target
        key = nil
        salt = []
    }

    package init(key: Bytes32, salt: [UInt8]) {
        target = Item.target(ofKey: key, salt: salt)
        self.key = key
        self.salt = salt
    }
}

/// What came of a request.
package enum DHTAnswer: Sendable {
    case pong(NodeID?)
    case contacts([Contact])
    case item(FoundItem)
    case stored(StoredItem)
    case peers([Endpoint], nearest: [Contact])
    /// How many nodes took an announcement.
    case announced(Int)
    case done
    case refused(DHTRefusal)
}

package enum DHTRefusal: Error, Equatable, Sendable {
    case tooManyLookups
    case valueTooLong(length: Int)
    case saltTooLong(length: Int)
    case tooManyPublications
    /// The value is not one canonical bencoded value.
    case badValue
    case badSignature
    /// The node is shutting down.
    case stopped
}

/// What a `get` came to.
package struct FoundItem: Sendable {
    package let item: Item?
    package let nearest: [Contact]
    /// Answers it took to reach the node that had the item first; 0 when it was kept here.
    package let hopCount: Int
    package let queryCount: Int
    /// A genuine state that was older than what was seen or asked for.
    package let refusedSequence: Int64?
}

/// What a `put` came to.
package struct StoredItem: Sendable {
    /// Nodes that took it, this one included.
    package let copyCount: Int
    /// Codes of those that did not.
    package let refusals: [Int]
    /// A genuine state that is newer than what was to be stored; nothing was written then.
    package let newer: Item?
    package let nearest: [Contact]
}

/// What a driver has to do.
package enum DHTEffect: Sendable {
    case send([UInt8], to: Endpoint)
    case answer(UInt64, DHTAnswer)
    /// ``DHTCore/savedContacts`` changed enough to be written.
    case save
    /// Nobody is known any more: resolve the configured names and tell the core.
    case resolveKnownNodes
    /// An own publication met a newer state, written elsewhere; it is not repeated any more.
    case superseded(Item)
}

/// Counts since the start.
package struct DHTCounters: Equatable, Sendable {
    package var packetsReceived = 0
    package var packetsSent = 0
    package var bytesReceived = 0
    package var bytesSent = 0
    /// Queries of others, by ``KRPC/Method``.
    package var queries = Array(repeating: 0, count: KRPC.Method.allCases.count)
    /// Answers to queries of ours.
    package var responses = 0
    package var failures = 0
    package var timeouts = 0
    /// Datagrams that are no KRPC.
    package var malformed = 0
    /// Answers to nothing that was asked, or of somebody else.
    package var unmatched = 0
    package var limited = 0
    /// Items whose signature, key or hash was wrong.
    package var forgedItems = 0
    package var parked = 0
    package var trimmed = 0

    package init() {}
}
