internal import ArgumentParser
internal import Daemon
internal import Identities

/// What a machine does in a network.
struct RoleOptions: ParsableArguments {
    @Option(help: "Disk space that it gives to others, as 50GB.")
    var donate: String?

    @Option(help: ArgumentHelp("UDP port of the DHT.", valueName: "port"))
    var udpPort: UInt16 = 14441

    @Option(help: ArgumentHelp("TCP port of the identity server's pages.", valueName: "port"))
    var webPort: UInt16 = 8084

    @Option(
        help: ArgumentHelp(
            "Port where others ask for those pages, when a web server stands before them.",
            valueName: "port"))
    var publicWebPort: UInt16?

    @Option(help: ArgumentHelp("TCP port where identities are sent to.", valueName: "port"))
    var tcpPort: UInt16 = 6661

    func validate() throws {
        for port in [udpPort, webPort, publicWebPort ?? 1, tcpPort] where port == 0 {
            throw ValidationError("A port is 1 to 65535.")
        }
    }

    /// - Throws: a usage error when `host` is no name or address.
    func role(host: String?) throws -> NetworkRole {
        let named = try host.map { text in
            guard let host = Host(text.lowercased()) else {
                throw ValidationError("--host takes a name like host-a.com or an address.")
            }
            return host
        }
        return NetworkRole(
            host: named, donate: donate, udpPort: udpPort, webPort: webPort,
            publicWebPort: publicWebPort, tcpPort: tcpPort)
    }
}
