internal import HummingbirdCore
internal import Model
internal import NIOCore

/// The REST interface on both loopback addresses.
package struct RESTServer: Sendable {
    package var port: UInt16 { listener.port }
    private let listener: LoopbackListener
    private let running = RunningRequests()
    private let sleeper: any Sleeper

    /// Listens at once.
    ///
    /// - Parameter port: 8180 unless configured otherwise; zero for one that the system chooses.
    /// - Throws: ``InterfaceError``.
    package init(port: UInt16, parts: InterfaceParts) async throws {
        sleeper = parts.sleeper
        do {
            listener = try await LoopbackListener(
                port: port, connectionCountMax: Limits.requestConnectionCountMax,
                group: parts.group)
        } catch {
            throw await parts.named(error)
        }
        let responder = RESTResponder(parts: parts, port: listener.port, running: running)
        let limits = HTTP1Channel.Configuration.DecoderConfiguration(
            maxHeaderFieldSize: Limits.requestHeadersLengthMax,
            maxHeaderListSize: Limits.requestHeadersLengthMax,
            maxHeaderFieldCount: Limits.requestHeaderCountMax)
        let http = HTTP1Channel(
            responder: { request, writer, channel in
                try await responder.respond(to: request, with: writer, on: channel)
            },
            configuration: HTTP1Channel.Configuration(
                idleTimeout: .seconds(Limits.requestIdleSeconds),
                httpDecoderConfiguration: limits))
        let logger = parts.logger
        try await listener.start { channel in
            http.setup(channel: channel, logger: logger).map { connection in
                { await http.handle(value: connection, logger: logger) }
            }
        }
    }

    /// Takes no more connections, ends waiting with what there is, leaves requests that run a
    /// moment to end, and returns.
    package func stop() async {
        let (listener, running, sleeper) = (listener, running, sleeper)
        await listener.close()
        running.cancelWaiting()
        let limit: @Sendable () async -> Void = {
            try? await sleeper.sleep(nanoseconds: Limits.requestStopSeconds * 1_000_000_000)
        }
        await firstDone({ await running.none() }, or: limit)
        // A handler that does not hear of its cancelling must not hold up the end of the node.
        await firstDone({ await listener.cancel() }, or: limit)
    }
}
