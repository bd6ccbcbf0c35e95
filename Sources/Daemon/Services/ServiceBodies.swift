internal import Model
internal import Services

/// Which services have a body in this version. The others are NOT_INSTALLED, and what needs them is
/// DEPENDS_OFF: nothing pretends.
enum ServiceBodies {
    static func always(_ parts: NodeParts) -> [ServiceName: any ServiceBody] {
        [
            .network: NetworkService(registry: parts.registry),
            // The port is opened by the session layer; here it is only agreed on.
            .tcpConnections: StandingService(),
            .udpDatagrams: StandingService(),
            .entangledDHT: DHTService(parts: parts),
            // Both are done by the DHT's own messages, which tell the asker its address.
            .myIPPort: StandingService(),
            .ipPortResponder: StandingService(),
            .identityServer: IdentityServerService(parts: parts),
        ]
    }

    static func withIdentity(_ parts: NodeParts) -> [ServiceName: any ServiceBody] {
        [
            .gateway: StandingService(),
            .identityPropagate: IdentityPropagateService(parts: parts),
            .rebuilding: RebuildingService(parts: parts),
        ]
    }
}
