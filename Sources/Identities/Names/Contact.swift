package import Model

/// How a node is reached: `tcp://203.0.113.5:7771`.
///
/// A document may name addresses that only its owner's network knows; who connects decides whether
/// such are followed (`isLocal`).
package struct Contact: Hashable, Sendable, CustomStringConvertible {
    package let transport: String
    package let host: Host
    package let port: UInt16

    /// - Precondition: `transport` is 1 to 8 lower-case letters, `port` is not 0.
    package init(transport: String, host: Host, port: UInt16) {
        precondition(Contact.isTransport(transport) && port > 0)
        self.transport = transport
        self.host = host
        self.port = port
    }

    /// Reads the one form in which a contact is written; `nil` for anything else.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= Limits.sourceLengthMax, let colon = text.firstIndex(of: ":")
        else { return nil }
        let transport = text[..<colon]
        let rest = text[colon...]
        guard Contact.isTransport(transport), rest.hasPrefix("://"),
            let (host, port) = splitHost(rest.dropFirst(3)), let port
        else { return nil }
        self.init(transport: String(transport), host: host, port: port)
        guard description == text else { return nil }
    }

    package var description: String { "\(transport)://\(host):\(port)" }

    /// `nil` for a name, which somebody has to look up.
    package var endpoint: Endpoint? {
        guard case .address(let address) = host else { return nil }
        return Endpoint(address, port: port)
    }

    /// Whether it cannot mean a machine beyond the reader's own network.
    package var isLocal: Bool {
        switch host {
        case .name: host.isLoopback
        case .address(let address): address.isLocal
        }
    }

    private static func isTransport(_ text: some StringProtocol) -> Bool {
        (1...8).contains(text.utf8.count) && text.utf8.allSatisfy { (97...122).contains($0) }
    }
}
