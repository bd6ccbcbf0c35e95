package import Model
internal import NIOCore
internal import NIOPosix

/// Opens sessions to other nodes.
package struct SessionDialer: Sendable {
    private let setup: SessionSetup
    private let threads: NetworkThreads

    package init(setup: SessionSetup, threads: NetworkThreads) {
        self.setup = setup
        self.threads = threads
    }

    /// Tries the addresses in order until one leads to the peer.
    ///
    /// - Parameters:
    ///   - expected: the only peer to be taken; `nil` takes whom the setup admits.
    ///   - deadline: for each address, connection and handshake together.
    /// - Throws: the last address's ``SessionError``; ``SessionError/closed`` without addresses;
    ///   ``SessionError/cancelled``.
    package func dial(
        _ endpoints: [Endpoint], expecting expected: PeerName?,
        deadline: Duration = Limits.handshakeDeadline
    ) async throws(SessionError) -> Session {
        var failure = SessionError.closed
        for endpoint in endpoints {
            guard !Task.isCancelled else { throw .cancelled }
            do throws(SessionError) {
                return try await dial(endpoint, expected, deadline)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private func dial(
        _ endpoint: Endpoint, _ expected: PeerName?, _ deadline: Duration
    ) async throws(SessionError) -> Session {
        let loop = threads.group.next()
        // A deadline of the adapter itself: nothing but this socket depends on it.
        let end = NIODeadline.now() + TimeAmount(deadline)
        let channel: any Channel
        do {
            channel = try await ClientBootstrap(group: loop)
                .connectTimeout(TimeAmount(deadline))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.recvAllocator, value: SessionSockets.receiveAllocator)
                // Nothing is read before TLS is there to read it.
                .channelOption(.autoRead, value: false)
                .connect(to: SocketAddresses.library(endpoint)).get()
        } catch {
            throw .network(NetworkError(connecting: endpoint, error))
        }
        let timer = loop.scheduleTask(deadline: end) { channel.close(promise: nil) }
        defer { timer.cancel() }
        do {
            let session = SessionHandshake.begin(
                on: channel, role: .dialler, setup: setup, expecting: expected,
                peerEndpoint: endpoint)
            channel.setOption(.autoRead, value: true).whenFailure { _ in }
            return try await session.get()
        } catch {
            guard NIODeadline.now() < end else { throw .timedOut }
            throw error as? SessionError ?? .handshakeFailed
        }
    }
}
