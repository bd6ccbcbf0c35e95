internal import DHT
internal import Identities
internal import IdentityServers
internal import Model
internal import Networking
internal import Settings
internal import Suppliers

/// Where nodes of the network may be: its hosts, those that its DHT names as suppliers, and the
/// contacts in documents on its identity servers. Any one of the three is enough.
struct CustomerPlaces {
    let home: NodeHome
    let setting: NodeSetting
    let threads: LazyThreads
    let resolver: SystemNameResolver

    // MARK: Hosts of network.json

    func ofHosts() async -> [Endpoint] {
        guard let network = (try? NetworkStore(home: home))?.current else { return [] }
        var hosts: [Host] = []
        for host in network.seeds.map(\.host) + network.identityServers.map(\.host)
        where !hosts.contains(host) {
            hosts.append(host)
        }
        var endpoints: [Endpoint] = []
        for host in hosts {
            endpoints += await addresses(of: host).map {
                Endpoint($0, port: SessionListener.portDefault)
            }
        }
        return endpoints
    }

    private func addresses(of host: Host) async -> [IPAddress] {
        switch host {
        case .address(let address): [address]
        case .name(let name): (try? await resolver.addresses(of: name)) ?? []
        }
    }

    // MARK: The DHT

    func ofDHT(_ role: Role) async -> [Endpoint] {
        let visit = DHTVisit(
            home: home, setting: setting, threads: threads, resolver: resolver)
        guard let topic = visit.topic(of: role) else { return [] }
        guard case .peers(let peers, _)? = await visit.perform([.findPeers(topic)]).first else {
            return []
        }
        return peers
    }

    // MARK: Documents

    /// What the network's identity servers show, one of each user.
    func documents() async -> [IdentityDocument] {
        guard let network = (try? NetworkStore(home: home))?.current else { return [] }
        let http = HTTPClient(
            threads: threads.threads, resolver: resolver, silence: setting.silence
        ) { _ in true }
        let search = DocumentSearch(exchange: NodeExchange(client: http))
        return await withTaskGroup(of: [IdentityDocument].self) { group in
            for server in network.identityServers {
                group.addTask {
                    let names = await CustomerPlaces.names(on: server, http)
                    let sources = names.prefix(Limits.candidateCountMax).map {
                        Source(host: server.host, port: server.webPort, name: $0)
                    }
                    return await search.documents(at: Array(sources))
                }
            }
            let all = await group.reduce(into: []) { $0 += $1 }
            var newest: [UserID: IdentityDocument] = [:]
            for document in all {
                let known = newest[document.userID]
                if known.map({ $0.order < document.order }) ?? true {
                    newest[document.userID] = document
                }
            }
            return newest.values.sorted { $0.userID < $1.userID }
        }
    }

    /// The names that an identity server shows on its page: links to `NAME.xml`.
    private static func names(on server: IdentityServers.KnownServer, _ http: HTTPClient) async
        -> [IdentityName]
    {
        guard let url = WebURL("http://\(server.host):\(server.webPort)/"),
            let page = try? await http.send(HTTPClient.Request(.get, url))
        else { return [] }
        return String(decoding: page.body, as: UTF8.self).split(separator: "\"")
            .filter { $0.hasSuffix(".xml") }
            .compactMap { IdentityName(String($0.dropLast(4).split(separator: "/").last ?? "")) }
    }

    // MARK: Lists of people

    /// - Throws: `BD-PLACE` for what names no place.
    func endpoints(of list: [String]) async throws(Failure) -> [Endpoint] {
        var endpoints: [Endpoint] = []
        for text in list {
            if let address = NodeAddress(text) {
                endpoints += address.endpoints
                continue
            }
            guard let contact = CustomerPlaces.contact(text) else {
                throw Failure(
                    "BD-PLACE", .usage, "\(displayText(text.utf8)) names no node",
                    remedy: "write HOST or HOST:PORT, as in bob.example:7771")
            }
            let found = await addresses(of: contact.host)
            guard !found.isEmpty else {
                throw Failure(
                    "BD-PLACE", .unreachable, "no address of \(contact.host) is known",
                    remedy: "check the spelling and this machine's name server")
            }
            endpoints += found.map { Endpoint($0, port: contact.port) }
        }
        return endpoints
    }

    private static func contact(_ text: String) -> Identities.Contact? {
        let whole = text.hasPrefix("tcp://") ? text : "tcp://" + text
        return Identities.Contact(whole)
            ?? Identities.Contact("\(whole):\(SessionListener.portDefault)")
    }
}
