internal import Identities
internal import IdentityServers
package import Model
internal import Networking

/// Founding and joining networks, on the files of a home; a node that runs is told by its settings
/// and a restart.
package struct Membership: Sendable {
    private let home: NodeHome
    private let setting: NodeSetting
    private let configuration: NodeConfiguration
    private let networks: NetworkStore

    /// - Throws: ``Failure`` when files of the home cannot be read.
    package init(home: NodeHome, setting: NodeSetting) throws {
        try home.create()
        self.home = home
        self.setting = setting
        configuration = try NodeConfiguration(home: home, environment: setting.environment)
        networks = try NetworkStore(home: home)
    }

    package var names: [String] { networks.names }
    package var current: NetworkDescription? { networks.current }

    package func select(_ name: String) throws(Failure) { try networks.select(name) }

    /// Founds a network with this machine as its first seed and identity server.
    ///
    /// - Returns: a code by which others join.
    package func found(
        _ name: String, label: String, role: NetworkRole
    ) throws -> (network: NetworkDescription, code: JoinCode) {
        guard NetworkDescription.isName(name) else {
            throw Failure(
                "BD-NETWORK-NAME", .usage, "\"\(displayText(name.utf8))\" cannot name a network",
                remedy: "use 1 to 32 of a-z, 0-9, _ and -, the first a letter")
        }
        guard !networks.names.contains(name) else {
            throw Failure(
                "BD-NETWORK-EXISTS", .cannotCreate, "there is a network \(name) here already",
                remedy: "`bitdust network select \(name)` uses it; `bitdust network invite` makes "
                    + "another code")
        }
        let network = NetworkDescription(
            name: name, label: label, seeds: role.seed.map { [$0] } ?? [],
            identityServers: role.server.map { [$0] } ?? [])
        try adopt(network, role)
        return (network, try invite(role.server))
    }

    /// A new code for the network in use.
    package func invite() throws -> JoinCode {
        let values = configuration.values
        let own = values.serverHost.flatMap { host in
            networks.current?.identityServers.first { $0.host == host }
        }
        guard let own else {
            throw Failure(
                "BD-NO-HOST", .badConfiguration,
                "this machine is no identity server of a network",
                remedy: "codes are made by `bitdust network create` or on a host that joined with "
                    + "--host")
        }
        return try invite(own)
    }

    private func invite(_ server: KnownServer?) throws -> JoinCode {
        let page = server.map { JoinCode.KnownPage(host: $0.host, port: $0.webPort) }
        let code = JoinCode(random: setting.random, server: page)
        try JoinBook(home: home).add(
            code, network: networks.current?.name ?? "", now: setting.time.now)
        return code
    }

    /// Joins the network that a code, a URL or a file names.
    ///
    /// - Parameter page: where a code is good that names no host.
    package func join(
        _ text: String, at page: JoinCode.KnownPage?, role: NetworkRole
    ) async throws -> NetworkDescription {
        let threads = NetworkThreads()
        let http = HTTPClient(
            threads: threads, resolver: SystemNameResolver(time: setting.time)
        ) { _ in true }
        let bytes: [UInt8]
        do {
            bytes = try await description(text, page, role, NetworkSource(http: http))
        } catch {
            await threads.stop()
            throw error
        }
        await threads.stop()
        let network = try NetworkDescription(decoding: bytes)
        try adopt(network, role)
        return network
    }

    private func description(
        _ text: String, _ page: JoinCode.KnownPage?, _ role: NetworkRole, _ source: NetworkSource
    ) async throws(Failure) -> [UInt8] {
        guard let code = JoinCode(text) else { return try await source.read(text) }
        guard let page = page ?? code.server,
            let url = WebURL("http://\(page)/join/\(code.token)")
        else {
            throw Failure(
                "BD-JOIN-WHERE", .usage, "\(code.spoken) does not say whose code it is",
                remedy: "add the host that gave it: `bitdust join \(code.spoken) --at HOST`")
        }
        let guest = Guest(seed: role.seed, server: role.server)
        return try await source.fetch(.post, url, body: guest.encoded)
    }

    private func adopt(_ network: NetworkDescription, _ role: NetworkRole) throws {
        // First the settings: they are checked, and nothing is kept of a network that they refuse.
        try configuration.set(role.assignments(in: network))
        try networks.keep(network)
        try networks.select(network.name)
    }
}
