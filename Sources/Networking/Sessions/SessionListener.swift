internal import Glibc
package import Model
internal import NIOCore
internal import NIOPosix

/// Takes sessions of other nodes, by default on TCP port 7771.
package final class SessionListener: Sendable {
    package static let portDefault: UInt16 = 7771

    package let localEndpoint: Endpoint

    private let channel: any Channel
    private let intake: SessionIntake
    private let threads: NetworkThreads

    private init(
        localEndpoint: Endpoint, channel: any Channel, intake: SessionIntake,
        threads: NetworkThreads
    ) {
        self.localEndpoint = localEndpoint
        self.channel = channel
        self.intake = intake
        self.threads = threads
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
        let intake = SessionIntake(setup: setup, limits: limits, opened: opened)
        do {
            let channel = try await ServerBootstrap(group: threads.group)
                .serverChannelOption(.backlog, value: 512)
                // A restarted node takes its port although old connections linger.
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelOption(.recvAllocator, value: SessionSockets.receiveAllocator)
                .childChannelOption(SessionSockets.unsentMax, value: SessionSockets.unsentLength)
                // TLS gathers what several reads bring, and keeps memory for all of them.
                .childChannelOption(.maxMessagesPerRead, value: 1)
                .childChannelInitializer { channel in
                    // An error here closes the new connection and nothing else.
                    channel.eventLoop.makeCompletedFuture { try intake.take(channel) }
                }
                .bind(to: SocketAddresses.library(endpoint))
                .get()
            let local = SocketAddresses.endpoint(channel.localAddress) ?? endpoint
            return SessionListener(
                localEndpoint: local, channel: channel, intake: intake, threads: threads)
        } catch {
            throw NetworkError(binding: endpoint, error)
        }
    }

    package var counts: SessionCounts { intake.gate.counts }

    /// The sessions there are, in the order in which they came.
    package var openSessions: [Session] { intake.sessions.all }

    /// Takes the connections of a router's callers at this port too; none with `nil`. Splices that
    /// there are stay.
    package func serve(_ router: Router?) { intake.serve(router) }

    /// Takes a caller who waits at a router: the same as one who dials this port.
    ///
    /// - Throws: why there is no session, as for ``SessionDialer``.
    @discardableResult
    package func take(
        _ pass: SplicePass, from router: Endpoint,
        deadline: Duration = Limits.handshakeDeadline
    ) async throws(SessionError) -> Session {
        let outgoing = OutgoingConnection(
            target: router, pass: pass, threads: threads, deadline: deadline)
        return try await outgoing.open { [intake] channel in
            guard let peer = intake.gate.enter(channel) else { throw SessionError.closed }
            return try intake.shakeHands(on: channel, from: peer, path: .routed(by: router))
        }
    }

    /// Takes no more connections, lets the requests under way end, and closes; at once after
    /// `grace`.
    package func close(grace: Duration = .zero) async {
        // Fails only when it is closed already.
        try? await channel.close()
        let channels = intake.gate.close()
        await withTaskGroup(of: Void.self) { group in
            for session in intake.sessions.all {
                group.addTask { await session.close(grace: grace) }
            }
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
    static let receiveAllocator = allocator(upTo: Limits.sessionReadLength)
    static let bulkReceiveAllocator = allocator(upTo: Limits.sessionBulkReadLength)
    /// `TCP_NOTSENT_LOWAT`: what more than this has not left is kept out of the kernel.
    static let unsentMax = ChannelOptions.Types.SocketOption(
        level: .tcp, name: .init(rawValue: TCP_NOTSENT_LOWAT))
    static let unsentLength = SocketOptionValue(Limits.sessionUnsentLengthMax)

    private static func allocator(upTo length: Int) -> AdaptiveRecvByteBufferAllocator {
        AdaptiveRecvByteBufferAllocator(minimum: 1 << 10, initial: 4 << 10, maximum: length)
    }
}
