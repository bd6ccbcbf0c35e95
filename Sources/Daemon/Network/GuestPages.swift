internal import APIModel
internal import Identities
package import IdentityServers
internal import Model
internal import Networking

/// The pages of an identity server that help others into its network: `/network/NAME.json` and
/// `/join/TOKEN`.
struct GuestPages: Sendable {
    let store: NetworkStore
    let joins: JoinBook
    let time: any TimeSource

    /// `nil` for what is none of these pages.
    func answer(_ request: HTTPServer.Request) -> HTTPServer.Response? {
        if request.path.hasPrefix("/network/"), request.path.hasSuffix(".json") {
            let name = request.path.dropFirst("/network/".count).dropLast(".json".count)
            guard request.method == .get else {
                return HTTPServer.Response(405, text: "GET only\n")
            }
            return page(of: String(name))
        }
        guard request.path.hasPrefix("/join/") else { return nil }
        guard request.method == .post else { return HTTPServer.Response(405, text: "POST only\n") }
        do throws(Failure) {
            return try join(String(request.path.dropFirst("/join/".count)), request.body)
        } catch {
            return HTTPServer.Response(503, text: error.message + "\n")
        }
    }

    private func page(of name: String) -> HTTPServer.Response {
        guard let network = store.current, network.name == name else {
            return HTTPServer.Response(404, text: "no such network\n")
        }
        return HTTPServer.Response(
            200, headers: ["Content-Type": "application/json"], body: network.encoded)
    }

    /// A guest may bring a seed and an identity server of its own; they are told to all that come
    /// later.
    private func join(_ token: String, _ body: [UInt8]) throws(Failure) -> HTTPServer.Response {
        guard let name = try joins.use(token, now: time.now), var network = store.current,
            network.name == name
        else { return HTTPServer.Response(404, text: "this code does not hold, or no more\n") }
        if let guest = Guest(decoding: body), network.add(guest) { try store.keep(network) }
        return page(of: name)
    }
}

/// What a node that joins says of itself.
package struct Guest: Equatable, Sendable {
    package let seed: NetworkDescription.Seed?
    package let server: KnownServer?

    package init(seed: NetworkDescription.Seed?, server: KnownServer?) {
        self.seed = seed
        self.server = server
    }

    package var encoded: [UInt8] {
        var network = NetworkDescription(name: "guest", seeds: [], identityServers: [])
        if let seed { network.seeds = [seed] }
        if let server { network.identityServers = [server] }
        return network.encoded
    }

    /// A network description of a guest's own nodes, one of each at most.
    init?(decoding bytes: [UInt8]) {
        guard let network = try? NetworkDescription(decoding: bytes), network.name == "guest",
            network.seeds.count <= 1, network.identityServers.count <= 1
        else { return nil }
        self.init(seed: network.seeds.first, server: network.identityServers.first)
    }
}

extension NetworkDescription {
    /// - Returns: whether the guest brought something that was not known.
    mutating func add(_ guest: Guest) -> Bool {
        let old = self
        if let seed = guest.seed, !seeds.contains(seed),
            seeds.count < NetworkDescription.seedCountMax
        {
            seeds.append(seed)
        }
        if let server = guest.server, !identityServers.contains(server),
            identityServers.count < NetworkDescription.seedCountMax
        {
            identityServers.append(server)
        }
        return self != old
    }
}
