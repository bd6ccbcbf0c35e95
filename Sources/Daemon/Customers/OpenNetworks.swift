internal import Networking
internal import Synchronization

/// The networks that this process asks suppliers by at the moment: what moves there is told too.
final class OpenNetworks: Sendable {
    private let networks = Mutex<[CustomerNetwork]>([])

    func add(_ network: CustomerNetwork) { networks.withLock { $0.append(network) } }

    func remove(_ network: CustomerNetwork) {
        networks.withLock { $0.removeAll { $0 === network } }
    }

    var sessions: [Session] {
        get async {
            var sessions: [Session] = []
            for network in networks.withLock({ $0 }) {
                sessions += await network.suppliers.openSessions
            }
            return sessions
        }
    }
}
