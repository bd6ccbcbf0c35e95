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

    private(set) var hasPeerHello = false
    private(set) var isPeerLeaving = false
    private(set) var isLeaving = false
    private(set) var isEnded = false
    /// What the driver has to do, in order; it takes them away.
    var effects: [Effect] = []

    private let ownParity: UInt32
    private let memoryMax: Int
    private var nextOwnStream: UInt32
    private var lastPeerStream: UInt32
    private var calls: [UInt32: OutgoingCall] = [:]
    private var streams: [UInt64: UInt32] = [:]
    private var queuedCalls: [(id: UInt64, request: SessionRequest, timeAllowed: UInt32)] = []
    private var requests: [UInt32: IncomingRequest] = [:]
    /// Requests without memory, oldest first.
    private var unreserved: [UInt32] = []
    private var isReserving = false
    private var heldByteCount = 0
    private var frames: [SessionFrame] = []
    /// Streams with payload that may be sent, in turn.
    private var sending: [UInt32] = []
    private var isPingUnanswered = false

    init(role: Role, memoryMax: Int = Limits.sessionMemoryPerPeer) {
        self.memoryMax = memoryMax
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
        sending.removeAll { $0 == stream }
        frames.append(.reset(stream: stream, error == .timedOut ? .timedOut : .cancelled))
    }

    private mutating func openCalls() {
        var opened = 0
        for (id, request, timeAllowed) in queuedCalls {
            guard calls.count < Limits.sessionStreamCountMax,
                nextOwnStream < UInt32.max - 2
            else { break }
            let stream = nextOwnStream
            nextOwnStream += 2
            let call = OutgoingCall(id: id, request: request)
            frames.append(
                .request(
                    stream: stream,
                    RequestOpening(
                        header: request.header, payloadLength: request.payload.byteCount,
                        responseLengthMax: request.responseLengthMax, timeAllowed: timeAllowed)))
            if call.credit > 0 { sending.append(stream) }
            calls[stream] = call
            streams[id] = stream
            opened += 1
        }
        queuedCalls.removeFirst(opened)
    }

    private mutating func forget(call id: UInt64, _ error: SessionError) {
        streams[id] = nil
        effects.append(.answer(call: id, .failure(error)))
    }

    // MARK: Requests of the peer

    /// Memory is there for a request; when the request is not, it is given back.
    mutating func reserved(_ stream: UInt32, _ byteCount: Int) {
        isReserving = false
        guard !isEnded, var request = requests[stream], request.phase == .waiting else {
            effects.append(.release(byteCount: byteCount))
            reserveNext()
            return
        }
        request.heldByteCount = byteCount
        heldByteCount += byteCount
        if let credit = request.grant() {
            frames.append(.credit(stream: stream, byteCount: credit))
        }
        requests[stream] = request
        runIfWhole(stream)
        reserveNext()
    }

    /// The peer may not ask for anything.
    mutating func declined(_ stream: UInt32) {
        isReserving = false
        refuse(stream, .notAllowed)
        reserveNext()
    }

    /// A handler has ended.
    mutating func finished(_ stream: UInt32, _ result: Result<SessionResponse, SessionRefusal>) {
        guard var request = requests[stream], request.phase == .running else { return }
        switch result {
        case .success(let response)
        where request.stopped == nil && fits(response, request.opening):
            request.phase = .responding
            request.answer = response.payload.buffer
            requests[stream] = request
            frames.append(
                .response(
                    stream: stream, header: response.header,
                    payloadLength: response.payload.byteCount))
            if response.payload.byteCount > 0 {
                sending.append(stream)
            } else {
                close(stream)
            }
        case .success: refuse(stream, request.stopped ?? .failed)
        case .failure(let refusal): refuse(stream, request.stopped ?? refusal)
        }
    }

    /// Ends a request without an answer, or tells its handler to stop.
    mutating func refuse(_ stream: UInt32, _ refusal: SessionRefusal) {
        guard var request = requests[stream], request.phase != .refused else { return }
        frames.append(.reset(stream: stream, refusal))
        sending.removeAll { $0 == stream }
        request.refuse()
        requests[stream] = request
        giveBack(stream)
        if request.isEndedByPeer { close(stream) }
    }

    /// The time of a request is over.
    mutating func expire(_ stream: UInt32) { stop(stream, .timedOut) }

    private mutating func stop(_ stream: UInt32, _ refusal: SessionRefusal) {
        guard let request = requests[stream] else { return }
        if request.phase == .running {
            // Its slot is free only when the handler has ended, or handlers could pile up.
            guard request.stopped == nil else { return }
            requests[stream]?.stopped = refusal
            effects.append(.stopHandler(stream: stream))
        } else {
            refuse(stream, refusal)
        }
    }

    private func fits(_ response: SessionResponse, _ opening: RequestOpening) -> Bool {
        response.payload.byteCount <= opening.responseLengthMax
            && response.header.count <= Limits.sessionHeaderLengthMax
    }

    private mutating func open(
        _ stream: UInt32, _ opening: RequestOpening
    ) throws(SessionViolation) {
        guard stream == lastPeerStream &+ 2 else { throw .badStream(stream) }
        lastPeerStream = stream
        guard requests.count < Limits.sessionStreamCountMax else { throw .tooManyStreams }
        requests[stream] = IncomingRequest(opening)
        guard !isLeaving else {
            refuse(stream, .closing)
            return
        }
        unreserved.append(stream)
        effects.append(.opened(stream: stream, timeAllowed: opening.timeAllowed))
        reserveNext()
    }

    /// Asks for the memory of the oldest request, when this peer may have more; one that is larger
    /// than all a peer may have gets its turn when nothing else is held.
    private mutating func reserveNext() {
        while !isReserving, let stream = unreserved.first {
            guard let request = requests[stream], request.phase == .waiting else {
                unreserved.removeFirst()
                continue
            }
            let need = request.neededByteCount
            guard heldByteCount == 0 || heldByteCount + need <= memoryMax else { return }
            unreserved.removeFirst()
            isReserving = true
            effects.append(.reserve(stream: stream, byteCount: need))
        }
    }

    private mutating func runIfWhole(_ stream: UInt32) {
        guard var request = requests[stream], request.phase == .receiving,
            request.missingByteCount == 0
        else { return }
        let whole = request.start()
        requests[stream] = request
        effects.append(.run(stream: stream, whole))
    }

    private mutating func close(_ stream: UInt32) {
        giveBack(stream)
        requests[stream] = nil
        effects.append(.closed(stream: stream))
    }

    private mutating func giveBack(_ stream: UInt32) {
        guard let held = requests[stream]?.heldByteCount, held > 0 else { return }
        requests[stream]?.heldByteCount = 0
        heldByteCount -= held
        effects.append(.release(byteCount: held))
        reserveNext()
    }
}

// MARK: - What the peer says

extension SessionCore {
    mutating func received(_ part: SessionFrameParser.Part) throws(SessionViolation) {
        switch part {
        case .frame(let frame): try received(frame)
        case .bytes(let stream, let bytes): took(bytes, stream)
        }
    }

    private mutating func received(_ frame: SessionFrame) throws(SessionViolation) {
        guard hasPeerHello != (frame == .hello) else { throw .badHello }
        switch frame {
        case .hello:
            hasPeerHello = true
            effects.append(.established)
        case .request(let stream, let opening):
            guard !isOwn(stream) else { throw .badStream(stream) }
            try open(stream, opening)
        case .response(let stream, let header, let payloadLength):
            try withCall(stream) { call throws(SessionViolation) in
                try call.begin(header: header, payloadLength: payloadLength, stream: stream)
            }
            finishCall(stream)
        case .data(let stream, let byteCount): try expect(byteCount, stream)
        case .credit(let stream, let byteCount): try credit(byteCount, stream)
        case .reset(let stream, let refusal): try reset(stream, refusal)
        case .ping(let value):
            let isRepeated = frames.contains { if case .pong = $0 { true } else { false } }
            guard !isRepeated else { throw .badPing }
            frames.append(.pong(value))
        case .pong:
            guard isPingUnanswered else { throw .badPing }
            isPingUnanswered = false
        case .goodbye:
            guard !isPeerLeaving else { throw .unexpected(stream: 0) }
            isPeerLeaving = true
            failQueuedCalls(.closed)
        }
    }

    private func isOwn(_ stream: UInt32) -> Bool { stream & 1 == ownParity }

    private mutating func withCall(
        _ stream: UInt32,
        _ body: (inout OutgoingCall) throws(SessionViolation) -> Void
    ) throws(SessionViolation) {
        guard isOwn(stream), var call = calls[stream] else { throw .badStream(stream) }
        try body(&call)
        calls[stream] = call
    }

    private mutating func expect(
        _ byteCount: Int, _ stream: UInt32
    ) throws(SessionViolation) {
        if isOwn(stream) {
            try withCall(stream) { call throws(SessionViolation) in
                try call.expect(byteCount, stream: stream)
            }
        } else {
            guard requests[stream] != nil else { throw .badStream(stream) }
            try requests[stream]?.expect(byteCount, stream: stream)
        }
    }

    private mutating func took(_ bytes: ByteBuffer, _ stream: UInt32) {
        if isOwn(stream) {
            calls[stream]?.take(bytes)
            finishCall(stream)
            return
        }
        requests[stream]?.take(bytes)
        if let request = requests[stream], request.phase == .refused, request.isEndedByPeer {
            close(stream)
        } else {
            runIfWhole(stream)
        }
    }

    private mutating func credit(_ byteCount: Int, _ stream: UInt32) throws(SessionViolation) {
        guard isOwn(stream), stream < nextOwnStream else { throw .badStream(stream) }
        // Credit may cross a reset of ours.
        guard let call = calls[stream], !call.isCancelled else { return }
        guard byteCount <= call.payload.readableBytes - call.credit else {
            throw .tooManyBytes(stream: stream)
        }
        calls[stream]?.credit += byteCount
        if call.credit == 0 { sending.append(stream) }
    }

    private mutating func reset(
        _ stream: UInt32, _ refusal: SessionRefusal
    ) throws(SessionViolation) {
        guard isOwn(stream) else {
            try resetByRequester(stream)
            return
        }
        guard let call = calls[stream] else { throw .badStream(stream) }
        if !call.isCancelled {
            forget(call: call.id, .refused(refusal))
            if call.payload.readableBytes > 0 {
                frames.append(.reset(stream: stream, .cancelled))
            }
        }
        sending.removeAll { $0 == stream }
        calls[stream] = nil
        openCalls()
    }

    /// The requester has ended its half; a reset may cross the end of our answer.
    private mutating func resetByRequester(_ stream: UInt32) throws(SessionViolation) {
        guard let request = requests[stream] else {
            // Ids go up, so all up to the last were open once.
            guard lastPeerStream != .max, stream <= lastPeerStream else {
                throw .badStream(stream)
            }
            return
        }
        requests[stream]?.endByPeer()
        if request.phase == .refused {
            close(stream)
        } else {
            stop(stream, .cancelled)
        }
    }

    private mutating func finishCall(_ stream: UInt32) {
        guard let call = calls[stream], let answer = call.answer else { return }
        calls[stream] = nil
        if !call.isCancelled {
            streams[call.id] = nil
            effects.append(.answer(call: call.id, .success(answer)))
        }
        openCalls()
    }
}

// MARK: - What is said to the peer; the end

extension SessionCore {
    /// The next thing to send. Frames go before data, and the data of the streams in turn.
    mutating func nextOutput() -> Output? {
        if !frames.isEmpty { return .frame(frames.removeFirst()) }
        while !sending.isEmpty {
            let stream = sending.removeFirst()
            guard let bytes = nextBytes(of: stream) else { continue }
            return .data(stream: stream, bytes)
        }
        return nil
    }

    private mutating func nextBytes(of stream: UInt32) -> ByteBuffer? {
        if isOwn(stream) {
            let bytes = calls[stream]?.nextBytes()
            if let call = calls[stream], call.credit > 0 { sending.append(stream) }
            return bytes
        }
        let bytes = requests[stream]?.nextBytes()
        if let request = requests[stream] {
            if request.answer.readableBytes > 0 {
                sending.append(stream)
            } else {
                close(stream)
            }
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
        for stream in requests.keys.sorted() {
            if requests[stream]?.phase == .running {
                effects.append(.stopHandler(stream: stream))
            }
            giveBack(stream)
            effects.append(.closed(stream: stream))
        }
        (calls, streams, requests, frames, sending) = ([:], [:], [:], [], [])
        unreserved = []
    }

    private mutating func failQueuedCalls(_ error: SessionError) {
        for call in queuedCalls { effects.append(.answer(call: call.id, .failure(error))) }
        queuedCalls = []
    }
}
