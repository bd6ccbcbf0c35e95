/// What is known of a service before it runs: what it needs, and whether it is on by default.
package struct ServiceDefinition: Equatable, Sendable {
    package let name: ServiceName
    /// One line for the settings page and for `services list`.
    package let summary: String
    package let isEnabledByDefault: Bool
    /// Services that must be ON for as long as this one runs.
    package let dependencies: [ServiceName]
    /// Services that this one waits for while they are starting and stops before; it also runs
    /// without them.
    package let follows: [ServiceName]
    /// Services that must never run together with this one, and win when they are switched on.
    package let yieldsTo: [ServiceName]

    package init(
        _ name: ServiceName, needs dependencies: [ServiceName] = [],
        follows: [ServiceName] = [], yieldsTo: [ServiceName] = [],
        isEnabledByDefault: Bool = true, _ summary: String
    ) {
        self.name = name
        self.summary = summary
        self.isEnabledByDefault = isEnabledByDefault
        self.dependencies = dependencies
        self.follows = follows
        self.yieldsTo = yieldsTo
    }
}

extension ServiceDefinition {
    /// All services, in the order of `ServiceName.allCases`.
    package static let all = connecting + customers + people + suppliers + ledger + devices

    private static let connecting = [
        ServiceDefinition(.network, "connection of this machine to the network"),
        ServiceDefinition(
            .gateway, needs: [.network], "packets of your identity, in and out; needs an identity"),
        ServiceDefinition(.tcpConnections, needs: [.network], "TCP port where others reach you"),
        ServiceDefinition(.udpDatagrams, needs: [.network], "datagrams over UDP"),
        ServiceDefinition(
            .tcpTransport, needs: [.tcpConnections, .gateway], "sessions with others over TCP"),
        ServiceDefinition(.entangledDHT, needs: [.udpDatagrams], "node of the DHT"),
        ServiceDefinition(
            .myIPPort, needs: [.entangledDHT, .udpDatagrams],
            "finds out the address that others see"),
        ServiceDefinition(
            .ipPortResponder, needs: [.entangledDHT], "tells others their address as you see it"),
        ServiceDefinition(
            .identityPropagate, needs: [.gateway, .tcpConnections],
            "keeps your identity document on identity servers"),
        ServiceDefinition(
            .identityServer, needs: [.tcpConnections], isEnabledByDefault: false,
            "identity server: keeps identity documents of others"),
        ServiceDefinition(
            .p2pHookups, needs: [.gateway, .identityPropagate], follows: [.tcpTransport],
            "who of your contacts is online"),
        ServiceDefinition(
            .nodesLookup, needs: [.entangledDHT, .p2pHookups], "finds other nodes by their roles"),
        ServiceDefinition(
            .proxyTransport, needs: [.identityPropagate, .nodesLookup], follows: [.tcpTransport],
            "reaches others through routers when your own port is closed"),
        ServiceDefinition(
            .proxyServer, needs: [.p2pHookups], yieldsTo: [.proxyTransport],
            isEnabledByDefault: false, "router: forwards traffic of nodes with closed ports"),
        ServiceDefinition(
            .p2pNotifications, needs: [.p2pHookups], follows: [.proxyTransport],
            "events between nodes"),
        ServiceDefinition(
            .keysRegistry, needs: [.p2pNotifications], "keys handed to and by others"),
    ]

    private static let customers = [
        ServiceDefinition(
            .dataDisintegration, needs: [.keysRegistry], "codes blocks into fragments and back"),
        ServiceDefinition(.customer, needs: [.dataDisintegration], "sessions with your suppliers"),
        ServiceDefinition(
            .employer, needs: [.customer, .nodesLookup], "hires suppliers and replaces them"),
        ServiceDefinition(.listFiles, needs: [.employer], "asks suppliers what they hold"),
        ServiceDefinition(.dataMotion, needs: [.employer], "moves fragments to and from suppliers"),
        ServiceDefinition(.rebuilding, needs: [.network], "rebuilds lost fragments"),
        ServiceDefinition(
            .backupDB, needs: [.listFiles, .dataMotion], "keeps the catalog at your suppliers"),
        ServiceDefinition(
            .backups, needs: [.listFiles, .rebuilding, .backupDB], "runs and watches backups"),
        ServiceDefinition(.restores, needs: [.backups], "runs restores"),
        ServiceDefinition(.keysStorage, needs: [.restores], "keeps your other keys at suppliers"),
        ServiceDefinition(.myData, needs: [.keysStorage], "tells when your storage is ready"),
        ServiceDefinition(.sharedData, needs: [.myData], "folders shared with others"),
    ]

    private static let people = [
        ServiceDefinition(
            .privateMessages, needs: [.keysRegistry, .entangledDHT],
            "private messages; keeps your nickname in the DHT"),
        ServiceDefinition(.privateGroups, needs: [.myData, .privateMessages], "groups"),
        ServiceDefinition(.messageHistory, needs: [.privateGroups], "history of messages"),
    ]

    private static let suppliers = [
        ServiceDefinition(.supplier, needs: [.keysRegistry], "donates disk space to customers"),
        ServiceDefinition(
            .customerPatrol, needs: [.supplier], "lets go of customers who left or took too much"),
        ServiceDefinition(
            .customerSupport, needs: [.customerPatrol], "who of your customers is online"),
        ServiceDefinition(
            .customerFamily, needs: [.supplier, .entangledDHT],
            "keeps the list of a customer's suppliers in the DHT"),
        ServiceDefinition(
            .jointPostman, needs: [.privateMessages, .customerFamily],
            "keeps group messages for your customers"),
    ]

    private static let ledger = [
        ServiceDefinition(
            .supplierContracts, needs: [.supplier, .blockchainID], "contracts with your customers"),
        ServiceDefinition(
            .customerContracts, needs: [.customer, .blockchainID], "pays your suppliers"),
        ServiceDefinition(.bismuthBlockchain, needs: [.tcpConnections], "token ledger"),
        ServiceDefinition(.bismuthWallet, needs: [.bismuthBlockchain], "your tokens"),
        ServiceDefinition(
            .bismuthNode, needs: [.bismuthBlockchain], isEnabledByDefault: false,
            "keeps a copy of the token ledger"),
        ServiceDefinition(
            .bismuthPool, needs: [.bismuthNode], isEnabledByDefault: false, "gathers miners"),
        ServiceDefinition(
            .bismuthMiner, needs: [.bismuthWallet], isEnabledByDefault: false,
            "miner: confirms entries of the token ledger"),
        ServiceDefinition(
            .bismuthIdentity, needs: [.bismuthWallet, .identityPropagate, .entangledDHT],
            "ties your wallet to your identity"),
        ServiceDefinition(
            .blockchainID, needs: [.bismuthIdentity], "finds the wallets of other identities"),
        ServiceDefinition(
            .blockchainAuthority, needs: [.bismuthIdentity], isEnabledByDefault: false,
            "registers wallets of new identities"),
        ServiceDefinition(
            .blockchainExplorer, needs: [.bismuthNode], isEnabledByDefault: false,
            "web page that shows the token ledger"),
    ]

    private static let devices = [
        ServiceDefinition(
            .webSocketCommunicator, needs: [.nodesLookup], "paired devices, through routers"),
        ServiceDefinition(
            .webSocketRouter, needs: [.p2pHookups], isEnabledByDefault: false,
            "router for the paired devices of others"),
        ServiceDefinition(
            .rebuilder, needs: [.tcpTransport], isEnabledByDefault: false,
            "rebuilder: rebuilds for others while they are away"),
    ]
}
