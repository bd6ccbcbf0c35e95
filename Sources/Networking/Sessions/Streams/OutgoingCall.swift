internal import Model
internal import NIOCore

/// A request that this side made and its answer, as far as it has come.
struct OutgoingCall {
    /// What the caller knows it by; ids of streams are given when it is sent.
    let id: UInt64
    let responseLengthMax: Int
    /// The beginning of the header.
    let magic: [UInt8]
    let payloadLength: Int
    private(set) var responseLength = 0
    /// What has not been sent.
    var payload: ByteBuffer
    /// Bytes of it that may be sent now.
    var credit: Int
    /// Set when nobody waits any more: the answer is dropped as it comes.
    var isCancelled = false
    private(set) var response: (header: [UInt8], missingByteCount: Int)?
    private var received = ByteBuffer()

    init(id: UInt64, request: SessionRequest) {
        self.id = id
        responseLengthMax = request.responseLengthMax
        payload = request.payload.buffer
        magic = Array(request.header.prefix(8))
        let length = payload.readableBytes
        payloadLength = length
        credit = length <= Limits.sessionInlineLengthMax ? length : 0
    }

    /// The next part of the payload, as far as credit reaches.
    mutating func nextBytes() -> ByteBuffer? {
        let count = min(credit, payload.readableBytes, Limits.sessionDataLengthSent)
        guard count > 0 else { return nil }
        credit -= count
        return payload.readSlice(length: count)
    }

    /// Takes the head of the answer, which may come before the payload has gone when it has none
    /// itself.
    mutating func begin(
        header: [UInt8], payloadLength: Int, stream: UInt32
    ) throws(SessionViolation) {
        guard response == nil,
            isCancelled || payload.readableBytes == 0 || payloadLength == 0
        else { throw .unexpected(stream: stream) }
        guard payloadLength <= responseLengthMax else { throw .tooManyBytes(stream: stream) }
        response = (header, payloadLength)
        responseLength = payloadLength
        // The caller has asked for as much, so it has room.
        if !isCancelled { received.reserveCapacity(payloadLength) }
    }

    /// Whether a data frame of this length may come.
    func expect(_ byteCount: Int, stream: UInt32) throws(SessionViolation) {
        guard let response else { throw .unexpected(stream: stream) }
        guard byteCount <= response.missingByteCount else {
            throw .tooManyBytes(stream: stream)
        }
    }

    mutating func take(_ bytes: ByteBuffer) {
        guard let (header, missing) = response else { return }
        response = (header, missing - bytes.readableBytes)
        if !isCancelled { received.writeImmutableBuffer(bytes) }
    }

    mutating func cancel() {
        isCancelled = true
        payload = ByteBuffer()
        credit = 0
        received = ByteBuffer()
    }

    /// The answer when it is whole.
    var answer: SessionResponse? {
        guard let response, response.missingByteCount == 0 else { return nil }
        return SessionResponse(header: response.header, payload: SessionPayload(received))
    }

    /// Whether the peer owes bytes at this moment.
    var isOwed: Bool { (response?.missingByteCount ?? 0) > 0 }
}
