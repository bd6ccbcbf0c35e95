internal import Model
internal import NIOCore

/// One side of a session as a value: frames and wishes in, frames and effects out. No sockets, no
/// clocks, no tasks.
///
/// A stream is one request and its answer. Each side ends its half of it once, by saying all it
/// announced or by a reset; then the stream is closed. What a peer can make us keep is bounded:
/// a request waits, without its payload when that is long, until memory for its payload and for
/// the longest answer is held, all at once, so that whatever has begun can end.
struct SessionCore {
    enum Role {
        /// Its requests have odd ids.
        case dialler
        /// Its requests have even ids.
        case listener
    }

    enum Effect {
        /// The peer has said hello.
        case established
        /// A call has ended.
        case answer(call: UInt64, Result<SessionResponse, SessionError>)
        /// A request came: its time begins.
        case opened(stream: UInt32, timeAllowed: UInt32)
        /// Memory is asked for; ``reserved(_:)`` says that it is there.
        case reserve(stream: UInt32, byteCount: Int)
        case release(byteCount: Int)
        /// A request has begun whose payload is on its way: may this peer ask for it?
        case admit(stream: UInt32)
        /// The peer sends long payloads: ``advance(_:)`` lets them come at once.
        case wantAdvance
        case run(stream: UInt32, SessionRequest)
        case stopHandler(stream: UInt32)
        /// A request is over: its time ends.
        case closed(stream: UInt32)
    }

    /// What goes to the peer next.
    enum Output {
        case frame(SessionFrame)
        case data(stream: UInt32, ByteBuffer)
    }

    var hasPeerHello = false
    var isPeerLeaving = false
    var isLeaving = false
    var isEnded = false
    /// What the driver has to do, in order; it takes them away.
    var effects: [Effect] = []

    let ownParity: UInt32
    let memoryMax: Int
    /// Long payloads come into its memory.
    let pool: PagePool
    var nextOwnStream: UInt32
    var lastPeerStream: UInt32
    var calls: [UInt32: OutgoingCall] = [:]
    var streams: [UInt64: UInt32] = [:]
    var queuedCalls: [(id: UInt64, request: SessionRequest, timeAllowed: UInt32)] = []
    var requests: [UInt32: IncomingRequest] = [:]
    /// Requests without memory, oldest first.
    var unreserved: [UInt32] = []
    var isReserving = false
    var heldByteCount = 0
    /// Bytes that the peer may send with its requests, and memory that is held for them.
    var advanceGiven = 0
    /// What this side may send so.
    var advanceTaken = 0
    /// Whether the peer has been given any; until the end.
    var hasAdvanced = false
    var frames: [SessionFrame] = []
    /// Streams with payload that may be sent.
    var sending = SendingOrder()
    /// Bytes of payload that go in one frame at most.
    var dataLengthSent = Limits.sessionDataLengthSent
    var isPingUnanswered = false

    init(
        role: Role, memoryMax: Int = Limits.sessionMemoryPerPeer,
        pool: PagePool = PagePool(byteCountMax: Limits.sessionPoolLengthMax)
    ) {
        self.memoryMax = memoryMax
        self.pool = pool
        ownParity = role == .dialler ? 1 : 0
        nextOwnStream = role == .dialler ? 1 : 2
        lastPeerStream = role == .dialler ? 0 : UInt32.max  // one step before 2 and before 1
        frames = [.hello]
    }

    // MARK: Questions

    /// Whether nothing is under way in either direction.
    var isQuiet: Bool { calls.isEmpty && queuedCalls.isEmpty && requests.isEmpty }
    /// Whether we have said goodbye and nothing is left to be done.
    var isDone: Bool { isLeaving && isQuiet && !hasOutput }
    var hasOutput: Bool { !frames.isEmpty || !sending.isEmpty }
    /// Whether the peer should be sending at this moment, beyond a frame that it has begun.
    var isOwed: Bool {
        calls.values.contains { $0.isOwed } || requests.values.contains { $0.isOwed }
    }
    /// Whether what goes next is more than a frame of the longest kind.
    var isInBulk: Bool {
        guard let stream = sending.first else { return false }
        let byteCount =
            isOwn(stream)
            ? calls[stream]?.sendableByteCount : requests[stream]?.answer.byteCount
        return byteCount ?? 0 >= Limits.sessionBulkLengthSent
    }
    /// Whether the peer makes us say more than it reads.
    var isFlooded: Bool { frames.count > Limits.sessionFrameQueueCountMax }
    var isWaitingForPong: Bool { isPingUnanswered }

    // MARK: Calls of this side

    mutating func call(_ id: UInt64, _ request: SessionRequest, timeAllowed: UInt32) {
        guard !isEnded, !isLeaving, !isPeerLeaving else {
            effects.append(.answer(call: id, .failure(.closed)))
            return
        }
        queuedCalls.append((id, request, timeAllowed))
        openCalls()
    }

    /// Ends a call that nobody waits for any more; what has ended already is left alone.
    mutating func cancel(_ id: UInt64, _ error: SessionError) {
        if let index = queuedCalls.firstIndex(where: { $0.id == id }) {
            queuedCalls.remove(at: index)
            effects.append(.answer(call: id, .failure(error)))
            return
        }
        guard let stream = streams[id] else { return }
        forget(call: id, error)
        calls[stream]?.cancel()
        sending.remove(stream)
        frames.append(.reset(stream: stream, error == .timedOut ? .timedOut : .cancelled))
    }

    mutating func openCalls() {
        var opened = 0
        for (id, request, timeAllowed) in queuedCalls {
            guard calls.count < Limits.sessionStreamCountMax,
                nextOwnStream < UInt32.max - 2
            else { break }
            let stream = nextOwnStream
            nextOwnStream += 2
            var call = OutgoingCall(id: id, request: request)
            var opening = RequestOpening(
                header: request.header, payloadLength: call.payloadLength,
                responseLengthMax: request.responseLengthMax, timeAllowed: timeAllowed)
            if call.isLong, opening.responseLengthMax == 0, call.payloadLength <= advanceTaken {
                advanceTaken -= call.payloadLength
                opening.isAdvanced = true
                call.credit = call.payloadLength
            }
            frames.append(.request(stream: stream, opening))
            if call.credit > 0 { sending.append(stream, isLong: call.isLong) }
            calls[stream] = call
            streams[id] = stream
            opened += 1
        }
        queuedCalls.removeFirst(opened)
    }

    mutating func forget(call id: UInt64, _ error: SessionError) {
        streams[id] = nil
        effects.append(.answer(call: id, .failure(error)))
    }
}

extension SessionCore {
    /// The next thing to send. Frames go before data.
    mutating func nextOutput() -> Output? {
        if !frames.isEmpty { return .frame(frames.removeFirst()) }
        while let stream = sending.next() {
            guard let bytes = nextBytes(of: stream) else { continue }
            return .data(stream: stream, bytes)
        }
        return nil
    }

    mutating func nextBytes(of stream: UInt32) -> ByteBuffer? {
        if isOwn(stream) {
            let bytes = calls[stream]?.nextBytes(dataLengthSent)
            if calls[stream]?.credit ?? 0 == 0 { sending.remove(stream) }
            return bytes
        }
        let bytes = requests[stream]?.nextBytes(dataLengthSent)
        if requests[stream]?.answer.byteCount ?? 0 == 0 {
            sending.remove(stream)
            if requests[stream] != nil { close(stream) }
        }
        return bytes
    }

    /// Asks for a sign of life.
    mutating func ping(_ value: UInt64) {
        guard !isPingUnanswered else { return }
        isPingUnanswered = true
        frames.append(.ping(value))
    }

    /// Takes no more requests; what is under way goes on.
    mutating func leave() {
        guard !isLeaving else { return }
        isLeaving = true
        failQueuedCalls(.closed)
        frames.append(.goodbye)
    }

    /// The connection is gone.
    mutating func end(_ error: SessionError) {
        guard !isEnded else { return }
        isEnded = true
        failQueuedCalls(error)
        for id in streams.keys.sorted() {
            effects.append(.answer(call: id, .failure(error)))
        }
        for (stream, request) in requests.sorted(by: { $0.key < $1.key }) {
            effects.append(.closed(stream: stream))
            if request.phase == .running {
                // Its handler still has the payload: the memory is free when it has ended.
                effects.append(.stopHandler(stream: stream))
            } else {
                giveBack(stream)
                requests[stream] = nil
            }
        }
        (calls, streams, frames, sending) = ([:], [:], [], SendingOrder())
        if advanceGiven > 0 { effects.append(.release(byteCount: advanceGiven)) }
        advanceGiven = 0
        unreserved = []
    }

    mutating func failQueuedCalls(_ error: SessionError) {
        for call in queuedCalls { effects.append(.answer(call: call.id, .failure(error))) }
        queuedCalls = []
    }
}
