package import Model
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// A TCP connection that carries frames: four bytes of length, big-endian, and a body.
///
/// One task reads; any may send. While nobody reads, a few frames wait and then the peer does.
package final class FrameConnection: Sendable {
    package struct Settings: Sendable {
        package var connections = ConnectionLimits()
        package var bodyLengthMax = Limits.frameBodyLengthMax

        package init() {}
    }

    package let peer: Endpoint

    private let channel: any Channel
    private let queue: FrameQueue
    private let settings: Settings
    private let queuedByteCount = Mutex(0)

    init(peer: Endpoint, channel: any Channel, queue: FrameQueue, settings: Settings) {
        self.peer = peer
        self.channel = channel
        self.queue = queue
        self.settings = settings
    }

    /// Connects within `timeout`.
    package static func open(
        to endpoint: Endpoint, timeout: Duration = Limits.headDeadline,
        settings: Settings = Settings(), threads: NetworkThreads
    ) async throws(NetworkError) -> FrameConnection {
        let queue = FrameQueue()
        // The peer may wait for us to speak first, so it owes no first frame.
        var demands = settings.connections
        demands.headDeadline = max(demands.headDeadline, demands.idleDeadline)
        let bootstrap = ClientBootstrap(group: threads.group)
            .connectTimeout(TimeAmount(timeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [demands] channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = FrameChannelHandler(
                        queue: queue, bodyLengthMax: settings.bodyLengthMax, limits: demands,
                        gate: nil, eventLoop: channel.eventLoop)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
        do {
            let channel = try await bootstrap.connect(to: SocketAddresses.library(endpoint)).get()
            return FrameConnection(
                peer: endpoint, channel: channel, queue: queue, settings: settings)
        } catch {
            throw NetworkError(connecting: endpoint, error)
        }
    }

    /// The next body; `nil` when the peer has ended the connection between two frames.
    ///
    /// - Throws: ``NetworkError/closed`` in the middle of a frame or of the node,
    ///   ``NetworkError/timedOut``, ``NetworkError/frameTooLong(length:limit:)``.
    package func receive() async throws(NetworkError) -> [UInt8]? {
        let frame = try await queue.next()
        // There is room again.
        if frame != nil { channel.read() }
        return frame
    }

    /// Returns when the kernel has taken the frame.
    ///
    /// - Throws: ``NetworkError/frameTooLong(length:limit:)`` for a body that the peer would
    ///   refuse, ``NetworkError/peerTooSlow`` when too much waits already, ``NetworkError/closed``.
    package func send(_ body: [UInt8]) async throws(NetworkError) {
        guard body.count <= settings.bodyLengthMax else {
            throw .frameTooLong(length: body.count, limit: settings.bodyLengthMax)
        }
        let isQueued = queuedByteCount.withLock { queued in
            guard queued + body.count <= settings.connections.writeQueueLengthMax else {
                return false
            }
            queued += body.count
            return true
        }
        guard isQueued else { throw .peerTooSlow }
        defer { queuedByteCount.withLock { $0 -= body.count } }
        var buffer = channel.allocator.buffer(capacity: 4 + body.count)
        buffer.writeBytes(FrameParser.header(bodyLength: body.count))
        buffer.writeBytes(body)
        let written = channel.eventLoop.makePromise(of: Void.self)
        // A deadline of the adapter itself: nothing but this socket depends on it.
        let time = settings.connections.writeTime(body.count)
        let timer = channel.eventLoop.scheduleTask(in: TimeAmount(time)) { [channel] in
            channel.close(promise: nil)
        }
        written.futureResult.whenComplete { _ in timer.cancel() }
        channel.writeAndFlush(buffer, promise: written)
        do {
            try await written.futureResult.get()
        } catch {
            throw .closed
        }
    }

    package func close() async {
        // Fails only when it is closed already.
        try? await channel.close()
    }
}
