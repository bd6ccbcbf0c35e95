internal import HummingbirdCore
internal import Model
internal import NIOCore

/// The REST interface on both loopback addresses.
package struct RESTServer: Sendable {
    package let port: UInt16
    private let listener: LoopbackListener<HTTP1Channel.Value>
    private let running: RunningRequests
    private let serving: Task<Void, Never>
    private let sleeper: any Sleeper

    /// Listens at once.
    ///
    /// - Parameter port: 8180 unless configured otherwise; zero for one that the system chooses.
    /// - Throws: ``InterfaceError``.
    package init(port: UInt16, parts: InterfaceParts) async throws {
        let running = RunningRequests()
        let responder = LateResponder()
        var configuration = HTTP1Channel.Configuration(
            idleTimeout: .seconds(Limits.requestIdleSeconds))
        configuration.httpDecoder = .init(
            maxHeaderFieldSize: Limits.requestHeadersLengthMax,
            maxHeaderListSize: Limits.requestHeadersLengthMax,
            maxHeaderFieldCount: Limits.requestHeaderCountMax)
        let http = HTTP1Channel(
            responder: { request, writer, channel in
                try await responder.value.respond(to: request, with: writer, on: channel)
            }, configuration: configuration)
        let logger = parts.logger
        do {
            listener = try await LoopbackListener(
                port: port, connectionCountMax: Limits.requestConnectionCountMax,
                group: parts.group
            ) { channel in http.setup(channel: channel, logger: logger) }
        } catch {
            throw await parts.named(error)
        }
        self.port = listener.port
        responder.set(RESTResponder(parts: parts, port: listener.port, running: running))
        self.running = running
        sleeper = parts.sleeper
        let listener = listener
        serving = Task {
            await listener.serve { await http.handle(value: $0, logger: logger) }
        }
    }

    /// Takes no more connections, leaves requests that run a moment to end, cancels those that
    /// wait, and returns.
    package func stop() async {
        await listener.close()
        let sleeper = sleeper
        let limit: @Sendable () async -> Void = {
            try? await sleeper.sleep(nanoseconds: Limits.requestStopSeconds * 1_000_000_000)
        }
        await first({ await running.none() }, or: limit)
        serving.cancel()
        // A handler that does not hear of its cancelling must not hold up the end of the node.
        await first({ await serving.value }, or: limit)
    }
}
