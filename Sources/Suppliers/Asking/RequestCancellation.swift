internal import Synchronization

/// Lets somebody give up a request that another thread waits for.
package final class RequestCancellation: Sendable {
    private struct State {
        var isCancelled = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    package init() {}

    package var isCancelled: Bool { state.withLock { $0.isCancelled } }

    /// Gives up; nothing happens the second time.
    package func cancel() {
        let action = state.withLock { state in
            state.isCancelled = true
            defer { state.action = nil }
            return state.action
        }
        action?()
    }

    /// What a channel does to wake who waits; at once when it is cancelled already.
    package func onCancel(_ action: (@Sendable () -> Void)?) {
        let isCancelled = state.withLock { state in
            state.action = state.isCancelled ? nil : action
            return state.isCancelled
        }
        if isCancelled { action?() }
    }
}
