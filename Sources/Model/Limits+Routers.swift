/// Of those who forward, and of those who are reached through them.
extension Limits {
    /// Nodes that wait at a router, unless a setting says otherwise: each takes a session.
    package static let routerWaitingCountMax = 20
    /// Devices of one user, and one that comes back before its old session was missed.
    package static let routerWaitingPerUserMax = 4
    /// Each takes two sockets and at most twice the window beside what the kernel holds.
    package static let spliceCountMax = 256
    /// One session to each of a user's suppliers here, and a few more.
    package static let splicesPerCallerMax = 32
    package static let splicesPerCalledMax = 128
    /// Calls of one user: as many as nodes may wait here, then one each second.
    package static let routerCallBurst = 32
    package static let routerCallsPerSecond = 1
    package static let callersPerAnswerMax = 16
    /// Bytes of one user each second, unless a setting says otherwise: what a fast line at home
    /// sends, so that one user cannot have a whole server's.
    package static let routerBytesPerSecond = 16 << 20
    /// Bytes of one user in a day: two hours at that rate.
    package static let routerBytesPerDay = 100 << 30
    /// Users whose bytes are counted: those of all splices, and of a day's callers.
    package static let routerMeterUserMax = 4096
    /// Of them, those that an answer names.
    package static let routerUsersTold = 100
    package static let spliceJoinDeadline: Duration = .seconds(10)
    package static let routerReturnDeadline: Duration = .seconds(10)
    /// Below the time after which a request is given up.
    package static let routerWaitMax: Duration = .seconds(240)
    /// Sessions inside end after 300 s without use.
    package static let spliceIdleDeadline: Duration = .seconds(330)
    package static let spliceLifetime: Duration = .seconds(12 * 3600)
    package static let spliceDrainDeadline: Duration = .seconds(10)
    /// Bytes that wait to be written to one side of a splice; then the other is not read.
    package static let spliceWindow = 256 << 10
    /// How soon routers are looked for again while there are too few, in nanoseconds.
    package static let routerSearchDelayMin: UInt64 = 1_000_000_000
    package static let routerSearchDelayMax: UInt64 = 60_000_000_000
    /// How soon a new node of the DHT is told that this is a router, in nanoseconds.
    package static let announceCheckInterval: UInt64 = 5_000_000_000
    /// Routers at which a node waits.
    package static let routersInUse = 2
    /// Routers at which a peer is looked for.
    package static let routersPerPeerMax = 4
    package static let routerCandidateCountMax = 32
    /// Calls that a node takes at the same time: a router can make it dial the router, no more.
    package static let callersTakenMax = 32
    /// For all addresses of a peer together, when it can be reached through a router instead.
    package static let directDeadline: Duration = .seconds(3)
}
