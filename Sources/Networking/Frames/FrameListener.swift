package import Model
internal import NIOCore

/// Takes TCP connections that carry frames.
package final class FrameListener: Sendable {
    /// Serves one connection; when it returns, the connection is closed.
    package typealias Handler = @Sendable (FrameConnection) async -> Void

    package let localEndpoint: Endpoint

    private let channel: any Channel
    private let gate: ConnectionGate

    private init(localEndpoint: Endpoint, channel: any Channel, gate: ConnectionGate) {
        self.localEndpoint = localEndpoint
        self.channel = channel
        self.gate = gate
    }

    /// Listens at `endpoint`; port 0 takes a free one.
    ///
    /// - Throws: ``NetworkError/portInUse(_:)``, ``NetworkError/portNotAllowed(_:)``,
    ///   ``NetworkError/addressNotHere(_:)`` or ``NetworkError/system(errno:)``.
    package static func open(
        at endpoint: Endpoint, settings: FrameConnection.Settings = FrameConnection.Settings(),
        threads: NetworkThreads, handler: @escaping Handler
    ) async throws(NetworkError) -> FrameListener {
        let gate = ConnectionGate(limits: settings.connections)
        do {
            let channel = try await ListeningSocket.open(
                at: endpoint, threads: threads, gate: gate
            ) { channel, peer in
                let queue = FrameQueue()
                let frames = FrameChannelHandler(
                    queue: queue, bodyLengthMax: settings.bodyLengthMax,
                    limits: settings.connections, gate: gate, eventLoop: channel.eventLoop)
                try channel.pipeline.syncOperations.addHandler(frames)
                let connection = FrameConnection(
                    peer: peer, channel: channel, queue: queue, settings: settings)
                let serving = Task {
                    await handler(connection)
                    await connection.close()
                }
                channel.closeFuture.whenComplete { _ in serving.cancel() }
            }
            let local = SocketAddresses.endpoint(channel.localAddress) ?? endpoint
            return FrameListener(localEndpoint: local, channel: channel, gate: gate)
        } catch {
            throw NetworkError(binding: endpoint, error)
        }
    }

    package var counts: ConnectionCounts { gate.counts }

    /// Takes no more connections and closes those there are.
    package func close() async {
        // Fails only when it is closed already.
        try? await channel.close()
        await gate.close(grace: .zero, on: channel.eventLoop)
    }
}
