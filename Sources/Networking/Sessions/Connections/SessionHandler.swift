internal import Model
internal import NIOCore
internal import NIOTLS

/// Drives a ``SessionCore`` on a channel that TLS has been put on. Belongs to the channel's thread.
final class SessionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let traffic = SessionTraffic()
    let over = SessionEnd()
    private let setup: SessionSetup
    private let verifier: PeerVerifier
    private let established: EventLoopPromise<SessionPeer>
    private let eventLoop: any EventLoop
    private var core: SessionCore
    private var parser = SessionFrameParser()
    private var pace: SessionPace
    private var context: ChannelHandlerContext?
    /// Set when the handshake is done; nothing is read or written before.
    private var peer: SessionPeer?
    private var isPumping = false
    /// Whether it has one of the places of sessions that move much.
    private var isBulk = false
    private var tick: Scheduled<Void>?
    /// Limits that this session is under.
    private let rates: TransferRates?
    /// Set while a limit holds the one direction or the other.
    private var sendWait: Scheduled<Void>?
    private var receiveWait: Scheduled<Void>?
    private var calls: [UInt64: OpenCall] = [:]
    private var tasks: [UInt32: Task<Void, Never>] = [:]
    private var timers: [UInt32: Scheduled<Void>] = [:]

    private struct OpenCall {
        let timer: Scheduled<Void>
        let answer: SessionCall.Answer
    }

    init(
        setup: SessionSetup, role: SessionCore.Role, verifier: PeerVerifier,
        rates: TransferRates? = nil, established: EventLoopPromise<SessionPeer>,
        eventLoop: any EventLoop
    ) {
        self.setup = setup
        self.rates = rates
        self.verifier = verifier
        self.established = established
        self.eventLoop = eventLoop
        core = SessionCore(
            role: role, memoryMax: setup.settings.memoryPerPeer, pool: setup.memory.pool)
        pace = SessionPace(
            settings: setup.settings, at: eventLoop.now.uptimeNanoseconds)
    }

    /// Why the session ends when the channel does: the dialler's half of the handshake is done
    /// before the listener has judged it.
    private var lossOfChannel: SessionError {
        verifier.refusal ?? (core.hasPeerHello ? .closed : .handshakeFailed)
    }

    private var uptime: UInt64 { eventLoop.now.uptimeNanoseconds }

    var activity: SessionActivity { core.activity }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        scheduleTick()
    }

    func handlerRemoved(context: ChannelHandlerContext) { end(.closed) }

    func channelInactive(context: ChannelHandlerContext) {
        end(lossOfChannel)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        end(lossOfChannel)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .handshakeCompleted(let protocolName) = event as? TLSUserEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        // Without a verdict on this very connection there is no peer, whatever TLS says.
        guard protocolName == SessionIdentity.protocolName, let found = verifier.peer else {
            end(.handshakeFailed)
            return
        }
        peer = found
        pump()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard peer != nil, !core.isEnded else { return }
        let bytes = unwrapInboundIn(data)
        if bytes.readableBytes >= Limits.sessionReadLength / 2 { becomeBulk() }
        rates?.receive.took(bytes.readableBytes)
        pace.heard(bytes.readableBytes, at: uptime)
        traffic.received(bytes.readableBytes)
        parser.append(bytes)
        do throws(SessionViolation) {
            while let part = try parser.next() {
                try core.received(part)
                perform()
                guard !core.isEnded, !core.isFlooded else { break }
            }
            parser.settle()
        } catch {
            end(.violation(error))
        }
        if core.isFlooded { end(.network(.peerTooSlow)) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        holdReading()
        pump()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pump()
        context.fireChannelWritabilityChanged()
    }

    // MARK: Calls

    func start(_ call: SessionCall) {
        guard !call.isCancelled else {
            call.answer(.failure(.cancelled))
            return
        }
        pace.used(at: uptime)
        let id = call.id
        let timer = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(call.deadline)) {
            [weak self] () -> Void in self?.cancel(id, .timedOut)
        }
        calls[id] = OpenCall(timer: timer, answer: call.answer)
        core.call(id, call.request, timeAllowed: call.timeAllowed)
        pump()
    }

    func cancel(_ id: UInt64, _ error: SessionError) {
        core.cancel(id, error)
        pump()
    }

    /// Takes no more requests and ends when those under way have, or after `grace`.
    func leave(grace: Duration) {
        core.leave()
        eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(grace)) { [weak self] in
            self?.end(.closed)
        }
        pump()
    }

    // MARK: Effects

    private func perform() {
        while !core.effects.isEmpty {
            let effects = core.effects
            core.effects = []
            for effect in effects { perform(effect) }
        }
    }

    private func perform(_ effect: SessionCore.Effect) {
        switch effect {
        case .established:
            if let peer { established.succeed(peer) }
        case .answer(let id, let result):
            guard let call = calls.removeValue(forKey: id) else { return }
            call.timer.cancel()
            call.answer(result)
        case .opened(let stream, let milliseconds):
            let time = TimeAmount.milliseconds(Int64(milliseconds))
            timers[stream] = eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
                self?.expire(stream)
            }
        case .reserve(let stream, let byteCount): reserve(stream, byteCount)
        case .release(let byteCount): setup.memory.release(byteCount)
        case .admit(let stream): admit(stream)
        case .wantAdvance:
            if !core.hasAdvanced, let byteCount = setup.memory.takeAdvance() {
                core.advance(byteCount)
            }
        case .run(let stream, let request): run(stream, request)
        case .stopHandler(let stream): tasks.removeValue(forKey: stream)?.cancel()
        case .closed(let stream):
            if !core.isEnded { tasks[stream] = nil }
            timers.removeValue(forKey: stream)?.cancel()
        }
    }

    private func reserve(_ stream: UInt32, _ byteCount: Int) {
        guard let peer, setup.admits(peer) else { return core.declined(stream) }
        screen(stream, of: peer) { handler, refusal in
            guard let refusal else { return handler.reserveMemory(stream, byteCount) }
            handler.core.answeredEarly(stream, refusal)
            handler.pump()
        }
    }

    /// A payload that comes along is not held up by the question whether it may.
    private func admit(_ stream: UInt32) {
        guard let peer, setup.admits(peer) else { return core.refuse(stream, .notAllowed) }
        screen(stream, of: peer) { handler, refusal in
            guard let refusal else { return }
            handler.core.answeredMeanwhile(stream, refusal)
            handler.pump()
        }
    }

    /// Asks whether a request is refused before its payload is there; a short one is not.
    private func screen(
        _ stream: UInt32, of peer: SessionPeer,
        _ then: @escaping @Sendable (SessionHandler, SessionResponse?) -> Void
    ) {
        guard let screen = setup.screen, let (header, length) = core.longRequest(stream) else {
            return then(self, nil)
        }
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        Task { [eventLoop] in
            let refusal = await screen(peer, header, length)
            eventLoop.execute { then(handler.value, refusal) }
        }
    }

    private func reserveMemory(_ stream: UInt32, _ byteCount: Int) {
        let handler = NIOLoopBound(self, eventLoop: eventLoop)
        setup.memory.reserve(byteCount) { [eventLoop] in
            eventLoop.execute {
                handler.value.core.reserved(stream, byteCount)
                handler.value.pump()
            }
        }
    }

    private func expire(_ stream: UInt32) {
        core.expire(stream)
        pump()
    }

    private func run(_ stream: UInt32, _ request: SessionRequest) {
        guard let peer else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        tasks[stream] = Task { [answer = setup.handler, eventLoop] in
            let result: Result<SessionResponse, SessionRefusal>
            do {
                result = .success(try await answer(peer, request))
            } catch {
                result = .failure(error as? SessionRefusal ?? .failed)
            }
            eventLoop.execute {
                bound.value.core.finished(stream, result)
                bound.value.pump()
            }
        }
    }

    // MARK: Writing

    /// Performs what the core wants and writes as long as the socket takes it.
    ///
    /// Only about as much as one data frame at a time goes to TLS, which keeps a second copy of it
    /// until the socket has taken it, and the buffer for good.
    private func pump() {
        perform()
        guard !isPumping, peer != nil, let context else { return }
        isPumping = true
        if !isBulk, core.isInBulk { becomeBulk() }
        while !core.isEnded, context.channel.isWritable, core.hasOutput, maySend() {
            let byteCount = writeSome(context)
            guard byteCount > 0 else { break }
            rates?.send.took(byteCount)
            pace.flushed(byteCount, at: uptime)
            traffic.sent(byteCount)
            let taken = eventLoop.makePromise(of: Void.self)
            taken.futureResult.assumeIsolated().whenComplete { [weak self] _ in
                self?.pace.taken()
            }
            // An empty write: its promise is kept when all before it is written.
            context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: taken)
            perform()
        }
        isPumping = false
        if core.isDone, !core.isEnded { end(.closed) }
    }

    /// Sends longer frames and reads more at once from now on, if few sessions do so.
    private func becomeBulk() {
        guard !isBulk, let channel = context?.channel, setup.memory.takeBulk() else { return }
        isBulk = true
        core.dataLengthSent = Limits.sessionBulkLengthSent
        channel.setOption(.recvAllocator, value: SessionSockets.bulkReceiveAllocator)
            .whenFailure { _ in }
    }

    // MARK: Limits

    /// Whether a limit lets more go out now; else it goes on when there is time for it.
    private func maySend() -> Bool {
        guard sendWait == nil else { return false }
        guard let wait = rates?.send.wait, wait > 0 else { return true }
        sendWait = eventLoop.assumeIsolated().scheduleTask(in: SessionHandler.pause(wait)) {
            [weak self] () -> Void in
            self?.sendWait = nil
            self?.pump()
        }
        return false
    }

    /// Stops reading until there is time for what has come: the peer is held back by TCP.
    private func holdReading() {
        guard receiveWait == nil, !core.isEnded, let channel = context?.channel,
            let wait = rates?.receive.wait, wait > 0
        else { return }
        channel.setOption(.autoRead, value: false).whenFailure { _ in }
        receiveWait = eventLoop.assumeIsolated().scheduleTask(in: SessionHandler.pause(wait)) {
            [weak self] () -> Void in
            guard let self else { return }
            receiveWait = nil
            if let left = rates?.receive.wait, left > 0 { return holdReading() }
            channel.setOption(.autoRead, value: true).whenFailure { _ in }
        }
    }

    /// A timetable may say something else before a long wait is over.
    private static func pause(_ nanoseconds: UInt64) -> TimeAmount {
        .nanoseconds(Int64(min(nanoseconds, Limits.rateSliceTime)))
    }

    // MARK: Pieces

    private func writeSome(_ context: ChannelHandlerContext) -> Int {
        var byteCount = 0
        var heads = ByteBuffer()
        while byteCount < core.dataLengthSent, let output = core.nextOutput() {
            switch output {
            case .frame(let frame): frame.write(to: &heads)
            case .data(let stream, let bytes):
                SessionFrame.data(stream: stream, byteCount: bytes.readableBytes)
                    .write(to: &heads)
                byteCount += heads.readableBytes + bytes.readableBytes
                context.write(wrapOutboundOut(heads), promise: nil)
                context.write(wrapOutboundOut(bytes), promise: nil)
                heads = ByteBuffer()
            }
        }
        guard heads.readableBytes > 0 else { return byteCount }
        context.write(wrapOutboundOut(heads), promise: nil)
        return byteCount + heads.readableBytes
    }

    // MARK: Time and the end

    private func scheduleTick() {
        let time = TimeAmount(setup.settings.tick)
        tick = eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            self?.ticked()
        }
    }

    private func ticked() {
        let situation = SessionPace.Situation(
            isEstablished: core.hasPeerHello, isOwed: parser.isWithinFrame || core.isOwed,
            isQuiet: core.isQuiet, isWaitingForPong: core.isWaitingForPong)
        let uptime = uptime
        switch pace.verdict(situation, at: uptime) {
        case .fine: break
        case .tooSlow:
            end(.timedOut)
            return
        case .ping: core.ping(uptime)
        case .leave: core.leave()
        }
        pump()
        if !core.isEnded { scheduleTick() }
    }

    private func end(_ error: SessionError) {
        guard !core.isEnded else { return }
        over.come()
        core.end(error)
        if isBulk { setup.memory.giveBulkBack() }
        if core.hasAdvanced { setup.memory.giveAdvanceBack() }
        tick?.cancel()
        // Only the first of these counts.
        established.fail(error)
        perform()
        for task in tasks.values { task.cancel() }
        tasks = [:]
        context?.close(promise: nil)
        context = nil
    }
}
