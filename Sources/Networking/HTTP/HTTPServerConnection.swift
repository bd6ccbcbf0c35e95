internal import Model
internal import NIOCore
internal import NIOHTTP1

/// One connection of an ``HTTPServer``. Belongs to the thread of its channel.
///
/// A request that arrives before the answer to the one before it is not taken: the connection ends
/// after that answer, and the peer asks again.
final class HTTPServerConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case head
        case body(RequestHead)
        case answering(RequestHead, Task<Void, Never>)
        case writing
        /// The last answer is written; what still arrives is thrown away.
        case ending
    }

    private let peer: Endpoint
    private let local: Endpoint
    private let settings: HTTPServer.Settings
    private let gate: ConnectionGate
    private let handler: HTTPServer.Handler
    private let timer: PaceTimer
    private let budget: ByteBudget
    private var context: ChannelHandlerContext?
    private var state = State.head
    private var body: [UInt8] = []
    private var isLast = false
    private var lingering: Scheduled<Void>?

    init(
        peer: Endpoint, local: Endpoint, settings: HTTPServer.Settings, gate: ConnectionGate,
        handler: @escaping HTTPServer.Handler, eventLoop: any EventLoop
    ) {
        self.peer = peer
        self.local = local
        self.settings = settings
        self.gate = gate
        self.handler = handler
        timer = PaceTimer(limits: settings.connections, eventLoop: eventLoop)
        budget = ByteBudget(settings.headBudget)
    }

    func install(in pipeline: ChannelPipeline.SynchronousOperations) throws {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = settings.headLengthMax
        limits.maxHeaderListSize = settings.headLengthMax
        limits.maxHeaderFieldCount = Limits.headerFieldCountMax
        try pipeline.addHandlers([
            budget,
            HTTPResponseEncoder(),
            ByteToMessageHandler(
                HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)),
            self,
        ])
    }

    // MARK: The channel's events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        budget.arrived = { [unowned self] in timer.pace.received($0, at: timer.uptime) }
        timer.start { [weak self] in self?.endAsTooSlow() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { forget() }

    func channelInactive(context: ChannelHandlerContext) { forget() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .head): begin(head)
        case (.body(let bytes), .body):
            body.append(contentsOf: bytes.readableBytesView)
            if body.count > settings.bodyLengthMax { refuse(413) }
        case (.end, .body(let head)): answer(head)
        case (.head, .answering), (.head, .writing):
            isLast = true
            budget.isDropping = true
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isLast = true
            if case .head = state { close() }
        case ChannelEvent.inputClosed:
            isLast = true
            switch state {
            case .head, .body, .ending: close()
            case .answering, .writing: break
            }
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (state, error) {
        case (.head, is ByteBudget.Exceeded), (.head, HTTPParserError.headerOverflow): refuse(431)
        case (.head, is HTTPParserError), (.body, is HTTPParserError): refuse(400)
        case (.body, is ByteBudget.Exceeded): refuse(413)
        case (.answering, is HTTPParserError), (.answering, is ByteBudget.Exceeded),
            (.writing, is HTTPParserError), (.writing, is ByteBudget.Exceeded):
            // Of a request that nobody has asked for yet.
            isLast = true
            budget.isDropping = true
        default: close()
        }
    }

    // MARK: One request

    private func begin(_ head: HTTPRequestHead) {
        do throws(RequestHead.Refusal) {
            let head = try RequestHead(head, bodyLengthMax: settings.bodyLengthMax)
            budget.remaining = settings.bodyBudget
            timer.pace.beginBody(at: timer.uptime)
            state = .body(head)
            if head.awaitsContinue {
                write(.head(.init(version: .http1_1, status: .continue)))
                context?.flush()
            }
        } catch {
            refuse(error.status)
        }
    }

    private func answer(_ head: RequestHead) {
        guard let context else { return }
        timer.pace.enter(.ours)
        budget.remaining = settings.headBudget
        let request = HTTPServer.Request(
            method: head.method == .head ? .get : head.method, path: head.path, query: head.query,
            headers: head.headers, body: body, peer: peer, local: local)
        body = []
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let (handler, eventLoop) = (handler, context.eventLoop)
        let task = Task {
            let response = await handler(request)
            eventLoop.execute { bound.value.respond(response) }
        }
        state = .answering(head, task)
    }

    private func respond(_ response: HTTPServer.Response) {
        guard case .answering(let head, _) = state else { return }
        isLast = isLast || !head.keepsAlive
        send(response, withBody: head.method != .head, oldVersion: head.isOldVersion)
    }

    /// Answers what the handler shall not see, and ends the connection.
    private func refuse(_ status: Int) {
        isLast = true
        budget.isDropping = true
        let reason = HTTPResponseStatus(statusCode: status).reasonPhrase
        send(HTTPServer.Response(status, text: reason + "\n"), withBody: true, oldVersion: false)
    }

    private func send(_ response: HTTPServer.Response, withBody: Bool, oldVersion: Bool) {
        guard let context else { return }
        state = .writing
        body = []
        let writeTime = settings.connections.writeTime(response.body.count)
        timer.pace.enter(.writing(until: timer.uptime + writeTime.nanoseconds))
        write(.head(ResponseHead.make(response, isLast: isLast, oldVersion: oldVersion)))
        if withBody, !response.body.isEmpty, ResponseHead.mayHaveBody(response.status) {
            write(.body(.byteBuffer(context.channel.allocator.buffer(bytes: response.body))))
        }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in
            bound.value.written()
        }
    }

    private func written() {
        guard case .writing = state else { return }
        guard isLast else {
            state = .head
            timer.pace.enter(.idle(since: timer.uptime))
            return
        }
        linger()
    }

    // MARK: The end

    /// Says that nothing more comes, and lets the peer read it before the socket goes: closing one
    /// with unread bytes makes the peer's system throw our answer away.
    private func linger() {
        guard let context else { return }
        state = .ending
        budget.isDropping = true
        context.close(mode: .output, promise: nil)
        let channel = context.channel
        // A deadline of the adapter itself: nothing but this socket depends on it.
        lingering = context.eventLoop.scheduleTask(in: TimeAmount(Limits.lingerDeadline)) {
            channel.close(promise: nil)
        }
    }

    private func endAsTooSlow() {
        gate.countTooSlow()
        if case .head = state, case .head = timer.pace.state { refuse(408) } else { close() }
    }

    private func close() { context?.close(promise: nil) }

    private func forget() {
        if case .answering(_, let task) = state { task.cancel() }
        state = .ending
        timer.stop()
        lingering?.cancel()
        context = nil
    }

    private func write(_ part: HTTPServerResponsePart) {
        context?.write(wrapOutboundOut(part), promise: nil)
    }
}
