internal import Model
internal import NIOCore
internal import Synchronization

/// When a byte last went through a splice, in nanoseconds of uptime; both ends tell it.
final class SpliceClock: Sendable {
    private let last = Atomic<UInt64>(0)

    var lastMoved: UInt64 { last.load(ordering: .relaxed) }
    func moved(at uptime: UInt64) { last.store(uptime, ordering: .relaxed) }
}

/// One connection of a splice: writes what it reads to the other one, and reads only while less
/// than ``Limits/spliceWindow`` bytes wait to be taken there. Belongs to its channel's thread.
final class SpliceHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    /// Counts bytes that were read, and says how it goes on.
    typealias Count = @Sendable (Int) -> RouterMeter.Verdict

    private let limits: RouterLimits
    private let eventLoop: any EventLoop
    /// What came before the other connection.
    private var early: ByteBuffer
    private var context: ChannelHandlerContext?
    private var other: (any Channel)?
    private var clock: SpliceClock?
    private var start: UInt64 = 0
    private var waitingByteCount = 0
    private var timer: Scheduled<Void>?
    private var count: Count?
    /// Set while nothing is read because too much was.
    private var pause: Scheduled<Void>?

    init(limits: RouterLimits, early: ByteBuffer, eventLoop: any EventLoop) {
        self.limits = limits
        self.early = early
        self.eventLoop = eventLoop
    }

    private var uptime: UInt64 { eventLoop.now.uptimeNanoseconds }

    /// From now on what is read goes to `other`.
    ///
    /// - Parameter isKeeper: whether this is the one of the two that watches the time.
    func join(
        _ other: any Channel, clock: SpliceClock, isKeeper: Bool, count: @escaping Count
    ) {
        self.other = other
        self.count = count
        self.clock = clock
        guard let context, context.channel.isActive else {
            finish(other)
            return
        }
        start = uptime
        clock.moved(at: start)
        if isKeeper { scheduleTick() }
        if early.readableBytes > 0 {
            let bytes = early
            early = ByteBuffer()
            forward(bytes, to: other)
        }
        readMore()
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if let other {
            forward(bytes, to: other)
        } else {
            early.writeBuffer(&bytes)
            if early.readableBytes > Limits.spliceWindow { context.close(promise: nil) }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { readMore() }

    func channelInactive(context: ChannelHandlerContext) {
        if let other { finish(other) }
        stop()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    // MARK: Bytes

    private func forward(_ bytes: ByteBuffer, to other: any Channel) {
        let count = bytes.readableBytes
        guard isAllowed(count) else {
            other.close(promise: nil)
            context?.close(promise: nil)
            return
        }
        waitingByteCount += count
        // The library reads a connection that is closing to its end, whoever takes the bytes.
        guard waitingByteCount <= Limits.writeQueueLengthMax else {
            other.close(promise: nil)
            context?.close(promise: nil)
            return
        }
        let taken = eventLoop.makePromise(of: Void.self)
        taken.futureResult.assumeIsolated().whenComplete { [weak self] result in
            self?.taken(count, result)
        }
        other.writeAndFlush(bytes, promise: taken)
    }

    private func taken(_ count: Int, _ result: Result<Void, any Error>) {
        waitingByteCount -= count
        guard case .success = result else {
            context?.close(promise: nil)
            return
        }
        clock?.moved(at: uptime)
        readMore()
    }

    private func readMore() {
        guard other != nil, pause == nil, waitingByteCount < Limits.spliceWindow else { return }
        context?.read()
    }

    /// Counts what was read; false when its users may have no more today.
    private func isAllowed(_ byteCount: Int) -> Bool {
        switch count?(byteCount) {
        case nil, .goOn?: return true
        case .spent?: return false
        case .wait(let nanoseconds)?:
            pause?.cancel()
            let delay = TimeAmount.nanoseconds(Int64(clamping: nanoseconds))
            pause = eventLoop.assumeIsolated().scheduleTask(in: delay) { [weak self] in
                self?.pause = nil
                self?.readMore()
            }
            return true
        }
    }

    // MARK: The end

    /// Closes the other connection when it has taken all that is on its way, or after a while.
    private func finish(_ other: any Channel) {
        let deadline = TimeAmount(limits.drainDeadline)
        let timer = other.eventLoop.scheduleTask(in: deadline) { other.close(promise: nil) }
        let taken = other.eventLoop.makePromise(of: Void.self)
        taken.futureResult.whenComplete { _ in
            timer.cancel()
            other.close(promise: nil)
        }
        other.writeAndFlush(ByteBuffer(), promise: taken)
    }

    private func stop() {
        timer?.cancel()
        timer = nil
        pause?.cancel()
        pause = nil
        count = nil
        other = nil
        context = nil
    }

    private func scheduleTick() {
        let shortest = min(limits.idleDeadline, limits.lifetime)
        let interval = TimeAmount(max(shortest / 4, .milliseconds(5)))
        timer = eventLoop.assumeIsolated().scheduleTask(in: interval) { [weak self] in
            self?.ticked()
        }
    }

    private func ticked() {
        guard let clock, let context else { return }
        let now = uptime
        if now >= start + limits.lifetime.nanoseconds
            || now >= clock.lastMoved + limits.idleDeadline.nanoseconds
        {
            context.close(promise: nil)
        } else {
            scheduleTick()
        }
    }
}
