internal import Synchronization

/// Sessions until they close.
final class OpenSessions: Sendable {
    private struct State {
        var sessions: [(number: UInt64, session: Session)] = []
        var lastNumber: UInt64 = 0
    }

    private let state = Mutex(State())

    var all: [Session] { state.withLock { $0.sessions.map(\.session) } }

    func add(_ session: Session) {
        let number = state.withLock { state in
            state.lastNumber += 1
            state.sessions.append((state.lastNumber, session))
            return state.lastNumber
        }
        session.whenClosed { [self] in
            state.withLock { state in state.sessions.removeAll { $0.number == number } }
        }
    }
}
