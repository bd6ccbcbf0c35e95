internal import Model
internal import NIOCore

/// A request of the peer and our answer to it, as far as it is sent.
struct IncomingRequest {
    enum Phase: Equatable {
        /// For its turn, then for memory.
        case waiting
        /// For the rest of its payload.
        case receiving
        /// For its handler.
        case running
        /// For the peer to take the answer.
        case responding
        /// Ended by us; what still comes is dropped until the peer has ended it too.
        case refused
    }

    var phase = Phase.waiting
    /// Why its handler was told to stop.
    var stopped: SessionRefusal?
    /// Bytes of memory that are held for it.
    var heldByteCount = 0
    let opening: RequestOpening
    private(set) var missingByteCount: Int
    /// Bytes that may still be announced in data frames.
    private(set) var credit: Int
    /// Bytes that could be announced in all.
    private var granted: Int
    /// Whether the peer has said all it will say about it.
    private(set) var isEndedByPeer: Bool
    /// What has not been sent of the answer.
    var answer = LeavingPayload()
    var answerLength = 0
    private var payload = ArrivingPayload()

    init(_ opening: RequestOpening) {
        self.opening = opening
        missingByteCount = opening.payloadLength
        isEndedByPeer = opening.payloadLength == 0
        let isInline = opening.payloadLength <= Limits.sessionInlineLengthMax
        granted = isInline || opening.isAdvanced ? opening.payloadLength : 0
        credit = granted
    }

    /// What its payload and its answer may take.
    var neededByteCount: Int { opening.payloadLength + opening.responseLengthMax }

    /// Lets the whole payload come, into memory of `pool` when it is long.
    ///
    /// - Returns: the credit to send, `nil` when the peer has it already.
    mutating func grant(from pool: PagePool) -> Int? {
        phase = .receiving
        payload.reserve(opening.payloadLength, from: pool)
        let more = opening.payloadLength - granted
        granted += more
        credit += more
        return more > 0 ? more : nil
    }

    /// Takes the credit of a data frame that begins.
    mutating func expect(_ byteCount: Int, stream: UInt32) throws(SessionViolation) {
        guard byteCount <= credit else { throw .tooManyBytes(stream: stream) }
        credit -= byteCount
    }

    mutating func take(_ bytes: ByteBuffer) {
        missingByteCount -= bytes.readableBytes
        if missingByteCount == 0 { isEndedByPeer = true }
        if phase != .refused { payload.append(bytes) }
    }

    /// The peer has given up.
    mutating func endByPeer() { isEndedByPeer = true }

    /// Whether its answer is sent after short ones.
    var isAnswerLong: Bool { answerLength > Limits.sessionInlineLengthMax }

    /// Lets go of what has come.
    mutating func refuse() {
        phase = .refused
        payload = ArrivingPayload()
        answer = LeavingPayload()
    }

    /// The request for its handler, which owns the payload from here on.
    mutating func start() -> SessionRequest {
        phase = .running
        return SessionRequest(
            header: opening.header, payload: payload.take(),
            responseLengthMax: opening.responseLengthMax)
    }

    mutating func nextBytes(_ lengthMax: Int) -> ByteBuffer? {
        answer.byteCount > 0 ? answer.next(lengthMax) : nil
    }

    /// Whether the peer owes bytes at this moment.
    var isOwed: Bool { phase == .receiving && missingByteCount > 0 }
}
