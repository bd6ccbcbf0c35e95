internal import Model
internal import NIOCore
internal import NIOSSL

/// Makes a session of any channel that carries bytes to a peer: a TCP connection, or two of them
/// that a router has spliced.
enum SessionHandshake {
    /// Puts TLS and the session on `channel` and shakes hands.
    ///
    /// - Parameters:
    ///   - channel: connected or about to be; nothing of the peer's may have been read yet.
    ///   - expected: the only peer to be taken, when a certain one is meant.
    /// - Returns: the session once both sides have said hello; fails with a ``SessionError``.
    static func begin(
        on channel: any Channel, role: SessionCore.Role, setup: SessionSetup,
        expecting expected: PeerName?, path: SessionPath
    ) -> EventLoopFuture<Session> {
        channel.eventLoop.flatSubmit {
            do {
                return try install(
                    on: channel, role: role, setup: setup, expected: expected, path: path)
            } catch {
                channel.close(promise: nil)
                return channel.eventLoop.makeFailedFuture(SessionError.handshakeFailed)
            }
        }
    }

    /// The same on the channel's thread.
    static func install(
        on channel: any Channel, role: SessionCore.Role, setup: SessionSetup, expected: PeerName?,
        path: SessionPath
    ) throws -> EventLoopFuture<Session> {
        let loop = channel.eventLoop
        let verifier = PeerVerifier(
            own: setup.identity.own, expected: expected, admits: setup.admits)
        let established = loop.makePromise(of: SessionPeer.self)
        let handler = SessionHandler(
            setup: setup, role: role, verifier: verifier,
            rates: TransferRates.limits(path) ? setup.rates : nil, established: established,
            eventLoop: loop)
        do {
            // Throws when the channel is closed already, as all that follows.
            try channel.syncOptions?.setOption(
                .writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20))
            let tls = try tls(role, setup.identity.context, verifier)
            try channel.pipeline.syncOperations.addHandlers([tls, handler])
        } catch {
            established.fail(SessionError.handshakeFailed)
            throw error
        }
        let bound = NIOLoopBound(handler, eventLoop: loop)
        let (traffic, over) = (handler.traffic, handler.over)
        return established.futureResult.map { peer in
            Session(
                peer: peer, path: path, isDialled: role == .dialler, channel: channel,
                handler: bound, traffic: traffic, over: over)
        }
    }

    private static func tls(
        _ role: SessionCore.Role, _ context: NIOSSLContext, _ verifier: PeerVerifier
    ) throws -> NIOSSLHandler {
        switch role {
        case .dialler:
            try NIOSSLClientHandler(
                context: context, serverHostname: nil,
                customVerificationCallback: verifier.callback)
        case .listener:
            NIOSSLServerHandler(
                context: context, customVerificationCallback: verifier.callback)
        }
    }
}
