internal import Model
internal import NIOCore
internal import NIOPosix

/// Opens TCP sockets that take connections through a ``ConnectionGate``.
enum ListeningSocket {
    /// - Parameter install: adds the handlers of a connection that was let in.
    static func open(
        at endpoint: Endpoint, threads: NetworkThreads, gate: ConnectionGate,
        install: @escaping @Sendable (any Channel, _ peer: Endpoint) throws -> Void
    ) async throws -> any Channel {
        try await ServerBootstrap(group: threads.group)
            .serverChannelOption(.backlog, value: 512)
            // A restarted node takes its port although old connections linger; no other can.
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            // A peer that has sent all it wants to still reads our answer.
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(
                    minimum: 1 << 10, initial: 4 << 10, maximum: 64 << 10)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // An error here closes the new connection and nothing else.
                    guard let peer = gate.enter(channel) else { throw NetworkError.closed }
                    try install(channel, peer)
                }
            }
            .bind(to: SocketAddresses.library(endpoint))
            .get()
    }
}
