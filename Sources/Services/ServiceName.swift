/// The services of a node, under the names that `states`, the REST routes and the settings use.
///
/// In the order in which they are listed and get their index in `states`.
package enum ServiceName: String, CaseIterable, Hashable, Sendable {
    case network
    case gateway
    case tcpConnections = "tcp_connections"
    case udpDatagrams = "udp_datagrams"
    case tcpTransport = "tcp_transport"
    case entangledDHT = "entangled_dht"
    case myIPPort = "my_ip_port"
    case ipPortResponder = "ip_port_responder"
    case identityPropagate = "identity_propagate"
    case identityServer = "identity_server"
    case p2pHookups = "p2p_hookups"
    case nodesLookup = "nodes_lookup"
    case proxyTransport = "proxy_transport"
    case proxyServer = "proxy_server"
    case p2pNotifications = "p2p_notifications"
    case keysRegistry = "keys_registry"
    case dataDisintegration = "data_disintegration"
    case customer
    case employer
    case listFiles = "list_files"
    case dataMotion = "data_motion"
    case rebuilding
    case backupDB = "backup_db"
    case backups
    case restores
    case keysStorage = "keys_storage"
    case myData = "my_data"
    case sharedData = "shared_data"
    case privateMessages = "private_messages"
    case privateGroups = "private_groups"
    case messageHistory = "message_history"
    case supplier
    case customerPatrol = "customer_patrol"
    case customerSupport = "customer_support"
    case customerFamily = "customer_family"
    case jointPostman = "joint_postman"
    case supplierContracts = "supplier_contracts"
    case customerContracts = "customer_contracts"
    case bismuthBlockchain = "bismuth_blockchain"
    case bismuthWallet = "bismuth_wallet"
    case bismuthNode = "bismuth_node"
    case bismuthPool = "bismuth_pool"
    case bismuthMiner = "bismuth_miner"
    case bismuthIdentity = "bismuth_identity"
    case blockchainID = "blockchain_id"
    case blockchainAuthority = "blockchain_authority"
    case blockchainExplorer = "blockchain_explorer"
    case webSocketCommunicator = "web_socket_communicator"
    case webSocketRouter = "web_socket_router"
    case rebuilder

    /// Reads what people and scripts write: `service_supplier`, `supplier`, `proxy-server`,
    /// `service_proxy_server()`; `nil` when there is no such service.
    package init?(text: some StringProtocol) {
        var name = text.lowercased().replacing("-", with: "_")
        if name.hasSuffix("()") { name.removeLast(2) }
        if name.hasPrefix("service_") { name.removeFirst("service_".count) }
        self.init(rawValue: name)
    }

    /// `service_proxy_server`: in `states`, in REST and in messages.
    package var id: String { "service_" + rawValue }

    /// `services/proxy-server`: where its settings are.
    package var settingsPath: String { "services/" + rawValue.replacing("_", with: "-") }
}

extension ServiceName: CustomStringConvertible {
    package var description: String { id }
}
