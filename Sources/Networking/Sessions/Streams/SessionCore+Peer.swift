internal import Model
internal import NIOCore

/// What the peer says. Whatever does not fit is a violation, and ends the session.
extension SessionCore {
    mutating func received(_ part: SessionFrameParser.Part) throws(SessionViolation) {
        switch part {
        case .frame(let frame): try received(frame)
        case .bytes(let stream, let bytes): took(bytes, stream)
        }
    }

    mutating func received(_ frame: SessionFrame) throws(SessionViolation) {
        guard hasPeerHello != (frame == .hello) else { throw .badHello }
        switch frame {
        case .hello:
            hasPeerHello = true
            effects.append(.established)
        case .request(let stream, let opening):
            guard !isOwn(stream) else { throw .badStream(stream) }
            try open(stream, opening)
        case .response(let stream, let header, let payloadLength):
            let pool = pool
            try withCall(stream) { call throws(SessionViolation) in
                try call.begin(
                    header: header, payloadLength: payloadLength, stream: stream, pool: pool)
            }
            finishCall(stream)
        case .data(let stream, let byteCount): try expect(byteCount, stream)
        case .credit(let stream, let byteCount): try credit(byteCount, stream)
        case .advance(let byteCount):
            guard byteCount <= Limits.sessionAdvanceMax - advanceTaken else {
                throw .tooManyBytes(stream: 0)
            }
            advanceTaken += byteCount
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

    func isOwn(_ stream: UInt32) -> Bool { stream & 1 == ownParity }

    mutating func withCall(
        _ stream: UInt32,
        _ body: (inout OutgoingCall) throws(SessionViolation) -> Void
    ) throws(SessionViolation) {
        guard isOwn(stream), var call = calls[stream] else { throw .badStream(stream) }
        try body(&call)
        calls[stream] = call
    }

    mutating func expect(
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

    mutating func took(_ bytes: ByteBuffer, _ stream: UInt32) {
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

    mutating func credit(_ byteCount: Int, _ stream: UInt32) throws(SessionViolation) {
        guard isOwn(stream), stream < nextOwnStream else { throw .badStream(stream) }
        // Credit may cross a reset of ours.
        guard let call = calls[stream], !call.isCancelled else { return }
        guard byteCount <= call.payload.byteCount - call.credit else {
            throw .tooManyBytes(stream: stream)
        }
        calls[stream]?.credit += byteCount
        if call.credit == 0 { sending.append(stream, isLong: call.isLong) }
    }

    mutating func reset(
        _ stream: UInt32, _ refusal: SessionRefusal
    ) throws(SessionViolation) {
        guard isOwn(stream) else {
            try resetByRequester(stream)
            return
        }
        guard let call = calls[stream] else { throw .badStream(stream) }
        if !call.isCancelled {
            forget(call: call.id, .refused(refusal))
            if call.payload.byteCount > 0 {
                frames.append(.reset(stream: stream, .cancelled))
            }
        }
        sending.remove(stream)
        calls[stream] = nil
        openCalls()
    }

    /// The requester has ended its half; a reset may cross the end of our answer.
    mutating func resetByRequester(_ stream: UInt32) throws(SessionViolation) {
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

    mutating func finishCall(_ stream: UInt32) {
        guard let answer = calls[stream]?.takeAnswer(),
            let call = calls.removeValue(forKey: stream)
        else { return }
        if !call.isCancelled {
            // An early answer: nobody wants the rest of the payload.
            if call.payload.byteCount > 0 {
                sending.remove(stream)
                frames.append(.reset(stream: stream, .cancelled))
            }
            streams[call.id] = nil
            effects.append(.answer(call: call.id, .success(answer)))
        }
        openCalls()
    }
}
