internal import APIModel

/// All handlers of a running node.
enum NodeAPI {
    static func handlers(_ parts: NodeParts, _ automats: AutomatAPI) -> APIHandlerTable {
        var table = interfaceHandlers(events: parts.events)
        table.add(ConfigAPI(configuration: parts.configuration).handlers)
        table.add(ServiceAPI(parts: parts).handlers)
        table.add(automats.handlers)
        table.add(ProcessAPI(parts: parts).handlers)
        table.add(NetworkAPI(parts: parts).handlers)
        table.add(
            IdentityAPI(
                identity: parts.identity, states: parts.registry,
                publishing: { parts.publishing }
            ).handlers)
        table.add(KnownIdentityAPI(parts: parts).handlers)
        table.add(UserAPI(parts: parts).handlers)
        table.add(SpaceAPI(parts: parts).handlers)
        table.add(SupplierAPI(parts: parts).handlers)
        table.add(HealthAPI(parts: parts).handlers)
        table.add(FamilyAPI(parts: parts).handlers)
        table.add(TrafficAPI(parts: parts).handlers)
        table.add(DHTAPI(parts: parts).handlers)
        return table
    }
}
