internal import DHT
internal import Identities
internal import Model
internal import Networking
internal import Settings
internal import Suppliers

/// Whom to ask to come here: any node will do, also where there is no DHT.
struct ReachPlaces: Sendable {
    let parts: NodeParts

    /// Routers, suppliers and hosts of the network, those who keep this node's identity, and the
    /// customers: in this order, this node left out.
    func find() async -> [Endpoint] {
        var found = await RouterCandidates(parts: parts).find()
        if let node = parts.dht.current,
            case .peers(let peers, _) = await node.perform(
                .findPeers(Role.supplier.topic(in: parts.networkName)))
        {
            found += peers
        }
        let port = parts.values[NetworkSettings.tcpPort]
        for source in await parts.identity.document?.content.sources ?? [] {
            switch source.host {
            case .address(let address): found.append(Endpoint(address, port: port))
            case .name(let name):
                let addresses = (try? await parts.resolver.addresses(of: name)) ?? []
                found += addresses.map { Endpoint($0, port: port) }
            }
        }
        for contract in parts.supplier.current?.disks.store.contracts ?? [] {
            found += await parts.hub.addresses(of: contract.owner).direct
        }
        let own = Set(await parts.ownEndpoints())
        var seen: Set<Endpoint> = []
        return found.filter { !own.contains($0) && seen.insert($0).inserted }
    }
}

/// How often this node dials somebody because it was asked to, as a value: who asks makes us open a
/// connection, to its own address and to a port that it names.
struct DialBackRates {
    private var last: [IPAddress: UInt64] = [:]

    /// - Parameter uptime: nanoseconds.
    mutating func admits(_ address: IPAddress, at uptime: UInt64) -> Bool {
        let range = address.range
        if let before = last[range], uptime < before + Limits.dialBackInterval { return false }
        if last.count >= Limits.dialBackRangeMax {
            last = last.filter { uptime < $0.value + Limits.dialBackInterval }
            guard last.count < Limits.dialBackRangeMax else { return false }
        }
        last[range] = uptime
        return true
    }
}
