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
    let hub: SessionHub
    let supplier = SupplierSlot()
    let routing = RoutingSlot()
    let propagation = PropagationSlot()
    let friends: FriendFiles
    let health = HealthSlot()
    let openNetworks = OpenNetworks()
    /// Ends the process.
    let end: @Sendable (NodeProcess.Ending) -> Void

    var values: SettingValues { configuration.values }

    /// What the configuration says about publishing identities.
    var publishing: Publishing { Publishing(values: values, network: networks.current) }
    var knownServers: [IdentityServers.KnownServer] { publishing.knownServers }
    var serverCounts: ClosedRange<Int> { publishing.serverCounts }

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
}
