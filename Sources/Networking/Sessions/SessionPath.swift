package import Identities
package import Model

/// Which way the bytes of a session go.
package enum SessionPath: Hashable, Sendable, CustomStringConvertible {
    /// To the peer itself.
    case direct(Endpoint)
    /// Through a router, which sees TLS records.
    case routed(by: Endpoint)

    package var isDirect: Bool {
        switch self {
        case .direct: true
        case .routed: false
        }
    }

    /// `direct 203.0.113.5:7771`, `routed by 203.0.113.9:7771`.
    package var description: String {
        switch self {
        case .direct(let endpoint): "direct \(endpoint)"
        case .routed(let router): "routed by \(router)"
        }
    }
}

/// Where a peer may be reached: at addresses of its own, and through routers at which it waits.
package struct PeerAddresses: Hashable, Sendable {
    package var direct: [Endpoint]
    package var routers: [Endpoint]

    /// The transports of contacts in identity documents.
    package static let directTransport = "tcp"
    package static let routerTransport = "router"

    package init(direct: [Endpoint] = [], routers: [Endpoint] = []) {
        self.direct = direct
        self.routers = routers
    }

    package var isEmpty: Bool { direct.isEmpty && routers.isEmpty }

    /// Adds an address of a contact; contacts of other transports are passed over.
    package mutating func add(_ endpoint: Endpoint, of contact: Contact) {
        switch contact.transport {
        case PeerAddresses.directTransport where !direct.contains(endpoint):
            direct.append(endpoint)
        case PeerAddresses.routerTransport where !routers.contains(endpoint):
            routers.append(endpoint)
        default: break
        }
    }
}
