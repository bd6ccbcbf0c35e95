internal import Model
internal import Synchronization

/// Routers that did not join us to a peer, or whose sessions have ended under us: they are turned
/// to after all others, the one that failed longest ago first.
///
/// What goes through a router cannot be changed, only ended: whoever flips, drops or delays bytes
/// is seen by that, and a router that has only died as well.
///
/// Thread rules: any thread.
final class DoubtfulRouters: Sendable {
    /// In the order in which they failed last.
    private let failed = Mutex<[Endpoint]>([])

    func note(_ router: Endpoint) {
        failed.withLock { failed in
            failed.removeAll { $0 == router }
            failed.append(router)
            if failed.count > Limits.routerCandidateCountMax { failed.removeFirst() }
        }
    }

    func sorted(_ routers: [Endpoint]) -> [Endpoint] {
        failed.withLock { failed in
            routers.filter { !failed.contains($0) } + failed.filter { routers.contains($0) }
        }
    }
}
