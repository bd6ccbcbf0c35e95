package import Model
package import Networking
internal import Synchronization

/// Drives a ``DHTCore`` with a real port, clock and sleeper.
///
/// Datagrams are handed over in batches: the port's thread leaves them in a bounded queue, and one
/// task empties it. What does not fit is dropped, as the network would.
///
/// Thread rules: the core is touched on the actor only; ``arrived(_:)`` may be called anywhere.
package actor DHTNode {
    /// What the owner of a node is told, beside the answers to its requests.
    package struct Listeners: Sendable {
        /// Keep these for the next run.
        package var save: @Sendable (SavedContacts) -> Void = { _ in }
        /// An own publication was overtaken by a state written elsewhere.
        package var superseded: @Sendable (Item) -> Void = { _ in }
        /// Where the configured nodes are now; asked again and again while nobody answers.
        package var resolveKnownNodes: @Sendable () async -> [Endpoint] = { [] }

        package init() {}
    }

    /// What `network/status` shows.
    package struct Status: Sendable {
        package let id: NodeID
        /// Contacts that have answered in this run.
        package let contactCount: Int
        package let bucketCount: Int
        package let itemCount: Int
        package let topicCount: Int
        package let searchCount: Int
        package let counters: DHTCounters
        /// Datagrams for which the queue had no room.
        package let droppedCount: Int
    }

    private var core: DHTCore
    private let time: any TimeSource
    private let sleeper: any Sleeper
    private let listeners: Listeners
    private let inbox = Inbox()
    private var port: (any DatagramPort)?
    private var effects: [DHTEffect] = []
    private var waiting: [UInt64: CheckedContinuation<DHTAnswer, Never>] = [:]
    private var lastTicket: UInt64 = 0
    private var timer: Task<Void, Never>?
    private var timerDeadline = UInt64.max
    private var isResolving = false
    private var isStopped = false

    package init(
        configuration: DHTConfiguration, saved: SavedContacts?, verifier: any ItemVerifier,
        time: any TimeSource, sleeper: any Sleeper, random: any RandomSource,
        listeners: Listeners = Listeners()
    ) {
        core = DHTCore(
            configuration: configuration, seed: random.bytes32(), verifier: verifier,
            saved: saved, now: time.uptime)
        self.time = time
        self.sleeper = sleeper
        self.listeners = listeners
    }

    // MARK: Running

    /// Speaks through `port`, whose handler calls ``arrived(_:)``, and joins by `known`; a node
    /// that starts a network knows nobody.
    package func start(port: any DatagramPort, known: [Endpoint]) {
        precondition(self.port == nil)
        self.port = port
        core.know(known, now: time.uptime, &effects)
        perform()
    }

    /// Tells where the configured nodes are now.
    package func know(_ endpoints: [Endpoint]) {
        core.know(endpoints, now: time.uptime, &effects)
        perform()
    }

    /// Stops and closes the port. Requests under way are answered with what there is: nothing.
    ///
    /// - Returns: the contacts for the next run.
    @discardableResult
    package func stop() async -> SavedContacts {
        isStopped = true
        timer?.cancel()
        timer = nil
        for (_, continuation) in waiting.sorted(by: { $0.key < $1.key }) {
            continuation.resume(returning: .refused(.stopped))
        }
        waiting = [:]
        let open = port
        port = nil
        await open?.close()
        return core.savedContacts
    }

    package var status: Status {
        Status(
            id: core.id, contactCount: core.table.answeringCount,
            bucketCount: core.table.bucketCount, itemCount: core.itemCount,
            topicCount: core.topicCount, searchCount: core.searchCount, counters: core.counters,
            droppedCount: inbox.droppedCount)
    }

    package var contacts: [Contact] { core.table.contacts }

    /// What this node keeps for others, with the nanoseconds that are left.
    package func items(atMost countMax: Int) -> [(item: Item, time: UInt64)] {
        core.items.items(atMost: countMax, now: time.uptime)
    }

    // MARK: Requests

    /// Puts a request to the core and waits for its answer.
    package func perform(_ request: DHTRequest) async -> DHTAnswer {
        guard !isStopped else { return .refused(.stopped) }
        lastTicket += 1
        let ticket = lastTicket
        return await withCheckedContinuation { continuation in
            waiting[ticket] = continuation
            core.request(request, ticket: ticket, now: time.uptime, &effects)
            perform()
        }
    }

    // MARK: Datagrams and time

    /// The handler of the port.
    package nonisolated func arrived(_ datagrams: [Datagram]) {
        guard inbox.add(datagrams) else { return }
        Task { await self.empty() }
    }

    private func empty() async {
        while true {
            let batch = inbox.takeAll()
            if batch.isEmpty { return }
            // Requests have their turn between batches.
            await Task.yield()
            guard port != nil else { continue }
            let now = time.uptime
            for datagram in batch {
                core.receive(datagram.bytes, from: datagram.peer, now: now, &effects)
                send()
            }
            perform()
        }
    }

    /// Sends what is to be sent and leaves the other effects.
    private func send() {
        guard effects.count == 1, case .send(let bytes, let endpoint) = effects[0] else { return }
        port?.send(bytes, to: endpoint)
        effects.removeAll(keepingCapacity: true)
    }

    private func perform() {
        let batch = effects
        effects.removeAll(keepingCapacity: true)
        for effect in batch {
            switch effect {
            case .send(let bytes, let endpoint): port?.send(bytes, to: endpoint)
            case .answer(let ticket, let answer):
                waiting.removeValue(forKey: ticket)?.resume(returning: answer)
            case .save: listeners.save(core.savedContacts)
            case .superseded(let item): listeners.superseded(item)
            case .resolveKnownNodes: resolve()
            }
        }
        arm()
    }

    private func resolve() {
        guard !isResolving else { return }
        isResolving = true
        Task {
            let endpoints = await listeners.resolveKnownNodes()
            isResolving = false
            if !endpoints.isEmpty, !isStopped { core.learn(endpoints) }
        }
    }

    /// Sees to it that the core is called when it wants to be.
    private func arm() {
        guard !isStopped else { return }
        let deadline = core.nextDeadline
        guard deadline < timerDeadline || timer == nil else { return }
        timer?.cancel()
        timerDeadline = deadline
        let delay = deadline - min(deadline, time.uptime)
        timer = Task { [weak self, sleeper] in
            do {
                try await sleeper.sleep(nanoseconds: delay)
            } catch {
                return
            }
            await self?.wake()
        }
    }

    private func wake() {
        guard !isStopped, !Task.isCancelled else { return }
        timer = nil
        timerDeadline = .max
        core.advance(to: time.uptime, &effects)
        perform()
    }
}

/// Datagrams on their way from the port's thread to the actor.
private final class Inbox: Sendable {
    /// At 20,000 a second, a quarter of one.
    private static let countMax = 5000

    private struct State {
        var datagrams: [Datagram] = []
        var isBeingEmptied = false
        var droppedCount = 0
    }

    private let state = Mutex(State())

    var droppedCount: Int { state.withLock { $0.droppedCount } }

    /// Whether somebody has to be told to empty it.
    func add(_ datagrams: [Datagram]) -> Bool {
        state.withLock { state in
            let room = max(0, Inbox.countMax - state.datagrams.count)
            state.datagrams += datagrams.prefix(room)
            state.droppedCount += max(0, datagrams.count - room)
            defer { state.isBeingEmptied = true }
            return !state.isBeingEmptied
        }
    }

    /// All that is there; after an empty batch the next ``add(_:)`` tells somebody again.
    func takeAll() -> [Datagram] {
        state.withLock { state in
            let batch = state.datagrams
            state.datagrams = []
            if batch.isEmpty { state.isBeingEmptied = false }
            return batch
        }
    }
}
