internal import APIModel
internal import Logging
internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import Synchronization

/// Who may open a WebSocket.
struct WebSocketGate: Sendable {
    /// What became of one request.
    final class Visit: Sendable {
        let refusal = Mutex<APIGuard.Refusal?>(nil)
    }

    private let parts: InterfaceParts
    private let pagePort: UInt16
    private let port: UInt16

    init(parts: InterfaceParts, port: UInt16, pagePort: UInt16) {
        self.parts = parts
        self.port = port
        self.pagePort = pagePort
    }

    func admits(_ head: HTTPRequestHead, on channel: any Channel, _ visit: Visit) async -> Bool {
        let refusal = await refusal(of: head, on: channel)
        visit.refusal.withLock { $0 = refusal }
        if let refusal {
            parts.logger.notice(
                "refused a WebSocket", metadata: ["reason": "\(refusal.rawValue)"])
        }
        return refusal == nil
    }

    /// What is said instead of a WebSocket.
    func answer(_ visit: Visit) -> (HTTPResponseStatus, APIEnvelope) {
        guard let refusal = visit.refusal.withLock({ $0 }) else {
            return (.upgradeRequired, .error("this port speaks WebSocket"))
        }
        return (.init(statusCode: refusal.statusCode), parts.envelope(refusal))
    }

    private func refusal(
        of head: HTTPRequestHead, on channel: any Channel
    ) async -> APIGuard.Refusal? {
        guard let peer = Endpoint(channel.remoteAddress) else { return .notLoopback }
        var call = APICall(peer: peer.address, peerUID: await parts.owner(of: channel))
        let headers = head.headers
        let hosts = headers["Host"]
        call.host = hosts.count == 1 ? hosts[0] : nil
        call.origin = headers.first(name: "Origin")
        call.site = headers.first(name: "Sec-Fetch-Site")
        call.userAgent = headers.first(name: "User-Agent")
        let query = head.uri.split(separator: "?", maxSplits: 1).dropFirst().first ?? ""
        let pairs = QueryString.pairs(query) ?? []
        call.secret =
            headers.first(name: "api_secret")
            ?? pairs.first { ["a", "api_secret"].contains($0.name) }.flatMap(\.value)
        call.changesState = true
        let `guard` = APIGuard(
            ownUID: parts.ownUID, secret: parts.secret, port: port, pagePort: pagePort)
        return `guard`.refusal(of: call)
    }
}

/// Answers a request that becomes no WebSocket, and closes. The answer does not wait for the
/// request's parts: what was told to be an upgrade never passes them on.
final class WebSocketRefusal: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let status: HTTPResponseStatus
    private let envelope: APIEnvelope

    init(_ status: HTTPResponseStatus, _ envelope: APIEnvelope) {
        self.status = status
        self.envelope = envelope
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bytes = envelope.printed(after: 0)
        let headers: HTTPHeaders = [
            "content-type": "application/json", "content-length": String(bytes.count),
            "x-content-type-options": "nosniff", "connection": "close",
        ]
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let body = context.channel.allocator.buffer(bytes: bytes)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            channel.close(promise: nil)
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What else was sent means nothing any more.
    }
}
