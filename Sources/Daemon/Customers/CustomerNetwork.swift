internal import DHT
internal import Identities
package import Model
internal import Networking
package import Pipelines
package import Placement
internal import Settings
package import Suppliers
internal import Synchronization

/// The network as a command of a customer sees it: nothing is opened before it is needed.
///
/// Thread rules: any thread.
package final class CustomerNetwork: Sendable {
    package let suppliers: NetworkSuppliers
    package let home: NodeHome
    package let setting: NodeSetting
    /// What a customer of this home is opened with: these suppliers, and what its settings say.
    package let adapters: Adapters
    let places: RememberedPlaces
    private let rates: TransferRates
    private let turns: TransferRates
    let threads: LazyThreads
    let resolver: SystemNameResolver

    /// - Parameter mayDial: which addresses may be dialled at all.
    package init(
        home: NodeHome, setting: NodeSetting,
        mayDial: @escaping @Sendable (IPAddress) -> Bool = { _ in true }
    ) {
        var setting = setting
        let silence = setting.silence ?? SilentEndpoints(time: setting.time)
        setting.silence = silence
        self.home = home
        self.setting = setting
        let (threads, resolver) = (LazyThreads(), SystemNameResolver(time: setting.time))
        self.threads = threads
        self.resolver = resolver
        rates = .unlimited(time: setting.time)
        turns = .unlimited(time: setting.time)
        var adapters = setting.adapters
        if let values = try? NodeConfiguration(home: home, environment: setting.environment).values
        {
            for limits in [rates, turns] { limits.follow(values) }
            adapters.grace = UInt64(values[CustomerSettings.graceHours]) * 3_600_000_000_000
        }
        let places = RememberedPlaces(
            places: CustomerPlaces(
                home: home, setting: setting, threads: threads, resolver: resolver),
            met: MetPlaces(home: home))
        self.places = places
        suppliers = NetworkSuppliers(
            local: setting.adapters.suppliers, lookup: places, threads: threads,
            time: setting.time, random: setting.random, silence: silence,
            sleeper: setting.sleeper, rates: rates, turns: turns, mayDial: mayDial,
            // A damaged one helps nobody; commands of the identity tell of it.
            document: { [setting] in
                (try? MachineIdentity(home: home, setting: setting).document())?.bytes
            })
        adapters.suppliers = suppliers
        self.adapters = adapters
    }

    /// Limits what this process sends, whatever the settings say.
    ///
    /// - Parameter rate: bytes each second; `nil` for no limit.
    package func limitUpload(_ rate: UInt64?) {
        for limits in [rates, turns] { limits.send.follow(RateSchedule(otherwise: rate)) }
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
        let found =
            if let list {
                await ask(try await places.places.endpoints(of: list), as: caller)
            } else { await askAll(as: caller) }
        // One that answers at several addresses is taken where it is nearest.
        let best = found.sorted { $0.candidate.latency < $1.candidate.latency }
        var seen: Set<SupplierID> = []
        return best.filter { seen.insert($0.candidate.supplier).inserted }
            .sorted { $0.candidate.supplier < $1.candidate.supplier }
    }

    /// Asks everywhere, as places become known.
    private func askAll(as caller: SupplierCaller) async -> [Found] {
        let taken = TakenPlaces()
        return await withTaskGroup(of: [Found].self) { group in
            for way in RememberedPlaces.Way.allCases {
                group.addTask { [places] in
                    await self.ask(taken.take(await places.endpoints(by: way)), as: caller)
                }
            }
            group.addTask { await self.askHidden(as: caller) }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func ask(_ endpoints: [Endpoint], as caller: SupplierCaller) async -> [Found] {
        await withTaskGroup(of: Found?.self) { group in
            for endpoint in endpoints.prefix(Limits.candidateCountMax) {
                group.addTask {
                    guard
                        let session = try? await self.suppliers.stranger(
                            at: endpoint, as: caller)
                    else { return nil }
                    return await self.ask(session, endpoint.address, as: caller)
                }
            }
            return await group.reduce(into: []) { found, one in found += one.map { [$0] } ?? [] }
        }
    }

    /// Asks those who wait at routers.
    private func askHidden(as caller: SupplierCaller) async -> [Found] {
        let hidden = await places.hidden()
        return await withTaskGroup(of: Found?.self) { group in
            for node in hidden.prefix(Limits.candidateCountMax) {
                group.addTask {
                    guard
                        let session = try? await self.suppliers.hidden(
                            node.user, at: node.routers, as: caller)
                    else { return nil }
                    return await self.ask(session, node.address, as: caller)
                }
            }
            return await group.reduce(into: []) { found, one in found += one.map { [$0] } ?? [] }
        }
    }

    private func ask(
        _ session: Session, _ address: IPAddress, as caller: SupplierCaller
    ) async -> Found? {
        let start = setting.time.uptime
        guard let offer = try? await suppliers.offer(by: session, as: caller) else { return nil }
        let user = session.peer.userID
        let candidate = Candidate(
            supplier: offer.supplier, operatorID: user, address: address,
            free: offer.free, latency: setting.time.uptime - start)
        // One behind a router is found by its document again.
        let near = session.peerEndpoint.map { [$0] } ?? []
        let others = near.isEmpty ? [] : offer.endpoints.filter { !near.contains($0) }
        return Found(
            candidate: candidate,
            address: NodeAddress(user: user, endpoints: near + others),
            version: offer.version)
    }

    package func close() async {
        await suppliers.close()
        await threads.stop()
    }
}

/// Places that somebody asks already: of those that become known twice, one is left.
private final class TakenPlaces: Sendable {
    private let taken = Mutex<Set<Endpoint>>([])

    /// Those of `endpoints` that nobody has taken before.
    func take(_ endpoints: [Endpoint]) -> [Endpoint] {
        taken.withLock { taken in endpoints.filter { taken.insert($0).inserted } }
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
