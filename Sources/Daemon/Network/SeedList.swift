internal import Identities
internal import Model
internal import Networking
internal import Settings

/// The nodes by which the DHT is entered: those of the configuration, or of the network without
/// this machine itself; none for the first node.
struct SeedList: Sendable {
    let seeds: [NetworkDescription.Seed]

    init(values: SettingValues, network: NetworkDescription?) {
        switch values[DHTSettings.knownNodes] {
        case .genesis: seeds = []
        case .nodes(let nodes):
            seeds = nodes.compactMap { node in
                Host(node.host.bracketed).map { .init(host: $0, port: node.port) }
            }
        case .ofNetwork:
            let own = values.serverHost
            let port = values[DHTSettings.udpPort]
            seeds = (network?.seeds ?? []).filter { $0.host != own || $0.port != port }
        }
    }

    /// None when the name is not found.
    func endpoints(
        of seed: NetworkDescription.Seed, _ resolver: any NameResolver
    ) async -> [Endpoint] {
        switch seed.host {
        case .address(let address): return [Endpoint(address, port: seed.port)]
        case .name(let name):
            let found = (try? await resolver.addresses(of: name)) ?? []
            return found.map { Endpoint($0, port: seed.port) }
        }
    }
}
