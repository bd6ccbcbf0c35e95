internal import Model
internal import NIOCore
internal import Synchronization

/// What a listener of sessions let in and what it did not.
package struct SessionCounts: Equatable, Sendable {
    /// Connections, with those that shake hands.
    package var open = 0
    package var established = 0
    /// More than the limits allow.
    package var refused = 0
    /// Handshakes that came to nothing.
    package var failed = 0

    package init() {}
}

/// Counts the connections of a listener: strangers for each range of addresses until they have
/// shown who they are, then the sessions of each user.
final class SessionGate: Sendable {
    private struct State {
        var counts = SessionCounts()
        var strangers: [IPAddress: Int] = [:]
        var perUser: [UserID: Int] = [:]
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
        var rates = ArrivalRates<IPAddress>()
    }

    private let limits: SessionGateLimits
    private let state = Mutex(State())

    init(limits: SessionGateLimits) {
        self.limits = limits
    }

    var counts: SessionCounts { state.withLock { $0.counts } }

    /// Lets a new connection in as a stranger; `nil` when the caller must close it.
    func enter(_ channel: any Channel) -> Endpoint? {
        guard let peer = SocketAddresses.endpoint(channel.remoteAddress) else { return nil }
        let range = peer.address.range
        let uptime = channel.eventLoop.now.uptimeNanoseconds
        let isIn = state.withLock { state in
            let isCounted = !peer.address.isLoopback || limits.countsLoopback
            guard !state.isClosed, state.counts.open < limits.connectionCountMax,
                !isCounted
                    || (state.strangers[range, default: 0] < limits.strangersPerRangeMax
                        && state.rates.admits(range, at: uptime))
            else {
                state.counts.refused += 1
                return false
            }
            state.counts.open += 1
            state.strangers[range, default: 0] += 1
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isIn else { return nil }
        channel.closeFuture.whenComplete { _ in self.leave(channel) }
        return peer
    }

    /// A stranger has become a session, or its handshake has failed.
    ///
    /// - Returns: whether its user may have one more; when not, the caller must close it.
    func recognise(_ userID: UserID?, from peer: Endpoint, _ channel: any Channel) -> Bool {
        let isIn = state.withLock { state in
            let rest = state.strangers[peer.address.range, default: 1] - 1
            state.strangers[peer.address.range] = rest == 0 ? nil : rest
            guard let userID else {
                state.counts.failed += 1
                return false
            }
            guard state.perUser[userID, default: 0] < limits.sessionsPerUserMax else {
                state.counts.refused += 1
                return false
            }
            state.perUser[userID, default: 0] += 1
            state.counts.established += 1
            return true
        }
        if isIn, let userID {
            channel.closeFuture.whenComplete { _ in self.forget(userID) }
        }
        return isIn
    }

    private func forget(_ userID: UserID) {
        state.withLock { state in
            let rest = state.perUser[userID, default: 1] - 1
            state.perUser[userID] = rest == 0 ? nil : rest
            state.counts.established -= 1
        }
    }

    /// A stranger is somebody else's to count from now on.
    func handOver(_ channel: any Channel, from peer: Endpoint) {
        state.withLock { state in
            let rest = state.strangers[peer.address.range, default: 1] - 1
            state.strangers[peer.address.range] = rest == 0 ? nil : rest
        }
        leave(channel)
    }

    private func leave(_ channel: any Channel) {
        state.withLock { state in
            guard state.channels.removeValue(forKey: ObjectIdentifier(channel)) != nil else {
                return
            }
            state.counts.open -= 1
        }
    }

    /// Lets nobody in any more.
    ///
    /// - Returns: the connections there are.
    func close() -> [any Channel] {
        state.withLock { state in
            state.isClosed = true
            return Array(state.channels.values)
        }
    }
}

/// How many connections a listener takes.
package struct SessionGateLimits: Sendable {
    package var connectionCountMax = Limits.sessionCountMax
    package var strangersPerRangeMax = Limits.strangersPerRangeMax
    package var sessionsPerUserMax = Limits.sessionsPerUserMax
    /// Whether strangers of this machine are counted as a range too.
    package var countsLoopback = false

    package init() {}
}
