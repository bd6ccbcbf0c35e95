internal import Model

/// What a node does for others. Who does it announces itself (`announce_peer`) under a topic of the
/// network and the role; who needs it asks for peers (`get_peers`).
///
/// An announcement is signed by nobody: it says that something at an address answers, and who that
/// is has to be proved in the session with it. docs/formats/dht-records.md.
package enum Role: String, CaseIterable, Sendable {
    case supplier
    case router
    case identityServer = "identity-server"

    /// SHA-1 of `bitdust/v1/role`, a zero byte, the network, a zero byte, the role.
    package func topic(in network: String) -> NodeID {
        Item.target(ofValue: Array("bitdust/v1/role\0\(network)\0\(rawValue)".utf8))
    }
}
