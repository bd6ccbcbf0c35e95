internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOWebSocket

/// The WebSocket interface of the older product on both loopback addresses: calls by name, and
/// everything that happens is pushed.
package struct WebSocketServer: Sendable {
    typealias Socket = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>
    /// A socket, or nothing when the request was refused.
    private typealias Upgrade = EventLoopFuture<Socket?>

    package var port: UInt16 { listener.port }
    private let listener: LoopbackListener
    private let sleeper: any Sleeper

    /// Listens at once.
    ///
    /// - Parameters:
    ///   - port: 8280 unless configured otherwise; zero for one that the system chooses.
    ///   - pagePort: the port of the REST interface, whose pages may open sockets.
    /// - Throws: ``InterfaceError``.
    package init(port: UInt16, pagePort: UInt16, parts: InterfaceParts) async throws {
        sleeper = parts.sleeper
        do {
            listener = try await LoopbackListener(
                port: port, connectionCountMax: Limits.webSocketCountMax, group: parts.group)
        } catch {
            throw await parts.named(error)
        }
        let gate = WebSocketGate(parts: parts, port: listener.port, pagePort: pagePort)
        try await listener.start { channel in
            channel.eventLoop.makeCompletedFuture {
                let upgrade = try WebSocketServer.configure(channel, gate)
                return { await WebSocketServer.run(upgrade, on: channel, parts) }
            }
        }
    }

    /// Takes no more connections and ends those that are open.
    package func stop() async {
        let (listener, sleeper) = (listener, sleeper)
        await listener.close()
        await firstDone({ await listener.cancel() }) {
            try? await sleeper.sleep(nanoseconds: Limits.requestStopSeconds * 1_000_000_000)
        }
    }

    private static func run(
        _ upgrade: Upgrade, on channel: any Channel, _ parts: InterfaceParts
    ) async {
        await withTaskCancellationHandler {
            do {
                // Nothing when the request was refused: that is answered on the event loop.
                guard let socket = try await upgrade.get() else { return }
                await WebSocketSession(parts: parts).run(socket)
            } catch {
                // Neither a WebSocket nor a request that can be answered.
                channel.close(promise: nil)
            }
        } onCancel: {
            channel.close(promise: nil)
        }
    }

    private static func configure(
        _ channel: any Channel, _ gate: WebSocketGate
    ) throws -> Upgrade {
        let visit = WebSocketGate.Visit()
        let upgrader = NIOTypedWebSocketServerUpgrader<Socket?>(
            maxFrameSize: Limits.requestBodyLengthMax,
            shouldUpgrade: { channel, head in
                channel.eventLoop.makeFutureWithTask {
                    await gate.admits(head, on: channel, visit) ? HTTPHeaders() : nil
                }
            },
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOWebSocketFrameAggregator(
                            minNonFinalFragmentSize: 1, maxAccumulatedFrameCount: 1024,
                            maxAccumulatedFrameSize: Limits.requestBodyLengthMax))
                    return try Socket(wrappingChannelSynchronously: channel)
                }
            })
        var configuration = NIOUpgradableHTTPServerPipelineConfiguration<Socket?>(
            upgradeConfiguration: .init(upgraders: [upgrader]) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (status, envelope) = gate.answer(visit)
                    try channel.pipeline.syncOperations.addHandler(
                        WebSocketRefusal(status, envelope))
                    return nil
                }
            })
        configuration.decoderConfiguration.maxHeaderListSize = Limits.requestHeadersLengthMax
        configuration.decoderConfiguration.maxHeaderFieldSize = Limits.requestHeadersLengthMax
        configuration.decoderConfiguration.maxHeaderFieldCount = Limits.requestHeaderCountMax
        let upgrade = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: configuration)
        // Who says nothing does not keep its place.
        let alarm = channel.eventLoop.scheduleTask(in: .seconds(Limits.requestIdleSeconds)) {
            channel.close(promise: nil)
        }
        upgrade.whenComplete { result in
            if case .success(.some) = result { alarm.cancel() }
        }
        channel.closeFuture.whenComplete { _ in alarm.cancel() }
        return upgrade
    }
}
