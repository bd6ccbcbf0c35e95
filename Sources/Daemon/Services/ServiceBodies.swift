internal import Model
internal import Services

/// Which services have a body in this version. The others are NOT_INSTALLED, and what needs them is
/// DEPENDS_OFF: nothing pretends.
enum ServiceBodies {
    static func always(_ parts: NodeParts) -> [ServiceName: any ServiceBody] {
        [
            .network: NetworkService(registry: parts.registry),
            .tcpConnections: SessionService(parts: parts),
            .udpDatagrams: StandingService(),
            .entangledDHT: DHTService(parts: parts),
            // Both are done by the DHT's own messages, which tell the asker its address.
            .myIPPort: StandingService(),
            .ipPortResponder: StandingService(),
            .identityServer: IdentityServerService(parts: parts),
            // It dials by itself, and looks after directories where nothing was published.
            .rebuilding: RebuildingService(parts: parts),
        ]
    }

    static func withIdentity(_ parts: NodeParts) -> [ServiceName: any ServiceBody] {
        [
            .gateway: StandingService(),
            .identityPropagate: IdentityPropagateService(parts: parts),
            // Sessions are opened by whoever needs one; what others ask arrives in the hub.
            .tcpTransport: StandingService(),
            .p2pHookups: StandingService(),
            // Done by sessions, which say who is at the other end.
            .p2pNotifications: StandingService(),
            .keysRegistry: StandingService(),
            // Nodes are found where they are needed, by their roles in the DHT.
            .nodesLookup: StandingService(),
            .proxyServer: ProxyServerService(parts: parts),
            .proxyTransport: ProxyTransportService(parts: parts),
            .supplier: SupplierService(parts: parts),
            .rebuilder: RebuilderService(parts: parts),
        ]
    }
}
