internal import DHT
internal import Identities
internal import IdentityServers
internal import Model
internal import Networking
internal import Settings

/// Finds routers: those that are preferred, those that announce themselves in the DHT, and the
/// hosts of the network, which often are routers.
struct RouterCandidates: Sendable {
    let parts: NodeParts

    /// The better ones first, this node itself left out.
    func find() async -> [Endpoint] {
        let preferred = await self.preferred()
        let isNamed = !parts.values[RouterSettings.preferredRouters].isEmpty
        // Who names routers wants those and no others.
        if isNamed { return await usable(preferred, areNamed: true) }
        let hosts = await networkHosts()
        return await usable(await announced(), areNamed: false)
            + (await usable(hosts, areNamed: true))
    }

    private func preferred() async -> [Endpoint] {
        let search = DocumentSearch(exchange: NodeExchange(client: parts.http))
        var found: [Endpoint] = []
        for text in parts.values[RouterSettings.preferredRouters] {
            if let endpoint = Endpoint(text) {
                found.append(endpoint)
                continue
            }
            guard let id = GlobalID(text) else { continue }
            let source = Source(host: id.host, port: id.port, name: id.name)
            for document in await search.documents(at: [source]) {
                for contact in document.content.contacts
                where contact.transport == PeerAddresses.directTransport {
                    found += await endpoints(of: contact.host, port: contact.port)
                }
            }
        }
        return found
    }

    private func announced() async -> [Endpoint] {
        guard let node = parts.dht.current else { return [] }
        let topic = Role.router.topic(in: parts.networkName)
        guard case .peers(let peers, _) = await node.perform(.findPeers(topic)) else { return [] }
        return shuffled(peers)
    }

    private func networkHosts() async -> [Endpoint] {
        let port = parts.values[NetworkSettings.tcpPort]
        var found: [Endpoint] = []
        for seed in parts.seeds { found += await endpoints(of: seed.host, port: port) }
        return shuffled(found)
    }

    private func endpoints(of host: Host, port: UInt16) async -> [Endpoint] {
        switch host {
        case .address(let address): return [Endpoint(address, port: port)]
        case .name(let name):
            let addresses = (try? await parts.resolver.addresses(of: name)) ?? []
            return addresses.map { Endpoint($0, port: port) }
        }
    }

    /// Leaves out this node, and addresses of home networks unless somebody has named them or the
    /// network is in one.
    private func usable(_ endpoints: [Endpoint], areNamed: Bool) async -> [Endpoint] {
        let own = Set(await parts.ownEndpoints())
        let takesLocal: Bool
        switch parts.values[NetworkSettings.privateAddresses] {
        case "allow": takesLocal = true
        case "refuse": takesLocal = false
        default:
            let seeds = await parts.seedEndpoints()
            takesLocal = areNamed || seeds.contains { $0.address.isLocal }
        }
        return endpoints.filter { !own.contains($0) && (takesLocal || !$0.address.isLocal) }
    }

    /// In an order of this node's own, so that not all wait at the same routers.
    private func shuffled(_ endpoints: [Endpoint]) -> [Endpoint] {
        endpoints.map { ($0, parts.setting.random.bytes32()) }.sorted { $0.1 < $1.1 }.map(\.0)
    }
}
