internal import NIOCore

/// What is under way on a session at a moment, as a value.
package struct SessionActivity: Sendable {
    /// A request and its answer, as far as both have come.
    package struct Exchange: Sendable {
        /// Its number in the session.
        package let stream: UInt32
        /// Whether this side asks.
        package let isOwn: Bool
        /// The first eight bytes of the request: which protocol it is of.
        package let magic: [UInt8]
        /// Bytes of payload that went and came so far, and those that are known to.
        package var sent = 0
        package var sentTotal = 0
        package var received = 0
        package var receivedTotal = 0
    }

    /// By their numbers.
    package let exchanges: [Exchange]
    /// Requests since the session began: this side's, and the peer's.
    package let madeCount: Int
    package let takenCount: Int
}

extension Session {
    package func activity() async -> SessionActivity {
        let nothing = SessionActivity(exchanges: [], madeCount: 0, takenCount: 0)
        return await withCheckedContinuation { continuation in
            onThread { handler in
                continuation.resume(returning: handler?.activity ?? nothing)
            }
        }
    }
}

extension SessionCore {
    var activity: SessionActivity {
        let own = calls.map { $1.exchange(stream: $0) }
        let others = requests.map { $1.exchange(stream: $0) }
        let first: UInt32 = ownParity == 1 ? 1 : 2
        let isFirstOpen = lastPeerStream == 0 || lastPeerStream == .max
        return SessionActivity(
            exchanges: (own + others).sorted { $0.stream < $1.stream },
            madeCount: Int(nextOwnStream - first) / 2,
            takenCount: isFirstOpen ? 0 : Int(lastPeerStream + 1) / 2)
    }
}

extension OutgoingCall {
    fileprivate func exchange(stream: UInt32) -> SessionActivity.Exchange {
        var exchange = SessionActivity.Exchange(stream: stream, isOwn: true, magic: magic)
        exchange.sentTotal = payloadLength
        exchange.sent = payloadLength - payload.byteCount
        exchange.receivedTotal = responseLength
        exchange.received = responseLength - (response?.missingByteCount ?? 0)
        return exchange
    }
}

extension IncomingRequest {
    fileprivate func exchange(stream: UInt32) -> SessionActivity.Exchange {
        var exchange = SessionActivity.Exchange(
            stream: stream, isOwn: false, magic: Array(opening.header.prefix(8)))
        exchange.receivedTotal = opening.payloadLength
        exchange.received = opening.payloadLength - missingByteCount
        exchange.sentTotal = answerLength
        exchange.sent = answerLength - answer.byteCount
        return exchange
    }
}
