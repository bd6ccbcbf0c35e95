internal import Model
internal import Synchronization

/// Bytes that the requests of all peers of a node may take together, handed out in turn.
///
/// A request gets all it needs at once, so none waits for memory while it holds some.
package final class SessionMemory: Sendable {
    private struct State {
        var freeByteCount: Int
        var bulkCount = 0
        var advanceCount = 0
        var waiting: [(byteCount: Int, grant: @Sendable () -> Void)] = []
    }

    /// Where long payloads of all sessions come into.
    let pool = PagePool(byteCountMax: Limits.sessionPoolLengthMax)
    private let byteCount: Int
    private let state: Mutex<State>

    /// - Precondition: at least the longest payload twice, for one request and its answer.
    package init(byteCount: Int = Limits.sessionMemoryDefault) {
        precondition(byteCount >= 2 * Limits.sessionPayloadLengthMax)
        self.byteCount = byteCount
        state = Mutex(State(freeByteCount: byteCount))
    }

    package var heldByteCount: Int { byteCount - state.withLock { $0.freeByteCount } }

    /// Whether one more session may send in bulk, until it ends.
    func takeBulk() -> Bool {
        state.withLock { state in
            guard state.bulkCount < Limits.sessionBulkCountMax else { return false }
            state.bulkCount += 1
            return true
        }
    }

    func giveBulkBack() { state.withLock { $0.bulkCount -= 1 } }

    /// Bytes that one more session may let come unasked until it ends, if nobody waits for them and
    /// enough is left for the longest request of the others.
    func takeAdvance() -> Int? {
        let wanted = Limits.sessionAdvance
        let reserve = 2 * Limits.sessionPayloadLengthMax
        return state.withLock { state in
            guard state.waiting.isEmpty, state.freeByteCount >= wanted,
                byteCount - (state.advanceCount + 1) * wanted >= reserve
            else { return nil }
            state.advanceCount += 1
            state.freeByteCount -= wanted
            return wanted
        }
    }

    /// The session has ended; its bytes are released apart.
    func giveAdvanceBack() { state.withLock { $0.advanceCount -= 1 } }

    /// Calls `grant` once, now or later, when the bytes are the caller's.
    func reserve(_ byteCount: Int, _ grant: @escaping @Sendable () -> Void) {
        let isGranted = state.withLock { state in
            guard state.waiting.isEmpty, state.freeByteCount >= byteCount else {
                state.waiting.append((byteCount, grant))
                return false
            }
            state.freeByteCount -= byteCount
            return true
        }
        if isGranted { grant() }
    }

    func release(_ byteCount: Int) {
        let grants = state.withLock { state in
            state.freeByteCount += byteCount
            var grants: [@Sendable () -> Void] = []
            while let first = state.waiting.first, first.byteCount <= state.freeByteCount {
                state.freeByteCount -= first.byteCount
                grants.append(state.waiting.removeFirst().grant)
            }
            return grants
        }
        for grant in grants { grant() }
    }
}
