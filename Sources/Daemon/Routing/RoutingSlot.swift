internal import Identities
internal import Model
internal import Networking
internal import Synchronization

/// What routers have to do with this node: those by which it is reached, and the one that it is.
///
/// Thread rules: any thread at any time.
final class RoutingSlot: Sendable {
    private struct State {
        var reachedBy: [Endpoint]?
        var router: Router?
        var changed: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// The routers at which this node waits; `nil` as long as it is not settled.
    var reachedBy: [Endpoint]? { state.withLock { $0.reachedBy } }
    var router: Router? { state.withLock { $0.router } }

    func fill(_ router: Router?) { state.withLock { $0.router = router } }

    /// Calls `changed` for each ``reached(by:)``; only the last one who asks is told.
    func whenChanged(_ changed: (@Sendable () -> Void)?) {
        state.withLock { $0.changed = changed }
    }

    func reached(by routers: [Endpoint]) {
        let changed = state.withLock { state in
            state.reachedBy = routers
            return state.changed
        }
        changed?()
    }

    /// The node gives up its routers. The document says so at its next look, and not at all when
    /// the process is about to end: then it waits at routers again soon.
    func left() { state.withLock { $0.reachedBy = [] } }

    /// What a document should say after `contacts`, its own; the same as long as nothing is known.
    func contacts(after contacts: [Contact]) -> [Contact] {
        guard let routers = reachedBy else { return contacts }
        let others = contacts.filter { $0.transport != PeerAddresses.routerTransport }
        let routed = routers.map {
            Contact(
                transport: PeerAddresses.routerTransport, host: .address($0.address),
                port: $0.port)
        }
        return Array((others + routed).prefix(Limits.identityContactCountMax))
    }
}
