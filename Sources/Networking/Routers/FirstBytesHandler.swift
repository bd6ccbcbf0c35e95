internal import Model
internal import NIOCore

/// Finds out what a new connection of a listener is: a TLS record begins a session, a preface the
/// one end of a splice. Belongs to its channel's thread, and leaves it when it knows.
final class FirstBytesHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// What becomes of the connection; each is called at most once, and one of them in any case.
    struct Outcomes {
        /// Puts the handlers of a session on it.
        let session: () throws -> Void
        /// Takes it for the pass that it has shown; `nil` when this node is no router.
        let splice: () -> ((SplicePass, ByteBuffer) -> Void)?
        /// It has closed, or must be.
        let nothing: () -> Void
    }

    private let outcomes: Outcomes
    private let deadline: Duration
    private var bytes = ByteBuffer()
    private var isDecided = false
    private var timer: Scheduled<Void>?

    init(deadline: Duration, outcomes: Outcomes) {
        self.deadline = deadline
        self.outcomes = outcomes
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = context.eventLoop.scheduleTask(in: TimeAmount(deadline)) {
            channel.close(promise: nil)
        }
    }

    func handlerRemoved(context: ChannelHandlerContext) { decide {} }

    func channelInactive(context: ChannelHandlerContext) {
        decide(outcomes.nothing)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDecided else {
            context.fireChannelRead(data)
            return
        }
        var new = unwrapInboundIn(data)
        bytes.writeBuffer(&new)
        guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return }
        if first == SplicePass.firstByte {
            readPreface(context)
        } else {
            beginSession(context)
        }
    }

    private func beginSession(_ context: ChannelHandlerContext) {
        decide {
            do {
                try outcomes.session()
                context.fireChannelRead(wrapInboundOut(bytes))
                bytes = ByteBuffer()
                context.pipeline.syncOperations.removeHandler(self, promise: nil)
            } catch {
                outcomes.nothing()
                context.close(promise: nil)
            }
        }
    }

    private func readPreface(_ context: ChannelHandlerContext) {
        guard let take = outcomes.splice() else {
            context.close(promise: nil)
            return
        }
        guard bytes.readableBytes >= SplicePass.prefaceLength,
            let preface = bytes.readBytes(length: SplicePass.prefaceLength)
        else { return }
        guard let pass = try? SplicePass(preface: preface),
            (try? context.channel.syncOptions?.setOption(.autoRead, value: false)) != nil
        else {
            context.close(promise: nil)
            return
        }
        decide { take(pass, bytes) }
        bytes = ByteBuffer()
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func decide(_ act: () -> Void) {
        guard !isDecided else { return }
        isDecided = true
        timer?.cancel()
        timer = nil
        act()
    }
}
