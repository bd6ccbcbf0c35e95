internal import Identities
internal import IdentityServers
internal import Model
internal import Networking

/// Asks the identity servers of a network what they know of it, and adds what is new: hosts that
/// joined at one of them become known to all.
///
/// What is added are hints. Everything that comes from them is signed by its owner, or ignored.
struct NetworkRefresh: Sendable {
    let networks: NetworkStore
    let http: HTTPClient
    /// This machine's own name, which need not be asked.
    let own: Host?

    /// - Returns: whether something was added.
    func perform() async throws(Failure) -> Bool {
        guard let network = networks.current else { return false }
        let source = NetworkSource(http: http)
        var grown = network
        for server in network.identityServers where server.host != own {
            guard let url = WebURL("\(server.url)network/\(network.name).json"),
                let bytes = try? await source.fetch(.get, url),
                let found = try? NetworkDescription(decoding: bytes), found.name == network.name
            else { continue }
            for seed in found.seeds { _ = grown.add(Guest(seed: seed, server: nil)) }
            for server in found.identityServers {
                _ = grown.add(Guest(seed: nil, server: server))
            }
        }
        guard grown != network else { return false }
        try networks.keep(grown)
        return true
    }
}
