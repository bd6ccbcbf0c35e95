internal import Identities
internal import IdentityServers
internal import Logging
internal import Model
internal import Networking
internal import Services
internal import Settings

/// What the parts of one node share.
struct NodeParts: Sendable {
    let home: NodeHome
    let setting: NodeSetting
    let logs: NodeLogs
    let configuration: NodeConfiguration
    let registry: StateRegistry
    let runner: ServiceRunner
    let events: EventBus
    let threads: NetworkThreads
    let resolver: any NameResolver
    /// For servers that the configuration names: they may be anywhere.
    let http: HTTPClient
    let identity: LocalIdentity
    let networks: NetworkStore
    let dht: DHTSlot
    /// Ends the process.
    let end: @Sendable (NodeProcess.Ending) -> Void

    var values: SettingValues { configuration.values }

    /// Identity servers of the configuration, or else of the network that was joined.
    var knownServers: [IdentityServers.KnownServer] {
        let named = KnownServers.of(values[IdentitySettings.knownServers])
        return named.isEmpty ? networks.current?.identityServers ?? [] : named
    }

    /// Where ports are opened: all addresses of the machine unless one is set.
    func listenEndpoint(port: UInt16) -> Endpoint {
        Endpoint(values[NetworkSettings.listenAddress] ?? .v4(0), port: port)
    }

    /// Learns from time to time who has joined the network elsewhere; ends when it is cancelled.
    func refreshNetwork() async {
        let log = logs.logger("network")
        var delay: UInt64 = 2_000_000_000
        while (try? await setting.sleeper.sleep(nanoseconds: delay)) != nil {
            delay = Limits.networkRefreshInterval
            let refresh = NetworkRefresh(
                networks: networks, http: http, own: values.serverHost)
            do {
                if try await refresh.perform() { log.info("hosts were added to the network") }
            } catch {
                log.warning("\(NodeProcess.text(error))")
            }
        }
    }

    var serverCounts: ClosedRange<Int> {
        let most = max(1, values[IdentitySettings.maxServers])
        return min(values[IdentitySettings.minServers], most)...most
    }

    func registrationPlan(
        preferred: [IdentityServers.KnownServer]
    ) throws(Failure) -> LocalIdentity.Plan {
        let port = values[NetworkSettings.tcpPort]
        let external = values[NetworkSettings.externalAddress]
        let contacts: ContactChoice =
            external.map {
                .given([Identities.Contact(transport: "tcp", host: .address($0), port: port)])
            } ?? .detected(transport: "tcp", port: port)
        let configured = KnownServers.of(values[IdentitySettings.preferredServers])
        return LocalIdentity.Plan(
            known: knownServers, preferred: preferred.isEmpty ? configured : preferred,
            serverCounts: serverCounts, contacts: contacts, states: registry)
    }
}

/// Identity servers out of the words of settings and requests.
enum KnownServers {
    static func of(_ settings: [Settings.KnownServer]) -> [IdentityServers.KnownServer] {
        settings.compactMap { IdentityServers.KnownServer("\($0)") }
    }

    /// - Throws: `BD-SERVER` for what is no list of `host:web:tcp`.
    static func parse(_ text: String) throws(Failure) -> [IdentityServers.KnownServer] {
        do {
            return try IdentityServers.KnownServer.list(text)
        } catch {
            throw Failure(
                "BD-SERVER", .usage, "\(text) is no list of identity servers",
                remedy: "write host:web-port:tcp-port,...")
        }
    }
}
