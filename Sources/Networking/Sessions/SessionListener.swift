package import Model
internal import NIOCore
internal import NIOPosix

/// Takes sessions of other nodes, by default on TCP port 7771.
package final class SessionListener: Sendable {
    package static let portDefault: UInt16 = 7771

    package let localEndpoint: Endpoint

    private let channel: any Channel
    private let gate: SessionGate
    private let sessions: OpenSessions

    private init(
        localEndpoint: Endpoint, channel: any Channel, gate: SessionGate, sessions: OpenSessions
    ) {
        self.localEndpoint = localEndpoint
        self.channel = channel
        self.gate = gate
        self.sessions = sessions
    }

    /// Listens at `endpoint`; port 0 takes a free one.
    ///
    /// - Parameter opened: gets each new session, on a network thread; must not block.
    /// - Throws: ``NetworkError/portInUse(_:)``, ``NetworkError/portNotAllowed(_:)``,
    ///   ``NetworkError/addressNotHere(_:)`` or ``NetworkError/system(errno:)``.
    package static func open(
        at endpoint: Endpoint, setup: SessionSetup,
        limits: SessionGateLimits = SessionGateLimits(), threads: NetworkThreads,
        opened: @escaping @Sendable (Session) -> Void = { _ in }
    ) async throws(NetworkError) -> SessionListener {
        let gate = SessionGate(limits: limits)
        let sessions = OpenSessions()
        do {
            let channel = try await ServerBootstrap(group: threads.group)
                .serverChannelOption(.backlog, value: 512)
                // A restarted node takes its port although old connections linger.
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.recvAllocator, value: SessionSockets.receiveAllocator)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        // An error here closes the new connection and nothing else.
                        guard let peer = gate.enter(channel) else { throw NetworkError.closed }
                        try SessionHandshake.install(
                            on: channel, role: .listener, setup: setup, expected: nil,
                            peerEndpoint: peer
                        ).whenComplete { result in
                            let session = try? result.get()
                            let userID = session?.peer.userID
                            guard gate.recognise(userID, from: peer, channel), let session else {
                                channel.close(promise: nil)
                                return
                            }
                            sessions.add(session)
                            opened(session)
                        }
                    }
                }
                .bind(to: SocketAddresses.library(endpoint))
                .get()
            let local = SocketAddresses.endpoint(channel.localAddress) ?? endpoint
            return SessionListener(
                localEndpoint: local, channel: channel, gate: gate, sessions: sessions)
        } catch {
            throw NetworkError(binding: endpoint, error)
        }
    }

    package var counts: SessionCounts { gate.counts }

    /// The sessions there are, in the order in which they came.
    package var openSessions: [Session] { sessions.all }

    /// Takes no more connections, lets the requests under way end, and closes; at once after
    /// `grace`.
    package func close(grace: Duration = .zero) async {
        // Fails only when it is closed already.
        try? await channel.close()
        let channels = gate.close()
        await withTaskGroup(of: Void.self) { group in
            for session in sessions.all { group.addTask { await session.close(grace: grace) } }
        }
        for channel in channels {
            channel.close(promise: nil)
            // Never fails.
            try? await channel.closeFuture.get()
        }
    }
}

/// What our TCP sockets are asked for.
enum SessionSockets {
    /// Large enough that a system call costs little beside the bytes it brings.
    static let receiveAllocator = AdaptiveRecvByteBufferAllocator(
        minimum: 1 << 10, initial: 4 << 10, maximum: 128 << 10)
}
