internal import Model
internal import Synchronization

/// One request of ours on its way to the thread of the connection.
final class SessionCall: Sendable {
    typealias Answer = @Sendable (Result<SessionResponse, SessionError>) -> Void

    let id: UInt64
    let request: SessionRequest
    let deadline: Duration
    let answer: Answer
    private let cancelled = Atomic(false)

    init(id: UInt64, request: SessionRequest, deadline: Duration, answer: @escaping Answer) {
        self.id = id
        self.request = request
        self.deadline = deadline
        self.answer = answer
    }

    var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

    func cancel() { cancelled.store(true, ordering: .releasing) }

    /// The deadline as the peer is told it, in milliseconds.
    var timeAllowed: UInt32 {
        UInt32(clamping: max(1, deadline.nanoseconds / 1_000_000))
    }
}
