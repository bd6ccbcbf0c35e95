internal import Model
internal import NIOCore

/// Turns what a connection receives into frames, and reads on only while there is room for them.
/// Belongs to the thread of its channel.
final class FrameChannelHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let queue: FrameQueue
    private let gate: ConnectionGate?
    private let timer: PaceTimer
    private var parser: FrameParser
    private var context: ChannelHandlerContext?
    private var hasHadFrame = false

    init(
        queue: FrameQueue, bodyLengthMax: Int, limits: ConnectionLimits, gate: ConnectionGate?,
        eventLoop: any EventLoop
    ) {
        self.queue = queue
        self.gate = gate
        parser = FrameParser(bodyLengthMax: bodyLengthMax)
        timer = PaceTimer(limits: limits, eventLoop: eventLoop)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer.start { [weak self] in self?.endAsTooSlow() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { forget(.closed) }

    func channelInactive(context: ChannelHandlerContext) {
        forget(parser.isWithinFrame ? .closed : nil)
    }

    /// The channel reads again after each read unless this stands in the way; ``FrameConnection``
    /// asks again when its reader has taken a frame.
    func read(context: ChannelHandlerContext) {
        if queue.isFull {
            timer.pace.enter(.ours)
        } else {
            if timer.pace.state == .ours { settle() }
            context.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        timer.pace.received(bytes.readableBytes, at: timer.uptime)
        do throws(NetworkError) {
            let frames = try parser.take(bytes.readableBytesView)
            for frame in frames { queue.append(frame) }
            if !frames.isEmpty {
                hasHadFrame = true
                settle()
            } else if hasHadFrame, case .head = timer.pace.state {
                timer.pace.beginBody(at: timer.uptime)
            }
        } catch {
            queue.end(error)
            context.close(promise: nil)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // A connection on which we send is not idle.
        if case .idle = timer.pace.state { timer.pace.enter(.idle(since: timer.uptime)) }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent: context.close(promise: nil)
        case ChannelEvent.inputClosed: queue.end(parser.isWithinFrame ? .closed : nil)
        default: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        queue.end(.closed)
        context.close(promise: nil)
    }

    /// The pace after whole frames: idle, or within the next one.
    private func settle() {
        let uptime = timer.uptime
        if parser.isWithinFrame {
            timer.pace.beginBody(at: uptime)
        } else {
            timer.pace.enter(.idle(since: uptime))
        }
    }

    private func endAsTooSlow() {
        gate?.countTooSlow()
        queue.end(.timedOut)
        context?.close(promise: nil)
    }

    private func forget(_ error: NetworkError?) {
        queue.end(error)
        timer.stop()
        context = nil
    }
}
