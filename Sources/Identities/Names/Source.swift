internal import Model

/// A URL under which an identity document is published: `http://host-a.com/alice.xml`,
/// `http://host-b.com:8080/alice.xml`. The port is left out when it is 80.
package struct Source: Hashable, Sendable, CustomStringConvertible {
    package let host: Host
    package let port: UInt16
    package let name: IdentityName

    package static let portDefault: UInt16 = 80
    private static let scheme = "http://"
    private static let suffix = ".xml"

    package init(host: Host, port: UInt16 = Source.portDefault, name: IdentityName) {
        self.host = host
        self.port = port
        self.name = name
    }

    /// Reads the one form in which a source is written; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Limits.sourceLengthMax, text.hasPrefix(Source.scheme),
            text.hasSuffix(Source.suffix)
        else { return nil }
        let parts = text.dropFirst(Source.scheme.count).dropLast(Source.suffix.count)
            .split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let (host, port) = splitHost(parts[0]),
            let name = IdentityName(parts[1])
        else { return nil }
        self.init(host: host, port: port ?? Source.portDefault, name: name)
        guard description == text else { return nil }
    }

    package var description: String { "\(Source.scheme)\(authority)/\(name)\(Source.suffix)" }

    /// The server's own page.
    package var serverURL: String { "\(Source.scheme)\(authority)/" }

    private var authority: String { port == Source.portDefault ? "\(host)" : "\(host):\(port)" }

    package var globalID: GlobalID { GlobalID(name: name, host: host, port: port) }
}

/// The short form of a source: `alice@host-a.com`, `alice@host-b.com_8080`.
package struct GlobalID: Hashable, Sendable, CustomStringConvertible {
    package let name: IdentityName
    package let host: Host
    package let port: UInt16

    package init(name: IdentityName, host: Host, port: UInt16 = Source.portDefault) {
        self.name = name
        self.host = host
        self.port = port
    }

    /// Reads the one form in which a global id is written; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Limits.sourceLengthMax else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, let name = IdentityName(parts[0]) else { return nil }
        let place = parts[1].split(separator: "_", omittingEmptySubsequences: false)
        guard (1...2).contains(place.count), let host = Host(place[0]) else { return nil }
        var port = Source.portDefault
        if place.count == 2 {
            guard let found = parsePort(place[1]) else { return nil }
            port = found
        }
        self.init(name: name, host: host, port: port)
        guard description == text else { return nil }
    }

    package var description: String {
        port == Source.portDefault ? "\(name)@\(host)" : "\(name)@\(host)_\(port)"
    }

    package var source: Source { Source(host: host, port: port, name: name) }
}
