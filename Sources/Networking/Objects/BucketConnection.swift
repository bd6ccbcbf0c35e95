internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// A connection to object storage that carries one request after the other.
///
/// Belongs to the thread of its channel.
final class BucketConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    struct Request: Sendable {
        let head: HTTPRequestHead
        let body: ByteBuffer
        /// Bytes of the answer's body.
        let limit: Int
        /// How long nothing may move.
        let patience: TimeAmount
    }

    struct Response: Sendable {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]
        /// Whether the connection takes another request.
        let isReusable: Bool
    }

    enum Failure: Error {
        case cutOff, malformed, timedOut, tooLong
    }

    private struct Exchange {
        let limit: Int
        let promise: EventLoopPromise<Response>
        var head: HTTPResponseHead?
        var body: [UInt8] = []
        var isSent = false
        /// When a byte moved last.
        var lastMove = NIODeadline.now()
    }

    private var exchange: Exchange?
    /// Why the connection ended, which may be before it is used.
    private var end: (any Error)?

    static func connect(
        to address: BucketAddress, on eventLoop: any EventLoop, security: NIOSSLContext?
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(Limits.connectDeadline))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let security {
                        // An address has no name to be asked for, and is in certificates as it is.
                        let name = IPAddress(address.host) == nil ? address.host : nil
                        try pipeline.addHandler(
                            NIOSSLClientHandler(context: security, serverHostname: name))
                    }
                    var limits = NIOHTTPDecoderLimitConfiguration()
                    limits.maxHeaderFieldSize = Limits.httpHeadLengthMax
                    limits.maxHeaderListSize = Limits.httpHeadLengthMax
                    limits.maxHeaderFieldCount = Limits.headerFieldCountMax
                    try pipeline.addHTTPClientHandlers(decoderLimitConfiguration: limits)
                    try pipeline.addHandler(BucketConnection())
                }
            }
            .connect(host: address.host, port: Int(address.port))
    }

    /// Sends a request on a connection that carries none.
    static func send(
        _ request: Request, on channel: any Channel, promise: EventLoopPromise<Response>
    ) {
        promise.futureResult.whenFailure { _ in channel.close(promise: nil) }
        channel.eventLoop.execute {
            do {
                let pipeline = channel.pipeline.syncOperations
                let handler = try pipeline.handler(type: BucketConnection.self)
                handler.begin(request, on: channel, promise)
            } catch {
                promise.fail(Failure.cutOff)
            }
        }
    }

    private func begin(
        _ request: Request, on channel: any Channel, _ promise: EventLoopPromise<Response>
    ) {
        guard exchange == nil, end == nil, channel.isActive else {
            return promise.fail(end ?? Failure.cutOff)
        }
        exchange = Exchange(limit: request.limit, promise: promise)
        channel.write(HTTPClientRequestPart.head(request.head), promise: nil)
        let me = NIOLoopBound(self, eventLoop: channel.eventLoop)
        var rest = request.body
        while let piece = rest.readSlice(
            length: min(rest.readableBytes, Limits.objectPieceLength)), piece.readableBytes > 0
        {
            let moved = channel.eventLoop.makePromise(of: Void.self)
            moved.futureResult.whenSuccess { me.value.exchange?.lastMove = .now() }
            channel.write(HTTPClientRequestPart.body(.byteBuffer(piece)), promise: moved)
        }
        watch(channel, request.patience, promise)
        let sent = channel.eventLoop.makePromise(of: Void.self)
        sent.futureResult.whenSuccess { me.value.exchange?.isSent = true }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: sent)
    }

    /// Gives the exchange up when nothing has moved for so long.
    private func watch(
        _ channel: any Channel, _ patience: TimeAmount, _ promise: EventLoopPromise<Response>
    ) {
        let end = (exchange?.lastMove ?? .now()) + patience
        let me = NIOLoopBound(self, eventLoop: channel.eventLoop)
        let timer = channel.eventLoop.scheduleTask(deadline: end) {
            guard let last = me.value.exchange?.lastMove else { return }
            guard last + patience <= .now() else {
                return me.value.watch(channel, patience, promise)
            }
            promise.fail(Failure.timedOut)
        }
        promise.futureResult.whenComplete { _ in timer.cancel() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard var exchange else { return context.close(promise: nil) }
        exchange.lastMove = .now()
        switch unwrapInboundIn(data) {
        case .head(let head): exchange.head = head
        case .body(let bytes):
            guard exchange.body.count + bytes.readableBytes <= exchange.limit else {
                return fail(Failure.tooLong, context)
            }
            // Not copied while the array grows.
            self.exchange = nil
            exchange.body.append(contentsOf: bytes.readableBytesView)
        case .end:
            self.exchange = nil
            guard let head = exchange.head else { return fail(Failure.malformed, context) }
            let isReusable = exchange.isSent && head.isKeepAlive
            exchange.promise.succeed(
                Response(
                    status: Int(head.status.code), headers: head.headers, body: exchange.body,
                    isReusable: isReusable))
            if !isReusable { context.close(promise: nil) }
            return
        }
        self.exchange = exchange
    }

    func channelInactive(context: ChannelHandlerContext) { fail(Failure.cutOff, context) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error is HTTPParserError ? Failure.malformed : error, context)
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        let promise = exchange?.promise
        exchange = nil
        end = end ?? error
        promise?.fail(error)
        context.close(promise: nil)
    }
}
