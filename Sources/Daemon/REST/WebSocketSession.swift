internal import APIModel
internal import Model
internal import NIOCore
internal import NIOWebSocket
internal import Synchronization

/// One open WebSocket: answers its calls, several at once, and pushes what happens.
final class WebSocketSession: Sendable {
    private typealias Writer = NIOAsyncChannelOutboundWriter<WebSocketFrame>
    private typealias Reader = NIOAsyncChannelInboundStream<WebSocketFrame>

    private let parts: InterfaceParts
    private let callCount = Mutex(0)

    init(parts: InterfaceParts) {
        self.parts = parts
    }

    /// Returns when either side has closed, or when the task is cancelled.
    func run(_ socket: WebSocketServer.Socket) async {
        // Fails when the peer is gone.
        try? await socket.executeThenClose { inbound, outbound in
            await withTaskGroup { group in
                group.addTask { try? await self.push(to: outbound) }
                group.addTask { try? await self.answer(inbound, to: outbound) }
                await group.next()
                group.cancelAll()
            }
        }
    }

    private func push(to writer: Writer) async throws {
        let subscription = await parts.events.subscribe()
        do {
            while !Task.isCancelled {
                let next = await parts.events.next(
                    subscription, timeoutSeconds: Limits.eventHeartbeatSeconds)
                guard let next else { break }
                for event in next { try await send(event.push, to: writer) }
            }
        } catch {
            await parts.events.close(subscription)
            throw error
        }
        await parts.events.close(subscription)
    }

    private func answer(_ reader: Reader, to writer: Writer) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            for try await frame in reader {
                switch frame.opcode {
                case .text:
                    let bytes = Array(frame.unmaskedData.readableBytesView)
                    guard began() else {
                        try await send(failure("too many calls at once"), to: writer)
                        continue
                    }
                    group.addTask {
                        defer { self.ended() }
                        try await self.send(await self.answer(bytes), to: writer)
                    }
                case .ping:
                    try await writer.write(
                        WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
                case .connectionClose:
                    try await writer.write(
                        WebSocketFrame(
                            fin: true, opcode: .connectionClose, data: frame.unmaskedData))
                    // Nobody waits for the answers that are left.
                    throw CancellationError()
                default: continue
                }
            }
            throw CancellationError()
        }
    }

    private func answer(_ bytes: [UInt8]) async -> APIValue {
        guard let message = try? APIValue(parsing: bytes), message.asObject != nil else {
            return failure("invalid json input")
        }
        let id = message["call_id"] ?? .null
        guard message["command"] == "api_call" else { return failure("invalid command", id) }
        guard let method = message["method"]?.asText, let route = RouteTable.route(method: method)
        else { return failure("method \(message["method"]?.asText ?? "") was not found", id) }
        do {
            let request = try APIRequest(route, object: message["kwargs"]?.asObject ?? [:])
            let envelope = await parts.handler.answer(request)
            return payload(["call_id": id, "response": envelope.value])
        } catch {
            return payload(["call_id": id, "response": error.envelope.value])
        }
    }

    private func failure(_ text: String, _ id: APIValue = .null) -> APIValue {
        payload(["call_id": id, "errors": [.text(text)]])
    }

    private func payload(_ payload: APIValue) -> APIValue {
        ["type": "api_call", "payload": payload]
    }

    private func send(_ value: APIValue, to writer: Writer) async throws {
        try await writer.write(
            WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(bytes: value.line)))
    }

    private func began() -> Bool {
        callCount.withLock { count in
            guard count < Limits.webSocketCallCountMax else { return false }
            count += 1
            return true
        }
    }

    private func ended() {
        callCount.withLock { $0 -= 1 }
    }
}
