import Model
import NIOCore
import NIOPosix
import Synchronization

@testable import Networking

/// Threads for all tests of the target; they end with the process.
let testThreads = NetworkThreads(count: 1)

let loopback = Endpoint(.v4(0x7f00_0001), port: 0)

/// A TCP connection that sends what a test says and keeps what comes back.
final class RawConnection: Sendable {
    private let channel: any Channel
    private let received: Received

    private init(channel: any Channel, received: Received) {
        self.channel = channel
        self.received = received
    }

    static func open(to endpoint: Endpoint) async throws -> RawConnection {
        let received = Received()
        let channel = try await ClientBootstrap(group: testThreads.group)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(received))
                }
            }
            .connect(to: SocketAddresses.library(endpoint)).get()
        return RawConnection(channel: channel, received: received)
    }

    var localEndpoint: Endpoint { SocketAddresses.endpoint(channel.localAddress)! }

    func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(channel.allocator.buffer(bytes: bytes))
    }

    /// Leaves what comes in the kernel's buffers.
    func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }

    func endOutput() async throws { try await channel.close(mode: .output) }

    func close() async { try? await channel.close() }

    /// All that comes until the other side ends.
    func rest() async -> String {
        let text = await received.all()
        await close()
        return text
    }

    /// What has come once `condition` holds for it, or the other side has ended.
    func text(until condition: @escaping @Sendable (String) -> Bool) async -> String {
        await received.text(until: condition)
    }
}

/// A TCP server that answers whatever comes first with fixed bytes, and then ends or stays silent.
final class ScriptedServer: Sendable {
    let endpoint: Endpoint
    private let channel: any Channel

    private init(endpoint: Endpoint, channel: any Channel) {
        self.endpoint = endpoint
        self.channel = channel
    }

    static func open(_ answer: String, ends: Bool = true) async throws -> ScriptedServer {
        let channel = try await ServerBootstrap(group: testThreads.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Script(answer, ends: ends))
                }
            }
            .bind(to: SocketAddresses.library(loopback)).get()
        return ScriptedServer(
            endpoint: SocketAddresses.endpoint(channel.localAddress)!, channel: channel)
    }

    func close() async { try? await channel.close() }
}

private final class Script: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let answer: String
    private let ends: Bool
    private var hasAnswered = false

    init(_ answer: String, ends: Bool) {
        self.answer = answer
        self.ends = ends
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasAnswered else { return }
        hasAnswered = true
        let written = context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)))
        let channel = context.channel
        if ends { written.whenComplete { _ in channel.close(promise: nil) } }
    }
}

final class Received: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isEnded = false
        var waiting: (condition: @Sendable (String) -> Bool, CheckedContinuation<String, Never>)?
    }

    private let state = Mutex(State())

    func append(_ bytes: some Collection<UInt8>, isEnd: Bool) {
        state.withLock { state in
            state.bytes += bytes
            state.isEnded = state.isEnded || isEnd
            let text = String(decoding: state.bytes, as: UTF8.self)
            guard let (condition, waiter) = state.waiting, state.isEnded || condition(text) else {
                return
            }
            state.waiting = nil
            waiter.resume(returning: text)
        }
    }

    func all() async -> String { await text { _ in false } }

    func text(until condition: @escaping @Sendable (String) -> Bool) async -> String {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                let text = String(decoding: state.bytes, as: UTF8.self)
                if state.isEnded || condition(text) {
                    continuation.resume(returning: text)
                } else {
                    state.waiting = (condition, continuation)
                }
            }
        }
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let received: Received

    init(_ received: Received) {
        self.received = received
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.append(unwrapInboundIn(data).readableBytesView, isEnd: false)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case ChannelEvent.inputClosed = event { received.append([], isEnd: true) }
    }

    func channelInactive(context: ChannelHandlerContext) { received.append([], isEnd: true) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        received.append([], isEnd: true)
        context.close(promise: nil)
    }
}
