package import Model
internal import NIOCore
internal import Synchronization

/// An authenticated connection to another node, for requests in both directions.
///
/// Thread rules: any thread may use it.
package final class Session: Sendable {
    package let peer: SessionPeer
    package let path: SessionPath
    /// Whether we dialled.
    package let isDialled: Bool

    private let channel: any Channel
    private let handler: NIOLoopBound<SessionHandler>
    private let traffic: SessionTraffic
    private let over: SessionEnd
    private let lastCall = Atomic<UInt64>(0)
    private let wasLeft = Atomic<Bool>(false)

    init(
        peer: SessionPeer, path: SessionPath, isDialled: Bool, channel: any Channel,
        handler: NIOLoopBound<SessionHandler>, traffic: SessionTraffic, over: SessionEnd
    ) {
        self.peer = peer
        self.path = path
        self.isDialled = isDialled
        self.channel = channel
        self.handler = handler
        self.traffic = traffic
        self.over = over
    }

    /// Bytes that came and went so far.
    package var receivedByteCount: UInt64 { traffic.received }
    package var sentByteCount: UInt64 { traffic.sent }

    package var isOpen: Bool { channel.isActive && !over.hasCome }

    /// Where the peer is; `nil` behind a router.
    package var peerEndpoint: Endpoint? {
        switch path {
        case .direct(let endpoint): endpoint
        case .routed: nil
        }
    }

    /// Asks the peer and waits for its answer. Cancelling the task reaches the peer.
    ///
    /// - Throws: ``SessionError/refused(_:)`` with the peer's reason,
    ///   ``SessionError/tooLong(field:length:limit:)``, ``SessionError/timedOut``,
    ///   ``SessionError/cancelled``, ``SessionError/closed`` or why the session ended.
    package func request(
        _ request: SessionRequest, deadline: Duration = Limits.requestDeadlineDefault
    ) async throws(SessionError) -> SessionResponse {
        try Session.check(request)
        let ticket = Mutex<SessionCall?>(nil)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let call = SessionCall(id: nextID(), request: request, deadline: deadline) {
                    continuation.resume(returning: $0)
                }
                ticket.withLock { $0 = call }
                if Task.isCancelled { call.cancel() }
                start(call)
            }
        } onCancel: {
            ticket.withLock { $0 }.map { cancel($0) }
        }
        return try result.get()
    }

    /// The same for threads of one's own, which it blocks.
    ///
    /// - Parameter begun: gets what gives the request up, from any thread.
    @available(*, noasync, message: "blocks its thread: await request")
    package func requestBlocking(
        _ request: SessionRequest, deadline: Duration = Limits.requestDeadlineDefault,
        begun: (@escaping @Sendable () -> Void) -> Void = { _ in }
    ) throws(SessionError) -> SessionResponse {
        try Session.check(request)
        precondition(!channel.eventLoop.inEventLoop, "the answer comes on this thread")
        let answer = channel.eventLoop.makePromise(of: SessionResponse.self)
        let call = SessionCall(id: nextID(), request: request, deadline: deadline) {
            answer.completeWith($0.mapError { $0 as any Error })
        }
        begun { [self] in cancel(call) }
        start(call)
        do {
            return try answer.futureResult.wait()
        } catch {
            throw error as? SessionError ?? .closed
        }
    }

    /// Takes no more requests, lets those under way end, and closes; at once after `grace`.
    package func close(grace: Duration = .zero) async {
        wasLeft.store(true, ordering: .relaxed)
        channel.eventLoop.execute { [handler] in handler.value.leave(grace: grace) }
        await waitUntilClosed()
    }

    /// Ends it because its way does not carry: what is under way fails, and whoever dials again
    /// takes another router first.
    package func abandon() {
        channel.eventLoop.execute { [handler] in handler.value.leave(grace: .zero) }
    }

    /// Whether it is we who closed it, since it was not wanted any more.
    var isLeft: Bool { wasLeft.load(ordering: .relaxed) }

    package func waitUntilClosed() async {
        // Never fails.
        try? await channel.closeFuture.get()
    }

    /// Calls `body` on a network thread before its last requests hear that it is over.
    func whenOver(_ body: @escaping @Sendable () -> Void) { over.whenComes(body) }

    /// Calls `body` on a network thread when the session has ended.
    func whenClosed(_ body: @escaping @Sendable () -> Void) {
        channel.closeFuture.whenComplete { _ in body() }
    }

    private static func check(_ request: SessionRequest) throws(SessionError) {
        let parts = [
            ("header", request.header.count, Limits.sessionHeaderLengthMax),
            ("payload", request.payload.byteCount, Limits.sessionPayloadLengthMax),
            ("response", request.responseLengthMax, Limits.sessionPayloadLengthMax),
        ]
        for (field, length, limit) in parts where length > limit {
            throw .tooLong(field: field, length: length, limit: limit)
        }
    }

    /// Calls `body` on the connection's thread; without the handler when that has ended.
    func onThread(_ body: @escaping @Sendable (SessionHandler?) -> Void) {
        guard channel.isActive else { return body(nil) }
        channel.eventLoop.execute { [handler] in body(handler.value) }
    }

    private func nextID() -> UInt64 { lastCall.add(1, ordering: .relaxed).newValue }

    private func start(_ call: SessionCall) {
        channel.eventLoop.execute { [handler] in handler.value.start(call) }
    }

    private func cancel(_ call: SessionCall) {
        call.cancel()
        channel.eventLoop.execute { [handler] in handler.value.cancel(call.id, .cancelled) }
    }
}
