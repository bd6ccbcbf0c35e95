internal import Model

/// How much a router does for others.
package struct RouterLimits: Sendable, Equatable {
    /// Nodes that wait.
    package var waitingCountMax = Limits.routerWaitingCountMax
    package var waitingPerUserMax = Limits.routerWaitingPerUserMax
    /// Splices, with those that begin.
    package var spliceCountMax = Limits.spliceCountMax
    package var splicesPerCallerMax = Limits.splicesPerCallerMax
    package var splicesPerCalledMax = Limits.splicesPerCalledMax
    package var callBurst = Limits.routerCallBurst
    package var callsPerSecond = Limits.routerCallsPerSecond
    /// Bytes of one user, in both directions of all its splices; no limit when 0.
    package var bytesPerSecond = Limits.routerBytesPerSecond
    package var bytesPerDay = Limits.routerBytesPerDay
    /// Both connections of a splice must be there after this.
    package var joinDeadline = Limits.spliceJoinDeadline
    /// How long a node that waits may take from one request to the next.
    package var returnDeadline = Limits.routerReturnDeadline
    package var waitMax = Limits.routerWaitMax
    /// A splice without a byte, and one that is old, ends.
    package var idleDeadline = Limits.spliceIdleDeadline
    package var lifetime = Limits.spliceLifetime
    /// What is left to write when one side has closed.
    package var drainDeadline = Limits.spliceDrainDeadline

    package init() {}
}

/// What a router is doing.
package struct RouterCounts: Equatable, Sendable {
    package var waiting = 0
    /// Splices with both connections.
    package var joined = 0
    /// Those that wait for one or both.
    package var pending = 0
    /// Since the start.
    package var refused = 0
    package var served = 0
}
