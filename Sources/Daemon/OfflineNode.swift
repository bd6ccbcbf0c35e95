package import APIModel
internal import Model
internal import Networking
internal import Services

/// Answers, in the process of a command, what needs the files of a home only.
package struct OfflineNode: Sendable {
    private let table: APIHandlerTable

    /// - Throws: ``Failure`` when files of the home cannot be read.
    package init(home: NodeHome, setting: NodeSetting) throws {
        try home.create()
        var table = APIHandlerTable()
        let configuration = try NodeConfiguration(home: home, environment: setting.environment)
        table.add(ConfigAPI(configuration: configuration).handlers)
        let networks = try NetworkStore(home: home)
        let threads = NetworkThreads()
        let http = HTTPClient(
            threads: threads, resolver: SystemNameResolver(time: setting.time)
        ) { _ in true }
        let identity = try LocalIdentity(
            machine: MachineIdentity(home: home, setting: setting),
            exchange: NodeExchange(client: http), setting: setting)
        table.add(
            IdentityAPI(
                identity: identity, states: StateRegistry(),
                publishing: {
                    Publishing(values: configuration.values, network: networks.current)
                }
            ).handlers)
        self.table = table
    }

    /// Whether a route can be answered without a node that runs.
    package func answers(_ route: Route) -> Bool { table.routeIDs.contains(route.id) }

    package func answer(_ request: APIRequest) async -> APIEnvelope {
        await table.answer(request)
    }
}
