package import Model

/// The way from a customer to one supplier: in this process, or a session over the network.
///
/// Each call blocks until the answer is there, the deadline has passed, or somebody gives up.
///
/// Thread rules: any thread, many at the same time.
package protocol RequestChannel: AnyObject, Sendable {
    /// Bytes of payload that one request may carry.
    var payloadByteCountMax: Int { get }

    /// Sends a request and waits for its answer.
    ///
    /// - Parameter target: room for the payload of the answer. On return, also by an error, the
    ///   channel no longer touches it.
    /// - Throws: ``ChannelError``; whether the supplier has done what was asked is unknown then.
    func exchange(
        _ request: ChannelRequest, into target: UnsafeMutableRawBufferPointer?
    ) throws(ChannelError) -> ChannelAnswer

    /// Ends the channel: what waits, and every later call, throws ``ChannelError/closed``.
    func close()
}

/// One request as it travels: a short header, and bytes that nobody on the way looks at.
package struct ChannelRequest: Sendable {
    /// An encoded ``SupplierRequest``, at most `Limits.messageLengthMax` bytes.
    package let header: [UInt8]
    /// What follows the header, in order.
    package let payload: [PayloadPart]
    /// Uptime in nanoseconds at which the answer is no longer waited for.
    package let deadline: UInt64
    package let cancellation: RequestCancellation?

    package init(
        header: [UInt8], payload: [PayloadPart] = [], deadline: UInt64,
        cancellation: RequestCancellation? = nil
    ) {
        self.header = header
        self.payload = payload
        self.deadline = deadline
        self.cancellation = cancellation
    }

    package var payloadByteCount: Int { payload.reduce(0) { $0 + $1.range.count } }
}

/// An encoded ``SupplierResponse``, and how many bytes of payload came with it.
package struct ChannelAnswer: Sendable {
    package let header: [UInt8]
    package let payloadByteCount: Int

    package init(header: [UInt8], payloadByteCount: Int) {
        self.header = header
        self.payloadByteCount = payloadByteCount
    }
}

/// Bytes of a buffer that a message keeps alive while it is on its way.
///
/// Thread rules: nobody writes into the range until the exchange has returned.
package struct PayloadPart: Sendable {
    package let buffer: PageBuffer
    package let range: Range<Int>

    /// - Precondition: `range` lies within `buffer`.
    package init(_ buffer: PageBuffer, _ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= buffer.byteCount)
        self.buffer = buffer
        self.range = range
    }

    package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(buffer[range]) }
}

/// Why no answer came, or none that could be one.
package enum ChannelError: Error, Hashable, Sendable {
    case unreachable(reason: String)
    case timedOut
    case cancelled
    case closed
    /// The other end broke the rules of the channel: more bytes than it may send, or fewer than it
    /// had announced.
    case badFrame(field: String)
}
