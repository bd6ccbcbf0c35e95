internal import Model

/// Requests of the peer: memory for each, its handler, its answer.
extension SessionCore {
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
        if let credit = request.grant(from: pool) {
            frames.append(.credit(stream: stream, byteCount: credit))
        }
        requests[stream] = request
        let opening = request.opening
        if !hasAdvanced, opening.responseLengthMax == 0,
            opening.payloadLength > Limits.sessionInlineLengthMax
        {
            effects.append(.wantAdvance)
        }
        runIfWhole(stream)
        reserveNext()
    }

    /// Lets the peer send long payloads with their requests, for which there is memory.
    mutating func advance(_ byteCount: Int) {
        hasAdvanced = true
        advanceGiven = byteCount
        frames.append(.advance(byteCount: byteCount))
    }

    /// The peer may not ask for anything.
    mutating func declined(_ stream: UInt32) {
        isReserving = false
        refuse(stream, .notAllowed)
        reserveNext()
    }

    /// What a request with a long payload says, before all of that is there.
    func longRequest(_ stream: UInt32) -> (header: [UInt8], payloadLength: Int)? {
        guard let opening = requests[stream]?.opening,
            opening.payloadLength > Limits.sessionInlineLengthMax
        else { return nil }
        return (opening.header, opening.payloadLength)
    }

    /// A request is answered before its payload has come, of which none was allowed yet.
    mutating func answeredEarly(_ stream: UInt32, _ response: SessionResponse) {
        isReserving = false
        if !isEnded, requests[stream]?.phase == .waiting { answerWithoutPayload(stream, response) }
        reserveNext()
    }

    /// A request is answered while its payload comes along; one that is whole has its handler's
    /// answer. What has come is dropped, and what the peer has not sent stays there.
    mutating func answeredMeanwhile(_ stream: UInt32, _ response: SessionResponse) {
        guard !isEnded, requests[stream]?.phase == .receiving else { return }
        answerWithoutPayload(stream, response)
    }

    private mutating func answerWithoutPayload(_ stream: UInt32, _ response: SessionResponse) {
        guard var request = requests[stream] else { return }
        frames.append(.response(stream: stream, header: response.header, payloadLength: 0))
        request.refuse()
        requests[stream] = request
        giveBack(stream)
        if request.isEndedByPeer { close(stream) }
    }

    /// A handler has ended.
    mutating func finished(_ stream: UInt32, _ result: Result<SessionResponse, SessionRefusal>) {
        guard var request = requests[stream], request.phase == .running else { return }
        guard !isEnded else {
            giveBack(stream)
            requests[stream] = nil
            return
        }
        switch result {
        case .success(let response)
        where request.stopped == nil && fits(response, request.opening):
            request.phase = .responding
            request.answer = LeavingPayload(response.payload)
            request.answerLength = response.payload.byteCount
            requests[stream] = request
            frames.append(
                .response(
                    stream: stream, header: response.header,
                    payloadLength: response.payload.byteCount))
            if response.payload.byteCount > 0 {
                sending.append(stream, isLong: request.isAnswerLong)
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
        sending.remove(stream)
        request.refuse()
        requests[stream] = request
        giveBack(stream)
        if request.isEndedByPeer { close(stream) }
    }

    /// The time of a request is over.
    mutating func expire(_ stream: UInt32) { stop(stream, .timedOut) }

    mutating func stop(_ stream: UInt32, _ refusal: SessionRefusal) {
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

    func fits(_ response: SessionResponse, _ opening: RequestOpening) -> Bool {
        response.payload.byteCount <= opening.responseLengthMax
            && response.header.count <= Limits.sessionHeaderLengthMax
    }

    mutating func open(
        _ stream: UInt32, _ opening: RequestOpening
    ) throws(SessionViolation) {
        guard stream == lastPeerStream &+ 2 else { throw .badStream(stream) }
        lastPeerStream = stream
        guard requests.count < Limits.sessionStreamCountMax else { throw .tooManyStreams }
        requests[stream] = IncomingRequest(opening)
        if opening.isAdvanced { try begin(stream, opening) }
        guard !isLeaving else {
            refuse(stream, .closing)
            return
        }
        guard !opening.isAdvanced else {
            effects.append(.opened(stream: stream, timeAllowed: opening.timeAllowed))
            effects.append(.admit(stream: stream))
            return
        }
        unreserved.append(stream)
        effects.append(.opened(stream: stream, timeAllowed: opening.timeAllowed))
        reserveNext()
    }

    /// Has a payload come into memory that is held for it already.
    private mutating func begin(
        _ stream: UInt32, _ opening: RequestOpening
    ) throws(SessionViolation) {
        guard opening.payloadLength <= advanceGiven else { throw .tooManyBytes(stream: stream) }
        advanceGiven -= opening.payloadLength
        requests[stream]?.heldByteCount = opening.payloadLength
        _ = requests[stream]?.grant(from: pool)
    }

    /// Asks for the memory of the oldest request, when this peer may have more; one that is larger
    /// than all a peer may have gets its turn when nothing else is held.
    mutating func reserveNext() {
        while !isEnded, !isReserving, let stream = unreserved.first {
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

    mutating func runIfWhole(_ stream: UInt32) {
        guard var request = requests[stream], request.phase == .receiving,
            request.missingByteCount == 0
        else { return }
        let whole = request.start()
        requests[stream] = request
        effects.append(.run(stream: stream, whole))
    }

    mutating func close(_ stream: UInt32) {
        giveBack(stream)
        requests[stream] = nil
        effects.append(.closed(stream: stream))
    }

    mutating func giveBack(_ stream: UInt32) {
        guard let request = requests[stream], request.heldByteCount > 0 else { return }
        let held = request.heldByteCount
        requests[stream]?.heldByteCount = 0
        if request.opening.isAdvanced, !isEnded {
            advanceGiven += held
            frames.append(.advance(byteCount: held))
            return
        }
        if !request.opening.isAdvanced { heldByteCount -= held }
        effects.append(.release(byteCount: held))
        reserveNext()
    }
}
