package import Model

/// The address of a supplier that is a node of the network, as catalogs and heads keep it:
/// `node:` and the user id in hexadecimal, then `@` and where it answered last, best first.
///
/// ```
/// node:3f0c...9a@203.0.113.5:7771,[2001:db8::5]:7771
/// ```
///
/// The endpoints are a hint: who is there is proved by its certificate.
package struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
    package let user: UserID
    package let endpoints: [Endpoint]

    private static let prefix = "node:"

    /// Keeps the first `Limits.nodeEndpointCountMax` endpoints.
    package init(user: UserID, endpoints: [Endpoint] = []) {
        self.user = user
        self.endpoints = Array(endpoints.prefix(Limits.nodeEndpointCountMax))
    }

    /// `nil` for a path, or anything else that is no address of a node.
    package init?(_ text: some StringProtocol) {
        guard text.hasPrefix(NodeAddress.prefix), text.utf8.count <= Limits.textLengthMax else {
            return nil
        }
        let rest = text.dropFirst(NodeAddress.prefix.count)
        let parts = rest.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard let hex = parts.first, let user = UserID(hex: hex) else { return nil }
        var endpoints: [Endpoint] = []
        if parts.count == 2 {
            for part in parts[1].split(separator: ",", omittingEmptySubsequences: false) {
                guard let endpoint = Endpoint(part), endpoint.port > 0,
                    endpoints.count < Limits.nodeEndpointCountMax
                else { return nil }
                endpoints.append(endpoint)
            }
        }
        self.init(user: user, endpoints: endpoints)
    }

    package static func isOne(_ text: some StringProtocol) -> Bool { text.hasPrefix(prefix) }

    package var description: String {
        let hints = endpoints.map(\.description).joined(separator: ",")
        return NodeAddress.prefix + user.description + (hints.isEmpty ? "" : "@" + hints)
    }
}
