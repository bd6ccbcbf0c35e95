internal import DHT
internal import Identities
internal import Model
internal import Networking
internal import Suppliers

/// Where nodes may be, looked up once for all that a command wants to find, and again when that
/// has become old.
actor RememberedPlaces: NodeLookup {
    /// How places become known; each takes its own time.
    enum Way: CaseIterable {
        case hosts
        case dht
        case documents
    }

    /// A node that says in its document that it waits at routers.
    struct Hidden: Sendable {
        let user: UserID
        let routers: [Endpoint]
        /// What its network shows to others; of a router when it does not say.
        let address: IPAddress
    }

    private struct Memo<Value: Sendable> {
        let search: Task<Value, Never>
        let begun: UInt64
    }

    nonisolated let places: CustomerPlaces
    private let met: MetPlaces
    private var hostsMemo: Memo<[Endpoint]>?
    private var peersMemos: [Role: Memo<[Endpoint]>] = [:]
    private var documentsMemo: Memo<[IdentityDocument]>?

    /// - Parameter met: where this home has met nodes; tried before all that is looked for.
    init(places: CustomerPlaces, met: MetPlaces) {
        self.places = places
        self.met = met
    }

    // MARK: What is asked

    /// Somebody may be anywhere that suppliers are: it shows its certificate.
    func endpoints(of user: UserID) async -> [Endpoint] {
        async let hosts = endpoints(by: .hosts)
        async let peers = endpoints(by: .dht)
        async let contacts = endpoints(by: .documents)
        return RememberedPlaces.unique(
            met.places(of: user).direct + (await hosts + peers + contacts))
    }

    /// Places by one way alone, in the order in which they are worth trying.
    func endpoints(by way: Way) async -> [Endpoint] {
        switch way {
        case .hosts: await hosts()
        case .dht: await peers(.supplier)
        case .documents:
            await documents().flatMap(\.content.contacts)
                .filter { $0.transport == PeerAddresses.directTransport }.compactMap(\.endpoint)
        }
    }

    /// Routers of a user's document, then the hosts of the network and those that its DHT names:
    /// whoever has lost a router waits at another one of these.
    func routers(of user: UserID) async -> [Endpoint] {
        async let hidden = hidden()
        async let peers = peers(.router)
        async let hosts = hosts()
        let own = await hidden.first { $0.user == user }?.routers ?? []
        return RememberedPlaces.unique(
            met.places(of: user).routers + own + (await peers + hosts))
    }

    /// Users whose documents name routers.
    func hidden() async -> [Hidden] {
        await documents().compactMap { document in
            var places = PeerAddresses()
            for contact in document.content.contacts {
                if let endpoint = contact.endpoint { places.add(endpoint, of: contact) }
            }
            guard let first = places.routers.first else { return nil }
            return Hidden(
                user: document.userID, routers: places.routers,
                address: (places.direct.first ?? first).address)
        }
    }

    // MARK: What is remembered

    private func hosts() async -> [Endpoint] {
        let memo = fresh(hostsMemo) ?? memo { [places] in await places.ofHosts() }
        hostsMemo = memo
        return await memo.search.value
    }

    private func peers(_ role: Role) async -> [Endpoint] {
        let memo = fresh(peersMemos[role]) ?? memo { [places] in await places.ofDHT(role) }
        peersMemos[role] = memo
        return await memo.search.value
    }

    private func documents() async -> [IdentityDocument] {
        let memo = fresh(documentsMemo) ?? memo { [places] in await places.documents() }
        documentsMemo = memo
        return await memo.search.value
    }

    private func fresh<Value>(_ memo: Memo<Value>?) -> Memo<Value>? {
        guard let memo, places.setting.time.uptime - memo.begun < Limits.placesLifetime else {
            return nil
        }
        return memo
    }

    private func memo<Value: Sendable>(
        _ search: @escaping @Sendable () async -> Value
    ) -> Memo<Value> {
        Memo(search: Task { await search() }, begun: places.setting.time.uptime)
    }

    private static func unique(_ endpoints: [Endpoint]) -> [Endpoint] {
        var seen: Set<Endpoint> = []
        return endpoints.filter { seen.insert($0).inserted }
    }
}
