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
        runIfWhole(stream)
        reserveNext()
    }

    /// The peer may not ask for anything.
    mutating func declined(_ stream: UInt32) {
        isReserving = false
        refuse(stream, .notAllowed)
        reserveNext()
    }

    /// What a request that waits for memory says, when its payload is not on its way already.
    func longRequest(_ stream: UInt32) -> (header: [UInt8], payloadLength: Int)? {
        guard let opening = requests[stream]?.opening,
            opening.payloadLength > Limits.sessionInlineLengthMax
        else { return nil }
        return (opening.header, opening.payloadLength)
    }

    /// A request is answered before its payload has come, of which none was allowed yet.
    mutating func answeredEarly(_ stream: UInt32, _ response: SessionResponse) {
        isReserving = false
        if !isEnded, var request = requests[stream], request.phase == .waiting {
            frames.append(
                .response(stream: stream, header: response.header, payloadLength: 0))
            request.refuse()
            requests[stream] = request
            if request.isEndedByPeer { close(stream) }
        }
        reserveNext()
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
        guard let held = requests[stream]?.heldByteCount, held > 0 else { return }
        requests[stream]?.heldByteCount = 0
        heldByteCount -= held
        effects.append(.release(byteCount: held))
        reserveNext()
    }
}
