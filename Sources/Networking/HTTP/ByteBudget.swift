internal import NIOCore

/// Ends a message that takes more raw bytes than any allowed one needs.
///
/// The parser limits header fields but not the request line, the status line or the extensions of
/// chunks. What one read brings is passed on before it is judged: it may hold the end of one
/// message and the start of the next.
final class ByteBudget: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    struct Exceeded: Error {}

    /// Raw bytes that the message under way may still take.
    var remaining: Int
    /// Whether whatever arrives is thrown away.
    var isDropping = false
    /// Hears of every read before it is parsed.
    var arrived: ((_ byteCount: Int) -> Void)?

    init(_ remaining: Int) {
        self.remaining = remaining
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDropping else { return }
        let count = unwrapInboundIn(data).readableBytes
        remaining -= count
        arrived?(count)
        context.fireChannelRead(data)
        if remaining < 0, !isDropping { context.fireErrorCaught(Exceeded()) }
    }
}
