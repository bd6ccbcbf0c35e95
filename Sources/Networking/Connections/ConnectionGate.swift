internal import Model
internal import NIOCore
internal import Synchronization

/// What a listener let in and what it did not.
package struct ConnectionCounts: Equatable, Sendable {
    package var open = 0
    package var admitted = 0
    /// More than the limits allow, in total or from one range of addresses.
    package var refused = 0
    /// Closed since the peer was too slow or idle for too long.
    package var tooSlow = 0

    package init() {}
}

/// Counts the connections of a listener, in total and for each range of addresses, and ends them
/// together.
final class ConnectionGate: Sendable {
    private struct State {
        var counts = ConnectionCounts()
        var openPerRange: [IPAddress: Int] = [:]
        var channels: [ObjectIdentifier: any Channel] = [:]
        var isClosed = false
        var emptied: EventLoopPromise<Void>?
    }

    private let limits: ConnectionLimits
    private let state = Mutex(State())

    init(limits: ConnectionLimits) {
        self.limits = limits
    }

    var counts: ConnectionCounts { state.withLock { $0.counts } }

    func countTooSlow() { state.withLock { $0.counts.tooSlow += 1 } }

    /// Lets a new connection in, until it is closed, or counts it as refused.
    ///
    /// - Returns: its peer; `nil` when the caller must close it.
    func enter(_ channel: any Channel) -> Endpoint? {
        guard let peer = SocketAddresses.endpoint(channel.remoteAddress) else { return nil }
        let isIn = state.withLock { state in
            let inRange = state.openPerRange[peer.address.range, default: 0]
            guard !state.isClosed, state.counts.open < limits.connectionCountMax,
                peer.address.isLoopback || inRange < limits.connectionsPerRangeMax
            else {
                state.counts.refused += 1
                return false
            }
            state.counts.open += 1
            state.counts.admitted += 1
            state.openPerRange[peer.address.range] = inRange + 1
            state.channels[ObjectIdentifier(channel)] = channel
            return true
        }
        guard isIn else { return nil }
        channel.closeFuture.whenComplete { _ in self.leave(channel, from: peer.address) }
        return peer
    }

    private func leave(_ channel: any Channel, from address: IPAddress) {
        let emptied = state.withLock { state -> EventLoopPromise<Void>? in
            state.channels[ObjectIdentifier(channel)] = nil
            state.counts.open -= 1
            let rest = state.openPerRange[address.range, default: 1] - 1
            state.openPerRange[address.range] = rest == 0 ? nil : rest
            return state.counts.open == 0 ? state.emptied : nil
        }
        emptied?.succeed()
    }

    /// Lets nobody in any more, asks every connection to end once its answer is sent, and closes
    /// after `grace` those that have not.
    func close(grace: Duration, on eventLoop: any EventLoop) async {
        let emptied = eventLoop.makePromise(of: Void.self)
        let channels = state.withLock { state in
            state.isClosed = true
            state.emptied = emptied
            return Array(state.channels.values)
        }
        if channels.isEmpty { emptied.succeed() }
        for channel in channels {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
        // A deadline of the adapter itself: nothing but these sockets depends on it.
        let timer = eventLoop.scheduleTask(in: TimeAmount(grace)) {
            for channel in channels { channel.close(promise: nil) }
        }
        // Never fails.
        try? await emptied.futureResult.get()
        timer.cancel()
    }
}
