internal import Model

/// What a session demands of its peer, and how long it lasts without use.
package struct SessionSettings: Sendable {
    package var handshakeDeadline = Limits.handshakeDeadline
    package var idleDeadline = Limits.idleDeadline
    package var pingInterval = Limits.pingInterval
    package var pongDeadline = Limits.pongDeadline
    package var minimumRateByteCount = Limits.minimumRateByteCount
    package var minimumRateWindow = Limits.minimumRateWindow
    package var memoryPerPeer = Limits.sessionMemoryPerPeer
    /// Pings so that neither side finds the session idle.
    package var staysOpen = false

    package init() {}

    /// How long `byteCount` bytes may take to be written.
    func writeTime(_ byteCount: Int) -> Duration {
        minimumRateWindow + minimumRateWindow * (byteCount / max(1, minimumRateByteCount))
    }

    /// Often enough that no deadline is passed by more than a quarter.
    var tick: Duration {
        let shortest = min(
            handshakeDeadline, idleDeadline, pingInterval, pongDeadline, minimumRateWindow)
        return max(shortest / 4, .milliseconds(5))
    }
}
