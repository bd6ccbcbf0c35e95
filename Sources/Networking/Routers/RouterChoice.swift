package import Model

/// At which routers a node waits, as a value: times are nanoseconds of uptime.
///
/// | state of a router | becomes | when |
/// |---|---|---|
/// | candidate | trying | fewer than `wantedCount` are tried or waited at |
/// | trying | waiting | it has given a place |
/// | trying, waiting | resting | it does not answer, refuses, or its session ends |
/// | resting | candidate | its delay, doubled each time, is over |
package struct RouterChoice {
    package enum Effect: Equatable {
        case wait(at: Endpoint)
        case leave(Endpoint)
        /// The routers by which the node is reached now, the longest used first. Told when nothing
        /// is being tried, so that a change of routers is one change.
        case reached(by: [Endpoint])
    }

    private let wantedCount: Int
    private let random: any RandomSource
    /// The better ones first.
    private var candidates: [Endpoint] = []
    private var trying: [Endpoint] = []
    private var waiting: [Endpoint] = []
    private var delays: [Endpoint: RedialDelay] = [:]
    private var told: [Endpoint] = []

    package init(wantedCount: Int = Limits.routersInUse, random: any RandomSource) {
        self.wantedCount = wantedCount
        self.random = random
    }

    /// When ``tick(at:)`` has something to do; `nil` for never.
    package var nextDeadline: UInt64? {
        guard trying.count + waiting.count < wantedCount else { return nil }
        return candidates.compactMap { delays[$0]?.until }.min()
    }

    /// Takes the routers there are, the better ones first; those in use that are not among them
    /// stay.
    package mutating func offer(_ routers: [Endpoint], at uptime: UInt64) -> [Effect] {
        var seen: Set<Endpoint> = []
        candidates = Array(
            routers.filter { seen.insert($0).inserted }.prefix(Limits.routerCandidateCountMax))
        delays = delays.filter { seen.contains($0.key) || waiting.contains($0.key) }
        return tick(at: uptime)
    }

    /// A router has given a place.
    package mutating func began(_ router: Endpoint) -> [Effect] {
        guard let index = trying.firstIndex(of: router) else { return [.leave(router)] }
        trying.remove(at: index)
        waiting.append(router)
        delays[router] = nil
        return tell()
    }

    /// A router has not answered, has refused, or is gone.
    package mutating func lost(_ router: Endpoint, at uptime: UInt64) -> [Effect] {
        trying.removeAll { $0 == router }
        waiting.removeAll { $0 == router }
        let draw = random.bytes32().words.0
        delays[router] = RedialDelay(after: delays[router], at: uptime, draw: draw)
        return tick(at: uptime)
    }

    /// Tries what is to be tried.
    package mutating func tick(at uptime: UInt64) -> [Effect] {
        var effects: [Effect] = []
        while trying.count + waiting.count < wantedCount, let next = best(at: uptime) {
            trying.append(next)
            effects.append(.wait(at: next))
        }
        return effects + tell()
    }

    /// The first candidate, of those in another range than the routers in use when there is one.
    private func best(at uptime: UInt64) -> Endpoint? {
        let used = trying + waiting
        let free = candidates.filter {
            !used.contains($0) && delays[$0].map { $0.until <= uptime } ?? true
        }
        let ranges = Set(used.map(\.address.range))
        return free.first { !ranges.contains($0.address.range) } ?? free.first
    }

    private mutating func tell() -> [Effect] {
        guard trying.isEmpty, waiting != told else { return [] }
        told = waiting
        return [.reached(by: waiting)]
    }
}
