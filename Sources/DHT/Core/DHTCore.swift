package import Model

/// One node of the DHT as a value: datagrams, time and requests go in, effects come out.
///
/// No sockets, no clocks, no tasks. Every call says what time it is, in nanoseconds of uptime, and
/// ``nextDeadline`` when it wants to be called again. The same seed and calls give the same
/// effects.
///
/// Rules that hold for whatever arrives:
/// 1. Nothing is answered with more than twice its length before the sender's address is proved.
/// 2. Nobody gets into the table without having answered from its address.
/// 3. No item is kept or handed on whose hash or signature is wrong, nor one older than was seen.
package struct DHTCore: Sendable {
    let configuration: DHTConfiguration
    let verifier: any ItemVerifier
    var random: SecretStream
    package internal(set) var table: RoutingTable
    package internal(set) var counters = DHTCounters()
    var items: ItemStore
    var peers = PeerStore()
    var pending = PendingQueries()
    var limiter: RateLimiter
    var verified: VerifiedAddresses
    var signatureLimiter = RateLimiter(placeCount: 1)
    var parked: [ParkedRequest] = []
    var newcomers: [Contact] = []
    var searches: [Search] = []
    var storings: [Storing] = []
    var publications: [Publication] = []
    var announcements: [Announcement] = []
    var seen = SeenSequences()
    var votes = AddressVotes()
    var schedule: Schedule
    /// Where the configured nodes were found; asked when the table is empty.
    var known: [Endpoint] = []
    var lastID: UInt32 = 0
    var now: UInt64
    var effects: [DHTEffect] = []

    /// - Parameters:
    ///   - seed: 32 random bytes; whoever knows them foresees tokens and transaction ids.
    ///   - saved: what ``savedContacts`` gave in a former run: the id and the contacts.
    package init(
        configuration: DHTConfiguration, seed: Bytes32, verifier: any ItemVerifier,
        saved: SavedContacts? = nil, now: UInt64
    ) {
        self.configuration = configuration
        self.verifier = verifier
        self.now = now
        var random = SecretStream(seed: seed)
        var id = saved?.own ?? random.nodeID()
        if let address = configuration.externalAddress, !id.isBound(to: address) {
            id = .bound(to: address, filler: id)
        }
        self.random = random
        table = RoutingTable(own: id)
        items = ItemStore(countMax: configuration.storedItemCountMax)
        limiter = RateLimiter(placeCount: configuration.senderPlaceCount)
        verified = VerifiedAddresses(placeCount: configuration.senderPlaceCount)
        schedule = Schedule(now: now)
        for contact in saved?.contacts ?? [] {
            table.remember(contact, at: DHTCore.seconds(now))
        }
    }

    package var id: NodeID { table.own }
    package var itemCount: Int { items.count }
    package var topicCount: Int { peers.topicCount }
    package var searchCount: Int { searches.count }

    /// When ``advance(to:_:)`` has something to do next.
    package var nextDeadline: UInt64 {
        var next = min(pending.earliest, schedule.earliest)
        if !newcomers.isEmpty { next = min(next, schedule.newcomers) }
        return next
    }

    /// Takes a datagram.
    package mutating func receive(
        _ bytes: [UInt8], from endpoint: Endpoint, now: UInt64, _ effects: inout [DHTEffect]
    ) {
        begin(now, &effects)
        handle(bytes, from: endpoint)
        swap(&self.effects, &effects)
    }

    /// Does what is due.
    package mutating func advance(to now: UInt64, _ effects: inout [DHTEffect]) {
        begin(now, &effects)
        expireQueries()
        runSchedule()
        swap(&self.effects, &effects)
    }

    /// Takes a request; the answer comes as an effect with the same ticket, maybe at once.
    package mutating func request(
        _ request: DHTRequest, ticket: UInt64, now: UInt64, _ effects: inout [DHTEffect]
    ) {
        begin(now, &effects)
        start(request, ticket: ticket)
        swap(&self.effects, &effects)
    }

    /// Learns where configured nodes are, and joins by them when nobody else is known.
    package mutating func know(
        _ endpoints: [Endpoint], now: UInt64, _ effects: inout [DHTEffect]
    ) {
        begin(now, &effects)
        known = endpoints
        if !table.hasAnswering { schedule.join = now }
        runSchedule()
        swap(&self.effects, &effects)
    }

    /// Learns where configured nodes are; they are asked when it is time.
    package mutating func learn(_ endpoints: [Endpoint]) { known = endpoints }

    /// The contacts that are nearest to `target`, out of the table.
    package func contacts(nearest target: NodeID) -> [Contact] {
        var found: [Contact] = []
        table.closest(to: target, limit: Limits.contactsPerBucket, into: &found)
        return found
    }

    /// What a later run starts with.
    package var savedContacts: SavedContacts {
        SavedContacts(own: id, contacts: table.contacts)
    }

    /// The caller's array becomes ours for the length of the call: nothing is allocated for it.
    private mutating func begin(_ now: UInt64, _ effects: inout [DHTEffect]) {
        self.now = max(self.now, now)
        swap(&self.effects, &effects)
    }

    // MARK: For all parts

    static func seconds(_ now: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: now / 1_000_000_000) }

    var seconds: UInt32 { DHTCore.seconds(now) }

    mutating func send(_ bytes: [UInt8], to endpoint: Endpoint) {
        counters.packetsSent += 1
        counters.bytesSent += bytes.count
        effects.append(.send(bytes, to: endpoint))
    }

    mutating func answer(_ ticket: UInt64, _ answer: DHTAnswer) {
        effects.append(.answer(ticket, answer))
    }

    mutating func makeID() -> UInt32 {
        lastID &+= 1
        return lastID
    }

    /// Whether a node at `endpoint` may be asked, when `teller` names it; `nil` when it spoke.
    func mayBelieve(_ endpoint: Endpoint, from teller: Endpoint?) -> Bool {
        guard endpoint.address.isLocal else { return true }
        switch configuration.localAddresses {
        case .accepted: return true
        case .refused: return false
        case .fromLocalNodes: return teller?.address.isLocal ?? true
        }
    }
}
