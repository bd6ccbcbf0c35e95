internal import DHT
internal import Identities
internal import Model
internal import Networking
internal import Pipelines
package import Placement
internal import Settings
package import Suppliers
internal import Synchronization

/// The network as a command of a customer sees it: nothing is opened before it is needed.
///
/// Thread rules: any thread.
package final class CustomerNetwork: Sendable {
    package let suppliers: NetworkSuppliers
    let home: NodeHome
    let setting: NodeSetting
    let threads: LazyThreads
    let resolver: SystemNameResolver

    package init(home: NodeHome, setting: NodeSetting) {
        self.home = home
        self.setting = setting
        let (threads, resolver) = (LazyThreads(), SystemNameResolver(time: setting.time))
        self.threads = threads
        self.resolver = resolver
        suppliers = NetworkSuppliers(
            local: setting.adapters.suppliers,
            lookup: RememberedPlaces(
                places: CustomerPlaces(
                    home: home, setting: setting, threads: threads, resolver: resolver),
                met: MetPlaces(home: home)),
            threads: threads, time: setting.time, random: setting.random,
            // A damaged one helps nobody; commands of the identity tell of it.
            document: { (try? MachineIdentity(home: home, setting: setting).document())?.bytes })
    }

    /// The name of the network that this home is in; `nil` when it has joined none.
    ///
    /// - Throws: ``Failure`` when files of the home cannot be read.
    package func joined() throws -> String? { try NetworkStore(home: home).current?.name }

    /// How many suppliers its owner wants; `nil` unless that was set.
    package func supplierCountWanted() throws -> Int? {
        let values = try NodeConfiguration(
            home: home, environment: setting.environment
        ).values
        guard values.origin(of: CustomerSettings.suppliersNumber.key) != .byDefault else {
            return nil
        }
        return Int(values[CustomerSettings.suppliersNumber])
    }

    // MARK: Candidates

    /// A candidate and where it is.
    package struct Found: Sendable {
        package let candidate: Candidate
        package let address: NodeAddress
        package let version: String
    }

    /// Suppliers that answer now: those of the network, or those of a list.
    ///
    /// - Parameter list: `host`, `host:port`, `1.2.3.4:7771` or addresses of nodes; `nil` for the
    ///   network's hosts and those that its DHT names.
    package func find(_ list: [String]?, as caller: SupplierCaller) async throws -> [Found] {
        let places = CustomerPlaces(
            home: home, setting: setting, threads: threads, resolver: resolver)
        let endpoints =
            if let list { try await places.endpoints(of: list) } else { await places.all() }
        let hidden = list == nil ? await places.hidden() : []
        let found = await withTaskGroup(of: Found?.self) { group in
            for endpoint in endpoints.prefix(Limits.candidateCountMax) {
                group.addTask {
                    guard
                        let session = try? await self.suppliers.stranger(
                            at: endpoint, as: caller)
                    else { return nil }
                    return await self.ask(session, endpoint.address, as: caller)
                }
            }
            for node in hidden.prefix(Limits.candidateCountMax) {
                group.addTask {
                    guard
                        let session = try? await self.suppliers.hidden(
                            node.user, at: node.routers, as: caller)
                    else { return nil }
                    return await self.ask(session, node.address, as: caller)
                }
            }
            var found: [Found] = []
            for await one in group.compactMap({ $0 }) { found.append(one) }
            return found
        }
        // One that answers at several addresses is taken where it is nearest.
        let best = found.sorted { $0.candidate.latency < $1.candidate.latency }
        var seen: Set<SupplierID> = []
        return best.filter { seen.insert($0.candidate.supplier).inserted }
            .sorted { $0.candidate.supplier < $1.candidate.supplier }
    }

    private func ask(
        _ session: Session, _ address: IPAddress, as caller: SupplierCaller
    ) async -> Found? {
        let request = SupplierRequest(owner: caller.peer.user, .offer).encoded()
        let start = setting.time.uptime
        guard
            let answer = try? await session.request(
                SessionRequest(header: request), deadline: Limits.strangerDialDeadline),
            case .offer(let offer)? = try? SupplierResponse(answer.header),
            let node = offer.node, node.userID == session.peer.userID
        else { return nil }
        let candidate = Candidate(
            supplier: offer.supplier, operatorID: node.userID, address: address,
            free: offer.free, latency: setting.time.uptime - start)
        // One behind a router is found by its document again.
        let near = session.peerEndpoint.map { [$0] } ?? []
        let others = near.isEmpty ? [] : offer.endpoints.filter { !near.contains($0) }
        return Found(
            candidate: candidate,
            address: NodeAddress(user: node.userID, endpoints: near + others),
            version: offer.version)
    }

    package func close() async {
        await suppliers.close()
        await threads.stop()
    }
}

/// Looks once for all that a command wants to find.
private actor RememberedPlaces: NodeLookup {
    private let places: CustomerPlaces
    private let met: MetPlaces
    private var looking: Task<[Endpoint], Never>?
    private var lookingForRouters: Task<([CustomerPlaces.Hidden], [Endpoint]), Never>?

    init(places: CustomerPlaces, met: MetPlaces) {
        self.places = places
        self.met = met
    }

    func endpoints(of user: UserID) async -> [Endpoint] {
        let search = looking ?? Task { [places] in await places.all() }
        looking = search
        let own = met.places(of: user).direct
        return own + (await search.value).filter { !own.contains($0) }
    }

    func routers(of user: UserID) async -> [Endpoint] {
        let search =
            lookingForRouters
            ?? Task { [places] in
                async let hidden = places.hidden()
                async let routers = places.routers()
                return await (hidden, routers)
            }
        lookingForRouters = search
        let (hidden, routers) = await search.value
        var own = met.places(of: user).routers
        for router in hidden.first(where: { $0.user == user })?.routers ?? []
        where !own.contains(router) {
            own.append(router)
        }
        return own + routers.filter { !own.contains($0) }
    }
}

/// Threads of the network that begin when somebody needs them.
package final class LazyThreads: Sendable {
    private let made = Mutex<NetworkThreads?>(nil)

    package init() {}

    var threads: NetworkThreads {
        made.withLock { made in
            if let made { return made }
            let new = NetworkThreads()
            made = new
            return new
        }
    }

    /// Ends them; whoever asks then begins anew.
    package func stop() async {
        let old = made.withLock { made in
            defer { made = nil }
            return made
        }
        await old?.stop()
    }
}
