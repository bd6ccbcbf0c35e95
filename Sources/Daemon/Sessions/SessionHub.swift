internal import Identities
internal import Logging
internal import Model
internal import Networking

/// The sessions of this node: one port on which others come, one pool of sessions to others, and
/// the handlers of what they ask.
///
/// Open while the service `tcp-connections` is on and there is an identity, whichever comes last.
actor SessionHub {
    /// Addresses of a user, those to be tried first before the others.
    typealias Lookup = @Sendable (UserID) async -> [Endpoint]

    nonisolated let handlers = SessionHandlers()
    nonisolated let known: KnownIdentities
    /// Limits of all sessions together.
    nonisolated let rates: TransferRates

    private let setting: NodeSetting
    private let threads: NetworkThreads
    private let identity: LocalIdentity
    private let resolver: any NameResolver
    private let log: Logger
    private let memory = SessionMemory()
    /// Where to listen while the service is on.
    private var place: Endpoint?
    private var running: Running?
    private var lookups: [Lookup] = []
    private var refreshing: Task<Void, Never>?
    /// One at a time: whoever asks makes us dial.
    var isTestingReach = false
    private var dialBacks = DialBackRates()
    /// Who takes the callers of this node's router; `nil` when it is none.
    private var router: Router?
    private var mayCallRouters = true
    /// Since the program was started.
    private(set) var reach = Reach.notKnown

    /// What there is while the hub is open.
    struct Running: Sendable {
        let setup: SessionSetup
        let listener: SessionListener
        let dialer: SessionDialer
        let pool: SessionPool
    }

    init(
        setting: NodeSetting, threads: NetworkThreads, identity: LocalIdentity,
        resolver: any NameResolver, known: KnownIdentities, log: Logger
    ) {
        self.setting = setting
        self.threads = threads
        self.identity = identity
        self.resolver = resolver
        self.known = known
        rates = .unlimited(time: setting.time)
        self.log = log
        handlers.register(KnownIdentities.magic) { _, _ in
            guard let document = await identity.document else { throw SessionRefusal.notAllowed }
            return SessionResponse(
                header: KnownIdentities.answerHeader, payload: SessionPayload(document.bytes))
        }
    }

    var isOpen: Bool { running != nil }
    var current: Running? { running }
    /// Where others reach this node, on this machine's own addresses.
    var localEndpoint: Endpoint? { running?.listener.localEndpoint }
    var counts: SessionCounts? { running?.listener.counts }
    var openSessions: [Session] { running?.listener.openSessions ?? [] }

    /// Asks `lookup` too, after those added before and after the documents that are known.
    func add(_ lookup: @escaping Lookup) { lookups.append(lookup) }

    /// Takes the connections of a router's callers at the port of the sessions.
    func serve(_ router: Router?) {
        self.router = router
        running?.listener.serve(router)
    }

    /// Whether peers are looked for at their routers when they cannot be reached themselves.
    func mayCallRouters(_ isAllowed: Bool) { mayCallRouters = isAllowed }

    // MARK: Opening

    /// Listens at `place` as soon as there is an identity.
    ///
    /// - Throws: ``NetworkError`` when there is one and the port cannot be opened.
    func open(at place: Endpoint) async throws {
        self.place = place
        try await openIfPossible()
    }

    /// Says goodbye to all peers.
    func close() async {
        place = nil
        guard let running else { return }
        self.running = nil
        refreshing?.cancel()
        await running.pool.close()
        await running.listener.close()
    }

    /// There is an identity now.
    func identityChanged() async {
        do {
            try await openIfPossible()
        } catch {
            log.error("sessions: \(NodeProcess.text(error))")
        }
    }

    private func openIfPossible() async throws {
        guard let place, running == nil, await identity.hasKeys else { return }
        let (known, handlers) = (known, handlers)
        let setup = SessionSetup(
            identity: try await identity.sessionIdentity(random: setting.random), memory: memory,
            rates: rates,
            // Who is not believed may bring its document, and nothing else.
            admits: { _ in true }, screen: { await handlers.screen($0, $1, $2) },
            handler: { peer, request in
                if let answer = try known.receive(request, from: peer) { return answer }
                return try await handlers.answer(peer, request)
            })
        handlers.register(SessionHub.reachMagic) { [weak self] peer, request in
            guard let self else { throw SessionRefusal.closing }
            return try await self.answerReach(peer, request)
        }
        let dialer = SessionDialer(setup: setup, threads: threads)
        let pool = SessionPool(dialer: dialer, time: setting.time, random: setting.random)
        let listener = try await SessionListener.open(at: place, setup: setup, threads: threads) {
            [weak self] session in
            Task {
                await self?.came(session)
                await pool.adopt(session)
                await known.meet(session)
            }
        }
        // Closed or opened by somebody else while the port was being opened.
        guard self.place == place, running == nil else {
            await listener.close()
            return
        }
        listener.serve(router)
        running = Running(setup: setup, listener: listener, dialer: dialer, pool: pool)
        refreshing = Task { [weak self] in await self?.refreshDocuments() }
        log.info("sessions at \(listener.localEndpoint)")
    }

    /// Looks from time to time whether those who are connected have published something newer: a
    /// device may have been revoked.
    private func refreshDocuments() async {
        while (try? await setting.sleeper.sleep(nanoseconds: Limits.identityRefreshInterval))
            != nil
        {
            for session in openSessions { await known.look(for: session.peer) }
        }
    }

    // MARK: Being reached

    /// Whether somebody beyond this machine and its own network has come to this node.
    enum Reach: Sendable, Equatable {
        case notKnown
        case local(Endpoint)
        case outside(Endpoint, at: Timestamp)
        /// Others have tried in vain, for the first time then.
        case closed(since: Timestamp, asked: Int, port: UInt16)

        var text: String {
            switch self {
            case .notKnown: "not known: nobody has come yet, and nobody could be asked to"
            case .local(let peer): "not known: so far only \(peer.address) of this network came"
            case .outside(let peer, _): "yes: \(peer.address) came"
            case .closed(_, let asked, let port):
                "no: \(countText(asked, "node was", "nodes were")) asked to come to TCP port "
                    + "\(port), and none could"
            }
        }

        /// `yes`, `no` or `not known`, and since when in seconds since 1970.
        var verdict: (name: String, since: Int64?) {
            switch self {
            case .notKnown, .local: ("not known", nil)
            case .outside(_, let time): ("yes", time.nanoseconds / 1_000_000_000)
            case .closed(let time, _, _): ("no", time.nanoseconds / 1_000_000_000)
            }
        }

        /// What its operator can do; `nil` when all is well.
        var remedy: String? {
            switch self {
            case .outside: nil
            case .closed(_, _, let port):
                "forward TCP port \(port) to this machine at your router and open it in the "
                    + "firewall, or `bitdust set services/proxy-transport/enabled true`"
            case .notKnown, .local:
                "join a network (`bitdust join`): its nodes are asked to come here; or have a "
                    + "friend elsewhere run `bitdust find HOST:PORT` with your address"
            }
        }
    }

    private func came(_ session: Session) {
        guard let peer = session.peerEndpoint, !peer.address.isLoopback else { return }
        if !peer.address.isLocal {
            reach = .outside(peer, at: setting.time.now)
        } else if reach == .notKnown {
            reach = .local(peer)
        }
    }

    /// Where a peer comes from that has come here; of one at a router the router.
    func address(of peer: SessionPeer) -> IPAddress? {
        openSessions.first { $0.peer == peer }?.peerEndpoint?.address
    }

    /// Whether somebody came from outside not long ago.
    var isReached: Bool {
        guard case .outside(_, let time) = reach else { return false }
        let age = setting.time.now.nanoseconds - time.nanoseconds
        return age >= 0 && age < Limits.reachBelievedTime
    }

    func nobodyCame(asked: Int, port: UInt16) {
        var since = setting.time.now
        if case .closed(let first, _, port) = reach { since = first }
        reach = .closed(since: since, asked: asked, port: port)
    }

    func admitsDialBack(to address: IPAddress) -> Bool {
        dialBacks.admits(address, at: setting.time.uptime)
    }

    // MARK: Reaching others

    /// A session to any device of a user: one there is, or one to an address that is known.
    ///
    /// - Throws: ``SessionError``; ``SessionError/closed`` while the hub is not open or when no
    ///   address is known.
    func session(to user: UserID) async throws(SessionError) -> Session {
        guard let pool = running?.pool else { throw .closed }
        if let session = await pool.openSession(to: PeerName(user)) { return session }
        return try await pool.session(to: PeerName(user), at: await addresses(of: user))
    }

    /// The same at addresses that the caller knows.
    func session(
        to peer: PeerName, at addresses: PeerAddresses
    ) async throws(SessionError) -> Session {
        guard let pool = running?.pool else { throw .closed }
        return try await pool.session(to: peer, at: addresses)
    }

    /// Where a user may be reached: as its document says, and as the lookups find.
    func addresses(of user: UserID) async -> PeerAddresses {
        var found = PeerAddresses()
        for contact in known.document(of: user)?.content.contacts ?? [] {
            for endpoint in await endpoints(of: contact) { found.add(endpoint, of: contact) }
        }
        for lookup in lookups {
            for endpoint in await lookup(user) where !found.direct.contains(endpoint) {
                found.direct.append(endpoint)
            }
        }
        if !mayCallRouters { found.routers = [] }
        return found
    }

    private func endpoints(of contact: Contact) async -> [Endpoint] {
        if let endpoint = contact.endpoint { return [endpoint] }
        let addresses = try? await resolver.addresses(of: "\(contact.host)")
        return (addresses ?? []).map { Endpoint($0, port: contact.port) }
    }
}
