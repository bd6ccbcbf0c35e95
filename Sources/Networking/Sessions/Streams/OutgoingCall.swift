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
    var payload: LeavingPayload
    /// Bytes of it that may be sent now.
    var credit: Int
    /// Set when nobody waits any more: the answer is dropped as it comes.
    var isCancelled = false
    private(set) var response: (header: [UInt8], missingByteCount: Int)?
    private var received = ArrivingPayload()

    init(id: UInt64, request: SessionRequest) {
        self.id = id
        responseLengthMax = request.responseLengthMax
        payload = LeavingPayload(request.payload)
        magic = Array(request.header.prefix(8))
        let length = payload.byteCount
        payloadLength = length
        credit = length <= Limits.sessionInlineLengthMax ? length : 0
    }

    /// Whether its payload is sent after short ones.
    var isLong: Bool { payloadLength > Limits.sessionInlineLengthMax }

    /// Bytes of the payload that may be sent now.
    var sendableByteCount: Int { min(credit, payload.byteCount) }

    /// The next part of the payload, as far as credit reaches.
    mutating func nextBytes(_ lengthMax: Int) -> ByteBuffer? {
        let count = min(sendableByteCount, lengthMax)
        guard count > 0 else { return nil }
        let bytes = payload.next(count)
        credit -= bytes.readableBytes
        return bytes
    }

    /// Takes the head of the answer, which may come before the payload has gone when it has none
    /// itself.
    mutating func begin(
        header: [UInt8], payloadLength: Int, stream: UInt32, pool: PagePool
    ) throws(SessionViolation) {
        guard response == nil,
            isCancelled || payload.byteCount == 0 || payloadLength == 0
        else { throw .unexpected(stream: stream) }
        guard payloadLength <= responseLengthMax else { throw .tooManyBytes(stream: stream) }
        response = (header, payloadLength)
        responseLength = payloadLength
        // The caller has asked for as much, so it has room.
        if !isCancelled { received.reserve(payloadLength, from: pool) }
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
        if !isCancelled { received.append(bytes) }
    }

    mutating func cancel() {
        isCancelled = true
        payload = LeavingPayload()
        credit = 0
        received = ArrivingPayload()
    }

    /// The answer when it is whole; it is the caller's then.
    mutating func takeAnswer() -> SessionResponse? {
        guard let response, response.missingByteCount == 0 else { return nil }
        return SessionResponse(header: response.header, payload: received.take())
    }

    /// Whether the peer owes bytes at this moment.
    var isOwed: Bool { (response?.missingByteCount ?? 0) > 0 }
}
