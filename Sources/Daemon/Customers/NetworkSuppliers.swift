package import Model
package import Networking
package import Suppliers
internal import Synchronization

/// Says where nodes may be, beyond what is remembered of them.
package protocol NodeLookup: Sendable {
    /// Places that are worth trying for `user`, likely ones first; whoever is there shows its
    /// certificate.
    func endpoints(of user: UserID) async -> [Endpoint]
    /// Routers at which `user` may wait, for when it is at none of these places.
    func routers(of user: UserID) async -> [Endpoint]
}

extension NodeLookup {
    package func routers(of user: UserID) async -> [Endpoint] { [] }
}

/// Nobody knows more than the address says.
package struct NoLookup: NodeLookup {
    package init() {}

    package func endpoints(of user: UserID) async -> [Endpoint] { [] }
}

/// The suppliers of a customer, wherever they are: nodes of the network by sessions of this
/// process, directories of this machine as before.
///
/// Thread rules: as ``SessionChannel``.
package final class NetworkSuppliers: SupplierConnector {
    private let local: any SupplierConnector
    private let lookup: any NodeLookup
    private let threads: LazyThreads
    private let time: any TimeSource
    private let random: any RandomSource
    private let silence: SilentEndpoints
    private let sleeper: any Sleeper
    private let rates: TransferRates?
    /// The same limits for whole requests: no more of them begin than the line has room for.
    private let turns: TransferRates?
    private let mayDial: @Sendable (IPAddress) -> Bool
    private let document: @Sendable () -> [UInt8]?
    private let links = Mutex<[DeviceID: Links]>([:])
    /// What candidates have just said, until it is used once or old.
    private let offers = Mutex<[OfferHeard]>([])
    /// Nodes that were found nowhere, and until when they are not looked for again: uptime in
    /// nanoseconds.
    private let absent = Mutex<[UserID: UInt64]>([:])

    private struct OfferHeard: Sendable {
        weak let session: Session?
        let offer: SupplierOffer
        let contract: Contract?
        /// Uptime in nanoseconds.
        let heard: UInt64

        func isOld(at now: UInt64) -> Bool {
            session == nil || now > heard + Limits.offerAgeMax
        }
    }

    /// What the sessions of one device share.
    private struct Links: Sendable {
        let dialer: SessionDialer
        let routed: RoutedDialer
        let pool: SessionPool
    }

    /// - Parameters:
    ///   - silence: what is known of places where nobody answers; a new one by default.
    ///   - rates: limits of the sessions.
    ///   - turns: the same for whole requests.
    ///   - mayDial: which addresses may be dialled at all.
    ///   - document: the identity document of this machine, which may name it to nodes that have
    ///     an older one.
    package init(
        local: any SupplierConnector, lookup: any NodeLookup, threads: LazyThreads,
        time: any TimeSource, random: any RandomSource, silence: SilentEndpoints? = nil,
        sleeper: any Sleeper = SystemSleeper(), rates: TransferRates? = nil,
        turns: TransferRates? = nil,
        mayDial: @escaping @Sendable (IPAddress) -> Bool = { _ in true },
        document: @escaping @Sendable () -> [UInt8]? = { nil }
    ) {
        self.mayDial = mayDial
        self.document = document
        self.local = local
        self.lookup = lookup
        self.threads = threads
        self.time = time
        self.random = random
        self.sleeper = sleeper
        self.rates = rates
        self.turns = turns
        self.silence = silence ?? SilentEndpoints(time: time)
    }

    /// Sessions of all devices.
    var openSessions: [Session] {
        get async {
            var sessions: [Session] = []
            for links in links.withLock({ Array($0.values) }) {
                sessions += await links.pool.openSessions
            }
            return sessions
        }
    }

    /// - Throws: for a node ``StoreError/unreachable(_:)``, or what the supplier says; for a path
    ///   what the directories say.
    package func connect(
        to address: String, as caller: SupplierCaller, creates: Bool
    ) throws -> SupplierConnection {
        guard NodeAddress.isOne(address) else {
            return try local.connect(to: address, as: caller, creates: creates)
        }
        guard let node = NodeAddress(address) else { throw StoreError.invalid(field: "address") }
        let (session, found): (Session, Endpoint?)
        do throws(SessionError) {
            (session, found) = try Blocking.wait { () throws(SessionError) in
                try await self.session(to: node, as: caller)
            }
        } catch {
            throw StoreError.unreachable(ChannelError(error))
        }
        let address = node.preferring(found ?? session.peerEndpoint)
        let channel = SessionChannel(session, time: time, turns: turns) { () throws(SessionError) in
            try await self.session(to: address, as: caller).0
        }
        do {
            let (begun, known) = (time.uptime, heard(of: session))
            let (offer, contract) =
                try known
                ?? SupplierOffer.ask(
                    channel, of: node.user, as: caller.peer.user,
                    deadline: time.uptime + Limits.requestTime)
            return SupplierConnection(
                supplier: offer.supplier, channel: channel,
                newAddress: address == node ? nil : address.description,
                clockAhead: offer.issued.nanoseconds.seconds &- time.now.nanoseconds.seconds,
                contract: .told(contract), latency: known == nil ? time.uptime - begun : nil)
        } catch {
            channel.close()
            throw error
        }
    }

    /// A way to a node that is asked for something else than fragments.
    func channel(
        to address: NodeAddress, as caller: SupplierCaller
    ) throws -> SessionChannel {
        let session: Session
        do throws(SessionError) {
            session = try Blocking.wait { () throws(SessionError) in
                try await self.session(to: address, as: caller).0
            }
        } catch {
            throw StoreError.unreachable(ChannelError(error))
        }
        return SessionChannel(session, time: time) { () throws(SessionError) in
            try await self.session(to: address, as: caller).0
        }
    }

    /// Asks a candidate for its offer, and keeps that for when it is hired at once.
    func offer(
        by session: Session, as caller: SupplierCaller
    ) async throws -> SupplierOffer {
        let question = SupplierRequest(owner: caller.peer.user, .offer).encoded()
        let answer = try await session.request(
            SessionRequest(header: question), deadline: Limits.strangerDialDeadline)
        let (offer, contract) = try SupplierOffer.read(
            answer.header, of: session.peer.userID, as: caller.peer.user)
        let now = time.uptime
        offers.withLock { offers in
            offers.removeAll { $0.isOld(at: now) || $0.session === session }
            offers.append(
                OfferHeard(session: session, offer: offer, contract: contract, heard: now))
        }
        return offer
    }

    /// - Returns: what the other end of a session has just said; only once.
    private func heard(of session: Session) -> (SupplierOffer, Contract?)? {
        let now = time.uptime
        return offers.withLock { offers in
            offers.removeAll { $0.isOld(at: now) }
            guard let index = offers.firstIndex(where: { $0.session === session }) else {
                return nil
            }
            let found = offers.remove(at: index)
            return (found.offer, found.contract)
        }
    }

    /// Ends all sessions.
    package func close() async {
        let all = links.withLock { links in
            defer { links = [:] }
            return Array(links.values)
        }
        for link in all { await link.pool.close() }
    }

    // MARK: Sessions

    /// - Returns: the session, and where it was found when the address did not say.
    private func session(
        to node: NodeAddress, as caller: SupplierCaller
    ) async throws(SessionError) -> (Session, Endpoint?) {
        let links = try links(of: caller)
        let peer = PeerName(node.user)
        if let open = await links.pool.openSession(to: peer) { return (open, nil) }
        // Whoever waits for one that is gone asks again and again: it is looked for elsewhere now
        // and then.
        let until = absent.withLock { $0[node.user] }.flatMap { $0 > time.uptime ? $0 : nil }
        guard
            let found = await search(for: node, peer, links, isElsewhereToo: until == nil)
        else {
            if let until { throw .backingOff(until: until) }
            absent.withLock { $0[node.user] = time.uptime + Limits.absentNodeDelay }
            throw .timedOut
        }
        await begin(found.session, links)
        return (found.session, found.wasWhereItWas ? nil : found.session.peerEndpoint)
    }

    private struct Discovery: Sendable {
        let session: Session
        let wasWhereItWas: Bool
    }

    private enum Event: Sendable {
        case tried(Discovery?)
        case waited
    }

    /// Dials a node where it was. When nobody answers there soon, or it is somebody else, it is
    /// looked for elsewhere while that dial goes on.
    private func search(
        for node: NodeAddress, _ peer: PeerName, _ links: Links, isElsewhereToo: Bool
    ) async -> Discovery? {
        await withTaskGroup(of: Event.self) { group in
            group.addTask {
                let session = await self.dialAll(node.endpoints, peer, links)
                return .tried(session.map { Discovery(session: $0, wasWhereItWas: true) })
            }
            group.addTask { [sleeper] in
                try? await sleeper.sleep(nanoseconds: Limits.dialPatience)
                return .waited
            }
            var found: Discovery?
            var (underWay, isElsewhereLeft) = (1, isElsewhereToo)
            for await event in group {
                if case .tried(let result) = event {
                    underWay -= 1
                    if let result, found != nil { await result.session.close() }
                    found = found ?? result
                }
                if found == nil, isElsewhereLeft {
                    (underWay, isElsewhereLeft) = (underWay + 1, false)
                    group.addTask { .tried(await self.searchElsewhere(node, peer, links)) }
                }
                if found != nil || underWay == 0 { group.cancelAll() }
            }
            return found
        }
    }

    private func searchElsewhere(
        _ node: NodeAddress, _ peer: PeerName, _ links: Links
    ) async -> Discovery? {
        let places = await lookup.endpoints(of: node.user)
            .filter { !node.endpoints.contains($0) }
        if let session = await dialAll(places, peer, links) {
            return Discovery(session: session, wasWhereItWas: false)
        }
        guard !Task.isCancelled else { return nil }
        let routers = await lookup.routers(of: node.user)
        return await dial(peer, by: routers, links).map {
            Discovery(session: $0, wasWhereItWas: false)
        }
    }

    /// Dials somebody who waits at one of `routers`.
    private func dial(
        _ peer: PeerName, by routers: [Endpoint], _ links: Links
    ) async -> Session? {
        let addresses = PeerAddresses(routers: routers.filter { mayDial($0.address) })
        guard
            let session = try? await links.routed.dial(
                addresses, expecting: peer, deadline: Limits.strangerDialDeadline)
        else { return nil }
        absent.withLock { $0[peer.userID] = nil }
        return session
    }

    /// Dials somebody whom nobody can dial, at its routers.
    package func hidden(
        _ user: UserID, at routers: [Endpoint], as caller: SupplierCaller
    ) async throws(SessionError) -> Session {
        let peer = PeerName(user)
        let links = try links(of: caller)
        if let open = await links.pool.openSession(to: peer) { return open }
        guard let session = await dial(peer, by: routers, links) else { throw .closed }
        await begin(session, links)
        return session
    }

    /// Dials all places at once; who answers there first and is the one that is meant is taken.
    private func dialAll(
        _ places: [Endpoint], _ peer: PeerName, _ links: Links
    ) async -> Session? {
        let places = places.filter { mayDial($0.address) }.prefix(Limits.candidateCountMax)
        let session = await withTaskGroup(of: Session?.self) { group in
            for place in places {
                group.addTask {
                    try? await links.dialer.dial(
                        [place], expecting: peer, deadline: Limits.strangerDialDeadline)
                }
            }
            var first: Session?
            for await session in group {
                guard let session else { continue }
                if first == nil {
                    first = session
                    group.cancelAll()
                } else {
                    await session.close()
                }
            }
            return first
        }
        guard let session else { return nil }
        absent.withLock { $0[peer.userID] = nil }
        return session
    }

    /// Dials somebody of whom nothing but the place is known.
    package func stranger(
        at endpoint: Endpoint, as caller: SupplierCaller
    ) async throws(SessionError) -> Session {
        let links = try links(of: caller)
        let session = try await links.dialer.dial(
            [endpoint], expecting: nil, deadline: Limits.strangerDialDeadline)
        await begin(session, links)
        return session
    }

    /// Shows the document of this machine before anything is asked.
    private func begin(_ session: Session, _ links: Links) async {
        if let document = document() {
            // Whom that does not satisfy will say so to the first request.
            _ = try? await session.request(
                SessionRequest(
                    header: KnownIdentities.introductionHeader, payload: SessionPayload(document)),
                deadline: Limits.strangerDialDeadline)
        }
        await links.pool.adopt(session)
    }

    private func links(of caller: SupplierCaller) throws(SessionError) -> Links {
        if let known = links.withLock({ $0[caller.peer.device] }) { return known }
        let identity = try SessionIdentity(
            certificate: caller.certificate, deviceKey: caller.device, random: random)
        var settings = SessionSettings()
        settings.pingInterval = Limits.customerPingInterval
        settings.pongDeadline = Limits.customerPongDeadline
        let setup = SessionSetup(
            identity: identity, settings: settings, rates: rates, admits: { _ in true }
        ) { _, _ in
            // We only ask.
            throw SessionRefusal.notAllowed
        }
        let dialer = SessionDialer(
            setup: setup, threads: threads.threads, silence: silence)
        let made = Links(
            dialer: dialer, routed: RoutedDialer(dialer),
            pool: SessionPool(dialer: dialer, time: time, random: random))
        return links.withLock { links in
            if let other = links[caller.peer.device] { return other }
            links[caller.peer.device] = made
            return made
        }
    }
}

extension Int64 {
    /// Of nanoseconds.
    fileprivate var seconds: Int64 { self / 1_000_000_000 }
}

extension NodeAddress {
    /// The same node with `endpoint` as the first place to look.
    func preferring(_ endpoint: Endpoint?) -> NodeAddress {
        guard let endpoint, endpoints.first != endpoint else { return self }
        return NodeAddress(
            user: user, endpoints: [endpoint] + endpoints.filter { $0 != endpoint })
    }
}
