internal import Synchronization

/// That a session is over: known before its requests hear of it, so that whoever asks again then
/// does not get the same session.
///
/// Thread rules: any thread.
final class SessionEnd: Sendable {
    private struct State {
        var hasCome = false
        var bodies: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    var hasCome: Bool { state.withLock(\.hasCome) }

    /// Calls `body` on a network thread when it comes, at once when it has.
    func whenComes(_ body: @escaping @Sendable () -> Void) {
        let hasCome = state.withLock { state in
            if !state.hasCome { state.bodies.append(body) }
            return state.hasCome
        }
        if hasCome { body() }
    }

    func come() {
        let bodies = state.withLock { state in
            state.hasCome = true
            defer { state.bodies = [] }
            return state.bodies
        }
        for body in bodies { body() }
    }
}
