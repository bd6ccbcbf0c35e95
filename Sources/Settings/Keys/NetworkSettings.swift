package import Model

/// Addresses, ports and limits of what goes over the network.
package enum NetworkSettings {
    package static let receiveLimit = Setting.integer(
        "services/network/receive-limit", 125_000_000, in: 0...maxRate,
        "bytes a second that the node takes in at most, nodes of the local network left out; 0: no "
            + "limit")
    package static let receiveTimetable = Setting.timetable(
        "services/network/receive-timetable",
        "spans of the day with a limit of their own for what is taken in, as in "
            + "22:00-06:00=unlimited,12:00-13:00=500KB/s")
    package static let sendLimit = Setting.integer(
        "services/network/send-limit", 12_500_000, in: 0...maxRate,
        "bytes a second that the node sends at most, nodes of the local network left out; 0: no "
            + "limit")
    package static let sendTimetable = Setting.timetable(
        "services/network/send-timetable",
        "spans of the day with a limit of their own for what is sent, as in "
            + "22:00-06:00=unlimited,12:00-13:00=500KB/s")
    package static let listenAddress = Setting.address(
        "services/network/listen-address",
        "the one address that ports are opened on; empty: all addresses of this machine")
    package static let externalAddress = Setting.address(
        "services/network/external-address",
        "the address under which others reach this machine; empty: it is found out")
    package static let privateAddresses = Setting.selection(
        "services/network/private-addresses", "auto", of: ["auto", "allow", "refuse"],
        "whether nodes with addresses of home networks are spoken to; auto: when a node that you "
            + "named has one")
    package static let tcpPort = Setting.port(
        "services/tcp-connections/tcp-port", 7771, "TCP port where other nodes reach this one")
    package static let p2pTimeout = Setting.integer(
        "services/gateway/p2p-timeout", 15, in: 1...3600,
        "seconds that another node may take to answer")

    /// Ten times the fastest link of a home.
    private static let maxRate = 12_500_000_000

    static let all = [
        receiveLimit.definition, receiveTimetable.definition, sendLimit.definition,
        sendTimetable.definition, listenAddress.definition,
        externalAddress.definition, privateAddresses.definition, tcpPort.definition,
        p2pTimeout.definition,
    ]
}

/// The two sides of a router, and plain sessions.
package enum RouterSettings {
    package static let tcpPriority = priority("services/tcp-transport/priority", 10)
    package static let tcpReceiving = Setting.boolean(
        "services/tcp-transport/receiving-enabled", true, "take sessions from others over TCP")
    package static let tcpSending = Setting.boolean(
        "services/tcp-transport/sending-enabled", true, "open sessions to others over TCP")
    package static let proxyPriority = priority("services/proxy-transport/priority", 100)
    package static let proxyReceiving = Setting.boolean(
        "services/proxy-transport/receiving-enabled", true, "take sessions through routers")
    package static let proxySending = Setting.boolean(
        "services/proxy-transport/sending-enabled", true, "open sessions through routers")
    package static let preferredRouters = Setting.words(
        "services/proxy-transport/preferred-routers",
        "routers to use and no others, as alice@host-a.com or 203.0.113.9:7771; empty: those "
            + "that the network has")
    package static let routerLifetime = Setting.integer(
        "services/proxy-transport/router-lifetime-seconds", 600, in: 60...86_400 * 30,
        "seconds after which routers are looked for again")
    package static let routesLimit = Setting.integer(
        "services/proxy-server/routes-limit", 20, in: 1...100_000,
        "nodes that this router forwards for at the same time")
    package static let routedPerSecond = Setting.diskSpace(
        "services/proxy-server/rate-limit", DiskSpace(byteCount: 16 << 20),
        min: DiskSpace(byteCount: 0),
        "bytes that this router forwards for one user each second; 0 bytes: no limit")
    package static let routedPerDay = Setting.diskSpace(
        "services/proxy-server/day-limit", DiskSpace(byteCount: 100 << 30),
        min: DiskSpace(byteCount: 0),
        "bytes that this router forwards for one user in a day; 0 bytes: no limit")

    private static func priority(_ key: SettingKey, _ value: Int) -> Setting<Int> {
        .integer(key, value, in: 0...1000, "the way with the lowest number is tried first")
    }

    static let all = [
        tcpPriority.definition, tcpReceiving.definition, tcpSending.definition,
        proxyPriority.definition, proxyReceiving.definition, proxySending.definition,
        preferredRouters.definition, routerLifetime.definition, routesLimit.definition,
        routedPerSecond.definition, routedPerDay.definition,
    ]
}

package enum DHTSettings {
    package static let udpPort = Setting.port(
        "services/entangled-dht/udp-port", KnownNodes.portDefault, "UDP port of the DHT")
    package static let knownNodes = Setting.knownNodes(
        "services/entangled-dht/known-nodes",
        "nodes through which the DHT is entered, host:port,host:port; genesis: this is the first "
            + "node; empty: those of the joined network")

    static let all = [udpPort.definition, knownNodes.definition]
}
