package import APIModel
internal import Model
internal import Networking

/// Answers, in the process of a command, what needs the files of a home only.
package struct OfflineNode: Sendable {
    private let table: APIHandlerTable

    /// - Throws: ``Failure`` when files of the home cannot be read.
    package init(home: NodeHome, setting: NodeSetting) throws {
        try home.create()
        var table = APIHandlerTable()
        let configuration = try NodeConfiguration(home: home, environment: setting.environment)
        table.add(ConfigAPI(configuration: configuration).handlers)
        let machine = MachineIdentity(home: home, setting: setting)
        table.on("identity/get") { request in
            guard let document = try? machine.document() else {
                return .error("local identity is not ready", reason: "identity_not_exist")
            }
            return .ok(IdentityJSON.value(document, withXML: request.flag("xml_source")))
        }
        self.table = table
    }

    /// Whether a route can be answered without a node that runs.
    package func answers(_ route: Route) -> Bool { table.routeIDs.contains(route.id) }

    package func answer(_ request: APIRequest) async -> APIEnvelope {
        await table.answer(request)
    }
}
