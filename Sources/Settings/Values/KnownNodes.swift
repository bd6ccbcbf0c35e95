internal import Model

/// The setting `services/entangled-dht/known-nodes`: through whom the DHT is entered.
package enum KnownNodes: Equatable, Sendable {
    /// Nothing is set: the nodes that the joined network names.
    case ofNetwork
    /// `genesis` or `root`: this node is the first and asks nobody.
    case genesis
    case nodes([Node])

    package struct Node: Hashable, Sendable, CustomStringConvertible {
        package let host: HostName
        package let port: UInt16

        package init(host: HostName, port: UInt16) {
            self.host = host
            self.port = port
        }

        package var description: String { "\(host.bracketed):\(port)" }
    }

    /// Where a node listens when no port is named.
    package static let portDefault: UInt16 = 14441

    /// Reads `host:port,host:port`; blanks and line ends separate too, a node named twice counts
    /// once.
    package init(_ text: String) throws(SettingValueError) {
        let words = try ListText.words(text)
        guard !words.isEmpty else {
            self = .ofNetwork
            return
        }
        let first = words.first { ["genesis", "root"].contains($0.lowercased()) }
        if let first {
            guard words.count == 1 else { throw .firstAmongOthers(String(first)) }
            self = .genesis
            return
        }
        var nodes: [Node] = []
        for word in words {
            guard let (host, ports) = HostName.split(word, portCountMax: 1) else {
                throw .badNode(String(word))
            }
            let node = Node(host: host, port: ports.first ?? KnownNodes.portDefault)
            if !nodes.contains(node) { nodes.append(node) }
        }
        self = .nodes(nodes)
    }
}

extension KnownNodes: CustomStringConvertible {
    package var description: String {
        switch self {
        case .ofNetwork: ""
        case .genesis: "genesis"
        case .nodes(let nodes): nodes.map(\.description).joined(separator: ",")
        }
    }
}

/// An identity server, as `services/identity-propagate/known-servers` names it.
package struct KnownServer: Hashable, Sendable, CustomStringConvertible {
    package let host: HostName
    /// HTTP, as the outside sees it: 80 behind a web server.
    package let webPort: UInt16
    package let tcpPort: UInt16

    package static let webPortDefault: UInt16 = 80
    package static let tcpPortDefault: UInt16 = 6661

    package init(host: HostName, webPort: UInt16, tcpPort: UInt16) {
        self.host = host
        self.webPort = webPort
        self.tcpPort = tcpPort
    }

    package var description: String { "\(host.bracketed):\(webPort):\(tcpPort)" }

    /// Reads `host:web:tcp,...`; the ports may be left out from the end.
    package static func list(_ text: String) throws(SettingValueError) -> [KnownServer] {
        var servers: [KnownServer] = []
        for word in try ListText.words(text) {
            guard let (host, ports) = HostName.split(word, portCountMax: 2) else {
                throw .badServer(String(word))
            }
            let server = KnownServer(
                host: host, webPort: ports.first ?? webPortDefault,
                tcpPort: ports.count > 1 ? ports[1] : tcpPortDefault)
            if !servers.contains(server) { servers.append(server) }
        }
        return servers
    }
}

/// Lists in one setting.
enum ListText {
    /// The words between commas, blanks and line ends, at most `Limits.settingListCountMax`.
    static func words(_ text: String) throws(SettingValueError) -> [Substring] {
        let words = text.split { $0 == "," || $0.isWhitespace }
        guard words.count <= Limits.settingListCountMax else {
            throw .tooMany(limit: Limits.settingListCountMax)
        }
        return words
    }
}
