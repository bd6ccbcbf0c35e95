internal import Model
internal import NIOCore
internal import Synchronization

/// What becomes of connections that others open, or that were opened to a router for them.
final class SessionIntake: Sendable {
    let setup: SessionSetup
    let gate: SessionGate
    let sessions = OpenSessions()
    /// Whom connections with a pass are for; `nil` while this node is no router.
    private let router = Mutex<Router?>(nil)
    private let opened: @Sendable (Session) -> Void

    init(
        setup: SessionSetup, limits: SessionGateLimits,
        opened: @escaping @Sendable (Session) -> Void
    ) {
        self.setup = setup
        gate = SessionGate(limits: limits)
        self.opened = opened
    }

    func serve(_ router: Router?) { self.router.withLock { $0 = router } }

    /// Takes a connection that somebody has opened to us, on its thread.
    ///
    /// - Throws: ``NetworkError/closed`` for what the gate does not let in; the caller closes it.
    func take(_ channel: any Channel) throws {
        guard let peer = gate.enter(channel) else { throw NetworkError.closed }
        let outcomes = FirstBytesHandler.Outcomes(
            session: {
                _ = try self.shakeHands(on: channel, from: peer, path: .direct(peer))
            },
            splice: {
                guard let router = self.router.withLock({ $0 }) else { return nil }
                return { pass, early in
                    self.gate.handOver(channel, from: peer)
                    router.attach(channel, showing: pass, early: early)
                }
            },
            nothing: { _ = self.gate.recognise(nil, from: peer, channel) })
        let handler = FirstBytesHandler(
            deadline: setup.settings.handshakeDeadline, outcomes: outcomes)
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    /// Has whoever is at the other end say who it is, on the channel's thread.
    ///
    /// - Parameter peer: the other end of the socket, which was counted by the gate.
    func shakeHands(
        on channel: any Channel, from peer: Endpoint, path: SessionPath
    ) throws -> EventLoopFuture<Session> {
        let taken = channel.eventLoop.makePromise(of: Session.self)
        try SessionHandshake.install(
            on: channel, role: .listener, setup: setup, expected: nil, path: path
        ).whenComplete { result in
            let userID = (try? result.get())?.peer.userID
            guard self.gate.recognise(userID, from: peer, channel) else {
                channel.close(promise: nil)
                taken.completeWith(result.flatMap { _ in .failure(SessionError.closed) })
                return
            }
            taken.completeWith(result)
            guard let session = try? result.get() else { return }
            self.sessions.add(session)
            self.opened(session)
        }
        return taken.futureResult
    }
}
