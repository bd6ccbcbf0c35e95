package import Identities
package import IdentityServers
internal import Model

/// What a machine does in a network that it founds or joins, as settings.
package struct NetworkRole: Sendable {
    /// The name under which others reach this machine; `nil` for one that only uses the network.
    package var host: Host?
    /// Disk space for others, as `50 GB`.
    package var donate: String?
    package var udpPort: UInt16
    package var webPort: UInt16
    /// The port that others ask, when a web server stands before the identity server.
    package var publicWebPort: UInt16
    package var tcpPort: UInt16

    package init(
        host: Host?, donate: String?, udpPort: UInt16, webPort: UInt16, publicWebPort: UInt16?,
        tcpPort: UInt16
    ) {
        self.host = host
        self.donate = donate
        self.udpPort = udpPort
        self.webPort = webPort
        self.publicWebPort = publicWebPort ?? webPort
        self.tcpPort = tcpPort
    }

    package var seed: NetworkDescription.Seed? {
        host.map { NetworkDescription.Seed(host: $0, port: udpPort) }
    }

    package var server: KnownServer? {
        host.map { KnownServer(host: $0, webPort: publicWebPort, tcpPort: tcpPort) }
    }

    /// The settings of this role in `network`. Seeds and servers come from the network itself.
    package func assignments(in network: NetworkDescription) -> [(name: String, text: String)] {
        var list = [
            ("services/entangled-dht/known-nodes", ""),
            ("services/identity-propagate/known-servers", ""),
            (
                "services/identity-propagate/min-servers",
                "\(max(1, min(2, network.identityServers.count)))"
            ),
        ]
        if let donate {
            list += [
                ("services/supplier/enabled", "true"),
                ("services/supplier/donated-space", donate),
            ]
        }
        guard let host else { return list }
        return list + [
            ("services/entangled-dht/udp-port", "\(udpPort)"),
            ("services/identity-server/enabled", "true"),
            ("services/identity-server/host", "\(host)"),
            ("services/identity-server/web-port", "\(webPort)"),
            ("services/identity-server/tcp-port", "\(tcpPort)"),
            ("services/proxy-transport/enabled", "false"),
            ("services/proxy-server/enabled", "true"),
        ]
    }
}
