internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// One request and its response on a connection of their own. Belongs to the thread of its channel.
final class HTTPExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPClient.Request
    private let promise: EventLoopPromise<HTTPClient.Response>
    private let budget: ByteBudget
    private var status = 0
    private var headers = HeaderFields()
    private var body: [UInt8] = []

    private init(
        _ request: HTTPClient.Request, promise: EventLoopPromise<HTTPClient.Response>
    ) {
        self.request = request
        self.promise = promise
        budget = ByteBudget(Limits.httpHeadLengthMax + Limits.targetLengthMax)
    }

    /// Connects and fulfils `promise`; when the promise is fulfilled from elsewhere, ends.
    ///
    /// - Parameter isSilent: called when the connection is not answered.
    static func begin(
        _ request: HTTPClient.Request, with endpoint: Endpoint, connectTimeout: TimeAmount,
        promise: EventLoopPromise<HTTPClient.Response>, isSilent: @escaping @Sendable () -> Void
    ) {
        let eventLoop = promise.futureResult.eventLoop
        let address: SocketAddress
        do { address = try SocketAddresses.library(endpoint) } catch {
            promise.fail(HTTPClient.Failure.unreachable(endpoint))
            return
        }
        ClientBootstrap(group: eventLoop)
            .connectTimeout(connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
                return channel.eventLoop.makeCompletedFuture {
                    try HTTPExchange(request, promise: promise)
                        .install(in: channel.pipeline.syncOperations)
                }
            }
            .connect(to: address)
            .whenFailure { error in
                let failure = HTTPClient.Failure(connecting: endpoint, error)
                if failure == .timedOut || failure == .unreachable(endpoint) { isSilent() }
                promise.fail(failure)
            }
    }

    private func install(in pipeline: ChannelPipeline.SynchronousOperations) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = Limits.httpHeadLengthMax
        limits.maxHeaderListSize = Limits.httpHeadLengthMax
        limits.maxHeaderFieldCount = Limits.headerFieldCountMax
        try pipeline.addHandler(budget)
        try pipeline.addHTTPClientHandlers(decoderLimitConfiguration: limits)
        try pipeline.addHandler(self)
    }

    func channelActive(context: ChannelHandlerContext) {
        var head = HTTPRequestHead(
            version: .http1_1, method: .init(rawValue: request.method.rawValue),
            uri: request.url.target)
        head.headers.add(name: "Host", value: request.url.authority)
        for (name, value) in request.headers.fields {
            head.headers.replaceOrAdd(name: name, value: value)
        }
        head.headers.replaceOrAdd(name: "Connection", value: "close")
        if !request.body.isEmpty || request.method == .post || request.method == .put {
            head.headers.replaceOrAdd(name: "Content-Length", value: String(request.body.count))
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if !request.body.isEmpty {
            let bytes = context.channel.allocator.buffer(bytes: request.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): take(head)
        case .body(let bytes):
            guard body.count + bytes.readableBytes <= request.responseBodyLengthMax else {
                promise.fail(HTTPClient.Failure.tooLarge(limit: request.responseBodyLengthMax))
                return
            }
            body.append(contentsOf: bytes.readableBytesView)
        case .end:
            promise.succeed(HTTPClient.Response(status: status, headers: headers, body: body))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        promise.fail(HTTPClient.Failure.cutOff)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let limit = status == 0 ? Limits.httpHeadLengthMax : request.responseBodyLengthMax
        switch error {
        case HTTPParserError.headerOverflow, is ByteBudget.Exceeded:
            promise.fail(HTTPClient.Failure.tooLarge(limit: limit))
        case HTTPParserError.invalidEOFState: promise.fail(HTTPClient.Failure.cutOff)
        case is HTTPParserError: promise.fail(HTTPClient.Failure.malformed)
        default: promise.fail(HTTPClient.Failure.cutOff)
        }
    }

    private func take(_ head: HTTPResponseHead) {
        status = Int(head.status.code)
        for (name, value) in head.headers { headers.append(name, value) }
        let limit = request.responseBodyLengthMax
        budget.remaining = 2 * limit + (64 << 10)
        if request.method != .head, let length = headers["Content-Length"].flatMap(Int.init),
            length > limit
        {
            promise.fail(HTTPClient.Failure.tooLarge(limit: limit))
        }
    }
}

extension HTTPClient.Failure {
    /// What an error of connecting means.
    init(connecting endpoint: Endpoint, _ error: any Error) {
        switch NetworkError(connecting: endpoint, error) {
        case .refused: self = .refused(endpoint)
        case .timedOut: self = .timedOut
        case .system(let code): self = .system(errno: code)
        case .closed: self = .cutOff
        default: self = .unreachable(endpoint)
        }
    }
}
