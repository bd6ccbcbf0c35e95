package import Model

/// A node of the DHT: its id and where it answers.
package struct Contact: Hashable, Sendable {
    package let id: NodeID
    package let endpoint: Endpoint

    package init(id: NodeID, endpoint: Endpoint) {
        self.id = id
        self.endpoint = endpoint
    }

    /// Whether the id is one that BEP 42 allows at this address.
    var isBound: Bool { id.isBound(to: endpoint.address) }
}

/// A contact and what is known of its health.
///
/// Good: answered, or asked us something, within 15 minutes. Questionable: silent for longer. Bad:
/// failed to answer twice in a row; those are dropped (BEP 5, “Routing Table”).
struct TableEntry: Sendable {
    static let failureCountMax: UInt8 = 2
    static let goodSeconds: UInt32 = 15 * 60

    let contact: Contact
    /// Seconds of uptime when it was last heard.
    var heard: UInt32
    var failureCount: UInt8 = 0
    /// It has answered a query of ours: the address is its own.
    var hasAnswered: Bool
    let isBound: Bool

    init(_ contact: Contact, heard: UInt32, hasAnswered: Bool) {
        self.contact = contact
        self.heard = heard
        self.hasAnswered = hasAnswered
        self.isBound = contact.isBound
    }

    func isGood(at seconds: UInt32) -> Bool {
        hasAnswered && failureCount == 0 && seconds &- heard < TableEntry.goodSeconds
    }
}
