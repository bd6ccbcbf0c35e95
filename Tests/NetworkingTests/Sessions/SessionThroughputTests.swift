import Foundation
import Model
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import Synchronization
import Testing

@testable import Networking

private let isMeasuring = ProcessInfo.processInfo.environment["BITDUST_MEASURE"] == "1"

/// Prints how fast a session is beside TLS alone, in the same run, over loopback, a thread for each
/// side:
///
///     BITDUST_MEASURE=1 swift test -c release -Xswiftc -enable-testing --filter SessionThroughput
@Suite(.serialized) struct SessionThroughputTests {
    private static let requestLength = 1 << 20
    private static let count = 1024

    // Not part of the checks: it measures, and means nothing without the optimiser.
    @Test(.enabled(if: isMeasuring))
    func `one session moves 1 MiB requests about as fast as TLS moves bytes`() async throws {
        var ratios: [(puts: Double, gets: Double)] = []
        for _ in 0..<5 {
            let raw = try await rate(of: rawSeconds)
            let puts = try await rate(of: { threads in
                try await self.sessionSeconds(threads, isPut: true)
            })
            let gets = try await rate(of: { threads in
                try await self.sessionSeconds(threads, isPut: false)
            })
            ratios.append((puts / raw, gets / raw))
            print(
                String(
                    format: "TLS %.0f MiB/s, puts %.0f (%.2f), gets %.0f (%.2f)", raw, puts,
                    puts / raw, gets, gets / raw))
        }
        print(
            String(
                format: "medians: puts %.2f of TLS, gets %.2f", ratios.map(\.puts).sorted()[2],
                ratios.map(\.gets).sorted()[2]))
    }

    /// MiB each second.
    private func rate(
        of body: (_ threads: [NetworkThreads]) async throws -> Double
    ) async throws -> Double {
        let threads = [NetworkThreads(count: 1), NetworkThreads(count: 1)]
        let seconds = try await body(threads)
        for threads in threads { await threads.stop() }
        return Double(SessionThroughputTests.count) / seconds
    }

    private func sessionSeconds(_ threads: [NetworkThreads], isPut: Bool) async throws -> Double {
        let server = try SessionNode(user: 1, device: 101)
        let client = try SessionNode(user: 2, device: 102)
        let length = SessionThroughputTests.requestLength
        let payload = SessionPayload([UInt8](repeating: 7, count: length))
        let listener = try await SessionListener.open(
            at: loopback,
            setup: server.setup(
                handler: { _, request in
                    SessionResponse(header: [], payload: isPut ? SessionPayload() : payload)
                }), threads: threads[0])
        let session = try await SessionDialer(setup: client.setup(), threads: threads[1])
            .dial([listener.localEndpoint], expecting: server.name)
        let request = SessionRequest(
            header: [1], payload: isPut ? payload : SessionPayload(),
            responseLengthMax: isPut ? 0 : length)
        let time = SystemTime()
        let start = time.uptime
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<SessionThroughputTests.count / 8 {
                        let response = try await session.request(request)
                        #expect(response.payload.byteCount == (isPut ? 0 : length))
                    }
                }
            }
            try await group.waitForAll()
        }
        let end = time.uptime
        await session.close()
        await listener.close()
        return Double(end - start) / 1e9
    }

    /// The same bytes over the same TLS, written as fast as the channel takes them.
    private func rawSeconds(_ threads: [NetworkThreads]) async throws -> Double {
        let server = try SessionNode(user: 1, device: 101).identity
        let client = try SessionNode(user: 2, device: 102).identity
        let length = SessionThroughputTests.requestLength * SessionThroughputTests.count
        let received = threads[0].group.next().makePromise(of: Void.self)
        let listener = try await ServerBootstrap(group: threads[0].group)
            .childChannelOption(.recvAllocator, value: SessionSockets.bulkReceiveAllocator)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = NIOSSLServerHandler(
                        context: server.context,
                        customVerificationCallback: { $1.succeed(.certificateVerified) })
                    try channel.pipeline.syncOperations.addHandlers([
                        tls, RawReceiver(length, received),
                    ])
                }
            }
            .bind(to: SocketAddresses.library(loopback)).get()
        let sent = threads[1].group.next().makePromise(of: UInt64.self)
        let channel = try await ClientBootstrap(group: threads[1].group)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(
                .writeBufferWaterMark, value: .init(low: 256 << 10, high: 1 << 20)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = try NIOSSLClientHandler(
                        context: client.context, serverHostname: nil,
                        customVerificationCallback: { $1.succeed(.certificateVerified) })
                    try channel.pipeline.syncOperations.addHandlers([
                        tls, RawSender(SessionThroughputTests.count, sent),
                    ])
                }
            }
            .connect(to: listener.localAddress!).get()
        let start = try await sent.futureResult.get()
        try await received.futureResult.get()
        let end = SystemTime().uptime
        try? await channel.close()
        try? await listener.close()
        return Double(end - start) / 1e9
    }
}

private final class RawReceiver: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private var missing: Int
    private let done: EventLoopPromise<Void>

    init(_ length: Int, _ done: EventLoopPromise<Void>) {
        missing = length
        self.done = done
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        missing -= unwrapInboundIn(data).readableBytes
        if missing == 0 { done.succeed() }
    }
}

private final class RawSender: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private var missing: Int
    private let begun: EventLoopPromise<UInt64>
    private let message = ByteBuffer(repeating: 7, count: 1 << 20)

    init(_ count: Int, _ begun: EventLoopPromise<UInt64>) {
        missing = count
        self.begun = begun
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted = event as? TLSUserEvent else { return }
        begun.succeed(SystemTime().uptime)
        send(context)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) { send(context) }

    private func send(_ context: ChannelHandlerContext) {
        while missing > 0, context.channel.isWritable {
            missing -= 1
            context.writeAndFlush(wrapOutboundOut(message), promise: nil)
        }
    }
}
