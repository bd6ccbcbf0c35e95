internal import Synchronization

/// The supplier while the service runs, and what the rest of the node asks of it.
final class SupplierSlot: Sendable {
    private struct State {
        var running: RunningSupplier?
        var alerts: [SupplierAlert] = []
    }

    private let state = Mutex(State())

    var current: RunningSupplier? { state.withLock { $0.running } }
    var alerts: [SupplierAlert] { state.withLock { $0.alerts } }

    func fill(_ running: RunningSupplier?) {
        state.withLock { $0 = State(running: running) }
    }

    /// - Returns: those that were not there before, and those that are over.
    func tell(_ alerts: [SupplierAlert]) -> (raised: [SupplierAlert], cleared: [SupplierAlert]) {
        state.withLock { state in
            let old = state.alerts
            state.alerts = alerts
            return (
                alerts.filter { alert in !old.contains { $0.isSame(as: alert) } },
                old.filter { alert in !alerts.contains { $0.isSame(as: alert) } }
            )
        }
    }
}

extension SupplierAlert {
    /// Whether only its numbers may differ.
    fileprivate func isSame(as other: SupplierAlert) -> Bool {
        code == other.code && place == other.place
    }

    private var place: String {
        switch self {
        case .closed(let path, _), .gone(let path, _), .failing(let path, _), .full(let path, _),
            .silent(let path, _):
            path
        case .overfull, .unreachable: ""
        }
    }
}
