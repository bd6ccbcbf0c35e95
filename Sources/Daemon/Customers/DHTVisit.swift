internal import DHT
internal import Model
internal import Networking
internal import Settings

/// A node of the DHT that lives for a few requests: for commands, where no node runs or none that
/// could be asked for this.
struct DHTVisit: Sendable {
    let home: NodeHome
    let setting: NodeSetting
    let threads: LazyThreads
    let resolver: any NameResolver

    /// `nil` where no network was joined.
    func topic(of role: Role) -> NodeID? {
        guard let network = (try? NetworkStore(home: home))?.current else { return nil }
        return role.topic(in: network.name)
    }

    /// Performs the requests one after the other; nothing when nobody is known to begin with.
    func perform(_ requests: [DHTRequest]) async -> [DHTAnswer] {
        guard
            let values = try? NodeConfiguration(
                home: home, environment: setting.environment
            ).values,
            let network = try? NetworkStore(home: home).current
        else { return [] }
        let list = SeedList(values: values, network: network)
        // A running node of this machine knows the others, whether it is a seed or not.
        var known = [Endpoint(.v4(127 << 24 | 1), port: values[DHTSettings.udpPort])]
        for seed in list.seeds { known += await list.endpoints(of: seed, resolver) }
        var configuration = DHTConfiguration()
        configuration.localAddresses = .accepted
        let node = DHTNode(
            configuration: configuration, saved: nil, verifier: Ed25519Verifier(),
            time: setting.time, sleeper: setting.sleeper, random: setting.random)
        guard
            let port = try? await UDPPort.open(
                at: Endpoint(.v4(0), port: 0), threads: threads.threads,
                arrived: { node.arrived($0) })
        else { return [] }
        await node.start(port: port, known: known)
        var answers: [DHTAnswer] = []
        for request in requests { answers.append(await node.perform(request)) }
        await node.stop()
        return answers
    }
}
