package import Model

/// Who waits at a router, who calls whom, and which two connections belong together, as a value:
/// no sockets, no clocks, no tasks. Times are nanoseconds of uptime; waits and connections are
/// numbers that the driver gives.
///
/// | what | begins | ends |
/// |---|---|---|
/// | place | a first wait | its wait is cancelled, or no new one within `returnDeadline` |
/// | pass | a call | a connection shows it, or `joinDeadline` |
/// | splice | a call | a connection closes, or not both have come within `joinDeadline` |
package struct RouterCore {
    package enum Effect: Equatable {
        case answer(wait: UInt64, RouterResponse)
        /// From now on what one says goes to the other.
        case join(caller: UInt64, called: UInt64)
        case close(connection: UInt64)
    }

    struct Place {
        /// The request that waits; between two there is none until `deadline`.
        var wait: UInt64?
        var deadline: UInt64
        var callers: [SplicePass] = []
        /// Larger for those who came later.
        let order: UInt64
    }

    struct Splice {
        let caller: UserID
        let called: UserID
        let passes: [SplicePass]
        let deadline: UInt64
        var callerConnection: UInt64?
        var calledConnection: UInt64?
        var isJoined = false
        var openCount = 0
    }

    package let limits: RouterLimits
    private let random: any RandomSource
    private var rates: ArrivalRates<UserID>
    private(set) var places: [PeerName: Place] = [:]
    private(set) var splices: [UInt64: Splice] = [:]
    /// Passes that nobody has shown yet.
    private var passes: [SplicePass: UInt64] = [:]
    private var connections: [UInt64: UInt64] = [:]
    private var waits: [UInt64: PeerName] = [:]
    private var lastNumber: UInt64 = 0
    private var refusedCount = 0
    private var servedCount = 0

    package init(limits: RouterLimits, random: any RandomSource) {
        self.limits = limits
        self.random = random
        rates = ArrivalRates(burst: limits.callBurst, perSecond: limits.callsPerSecond)
    }

    package var counts: RouterCounts {
        var counts = RouterCounts()
        counts.waiting = places.count
        counts.joined = splices.values.count(where: \.isJoined)
        counts.pending = splices.count - counts.joined
        counts.refused = refusedCount
        counts.served = servedCount
        return counts
    }

    // MARK: Waiting

    /// A node waits, or waits again. Its answer comes as an effect, now or later.
    package mutating func wait(
        _ wait: UInt64, by peer: PeerName, patience: UInt32, at uptime: UInt64
    ) -> [Effect] {
        var effects: [Effect] = []
        if places[peer] == nil {
            if let refusal = refusalOfPlace(peer.userID) {
                refusedCount += 1
                return [.answer(wait: wait, .refused(refusal))]
            }
            places[peer] = Place(wait: nil, deadline: uptime, order: nextNumber())
        }
        // The same device asks again: its first request is of a session that it has lost.
        if let old = places[peer]?.wait {
            waits[old] = nil
            effects.append(.answer(wait: old, .callers([])))
        }
        let patience = min(UInt64(patience) * 1_000_000, limits.waitMax.nanoseconds)
        places[peer]?.wait = wait
        places[peer]?.deadline = uptime + patience
        waits[wait] = peer
        return effects + answerIfDue(peer, at: uptime)
    }

    /// Nobody waits for the answer any more: the node is gone.
    package mutating func cancelled(wait: UInt64) -> [Effect] {
        guard let peer = waits.removeValue(forKey: wait) else { return [] }
        return remove(peer)
    }

    /// Gives up a place, and whoever has called there and was not told of yet.
    private mutating func remove(_ peer: PeerName) -> [Effect] {
        guard let place = places.removeValue(forKey: peer) else { return [] }
        return place.callers.compactMap { passes[$0] }.flatMap { end($0) }
    }

    /// The answer to a wait that has callers or whose time is over.
    private mutating func answerIfDue(_ peer: PeerName, at uptime: UInt64) -> [Effect] {
        guard var place = places[peer], let wait = place.wait,
            !place.callers.isEmpty || place.deadline <= uptime
        else { return [] }
        let callers = Array(place.callers.prefix(Limits.callersPerAnswerMax))
        place.callers.removeFirst(callers.count)
        place.wait = nil
        place.deadline = uptime + limits.returnDeadline.nanoseconds
        places[peer] = place
        waits[wait] = nil
        return [.answer(wait: wait, .callers(callers))]
    }

    private func refusalOfPlace(_ user: UserID) -> RouterRefusal? {
        if places.count >= limits.waitingCountMax { return .full }
        let own = places.keys.count { $0.userID == user }
        return own >= limits.waitingPerUserMax ? .tooMany : nil
    }

    // MARK: Calling

    /// Somebody wants to reach a node that waits.
    package mutating func call(
        _ peer: PeerName, by caller: PeerName, at uptime: UInt64
    ) -> (RouterResponse, [Effect]) {
        guard rates.admits(caller.userID, at: uptime) else { return refused(.tooMany) }
        guard let name = place(of: peer) else { return refused(.notWaiting) }
        if let refusal = refusalOfSplice(caller.userID, name.userID) { return refused(refusal) }
        guard let place = places[name], place.callers.count < Limits.callersPerAnswerMax else {
            return refused(.peerBusy)
        }
        let pair = [SplicePass(bytes: random.bytes32()), SplicePass(bytes: random.bytes32())]
        let number = nextNumber()
        splices[number] = Splice(
            caller: caller.userID, called: name.userID, passes: pair,
            deadline: uptime + limits.joinDeadline.nanoseconds)
        for pass in pair { passes[pass] = number }
        places[name]?.callers.append(pair[1])
        return (.pass(pair[0]), answerIfDue(name, at: uptime))
    }

    mutating func refused(_ refusal: RouterRefusal) -> (RouterResponse, [Effect]) {
        refusedCount += 1
        return (.refused(refusal), [])
    }

    /// The device that is meant; without one, the user's that came last, or that of a user with
    /// the fingerprint that is asked for.
    private func place(of peer: PeerName) -> PeerName? {
        if peer.deviceID != nil { return places[peer] == nil ? nil : peer }
        let fingerprint = UserFingerprint.wildcard(peer.userID)
        return places.filter { place in
            fingerprint?.names(place.key.userID) ?? (peer.userID == place.key.userID)
        }
        .max { $0.value.order < $1.value.order }?.key
    }

    private func refusalOfSplice(_ caller: UserID, _ called: UserID) -> RouterRefusal? {
        if splices.count >= limits.spliceCountMax { return .full }
        if splices.values.count(where: { $0.caller == caller }) >= limits.splicesPerCallerMax {
            return .tooMany
        }
        let ofCalled = splices.values.count { $0.called == called }
        return ofCalled >= limits.splicesPerCalledMax ? .peerBusy : nil
    }

    // MARK: Connections

    /// A connection shows its pass.
    package mutating func arrived(_ connection: UInt64, showing pass: SplicePass) -> [Effect] {
        guard let number = passes.removeValue(forKey: pass), var splice = splices[number] else {
            refusedCount += 1
            return [.close(connection: connection)]
        }
        if pass == splice.passes[0] {
            splice.callerConnection = connection
        } else {
            splice.calledConnection = connection
        }
        splice.openCount += 1
        connections[connection] = number
        defer { splices[number] = splice }
        guard let caller = splice.callerConnection, let called = splice.calledConnection else {
            return []
        }
        splice.isJoined = true
        servedCount += 1
        return [.join(caller: caller, called: called)]
    }

    /// Whose splice a connection belongs to.
    func users(of connection: UInt64) -> [UserID] {
        guard let splice = connections[connection].flatMap({ splices[$0] }) else { return [] }
        return [splice.caller, splice.called]
    }

    /// A connection has closed. Of a splice that is joined the driver ends the other one, when all
    /// is written.
    package mutating func closed(_ connection: UInt64) -> [Effect] {
        guard let number = connections.removeValue(forKey: connection) else { return [] }
        splices[number]?.openCount -= 1
        guard let splice = splices[number] else { return [] }
        if splice.isJoined {
            if splice.openCount == 0 { splices[number] = nil }
            return []
        }
        return end(number)
    }

    /// Gives up a splice that was never joined.
    private mutating func end(_ number: UInt64) -> [Effect] {
        guard let splice = splices.removeValue(forKey: number) else { return [] }
        for pass in splice.passes { passes[pass] = nil }
        for name in places.keys where name.userID == splice.called {
            places[name]?.callers.removeAll { splice.passes.contains($0) }
        }
        return [splice.callerConnection, splice.calledConnection].compactMap { connection in
            guard let connection, connections.removeValue(forKey: connection) != nil else {
                return nil
            }
            return .close(connection: connection)
        }
    }

    // MARK: Time

    /// Does what is due.
    package mutating func tick(at uptime: UInt64) -> [Effect] {
        var effects: [Effect] = []
        let late = splices.filter { !$0.value.isJoined && $0.value.deadline <= uptime }
        for number in late.keys.sorted() { effects += end(number) }
        let due = places.filter { $0.value.deadline <= uptime }
        for (name, place) in due.sorted(by: { $0.value.order < $1.value.order }) {
            effects += place.wait == nil ? remove(name) : answerIfDue(name, at: uptime)
        }
        return effects
    }

    private mutating func nextNumber() -> UInt64 {
        lastNumber += 1
        return lastNumber
    }
}
