package import DHT
package import Model

/// A whole DHT in one process: a clock that jumps, datagrams that take time and get lost, nodes
/// that come and go. From a seed; the same seed gives the same ``traceHash``.
package struct DHTSimulation {
    package struct Settings: Sendable {
        package var seed: UInt64 = 1
        /// Of 1000 datagrams.
        package var lossPerMille = 10
        /// Nanoseconds.
        package var latencyMin: UInt64 = 10_000_000
        package var latencyMax: UInt64 = 150_000_000
        package var configuration: DHTConfiguration

        package init(seed: UInt64) {
            self.seed = seed
            configuration = DHTConfiguration()
            configuration.senderPlaceCount = 32
        }
    }

    private struct Node {
        var core: DHTCore
        var generation = 0
        var isAlive = true
        var behaviour: HostileBehaviour?
        /// The timer that counts; others were set before and are void.
        var timer = UInt64.max
    }

    package let settings: Settings
    package private(set) var now: UInt64 = 1_000_000_000
    package private(set) var eventCount = 0
    package private(set) var deliveredCount = 0
    /// Of all datagrams that arrived, in order.
    package private(set) var traceHash: UInt64 = 0xcbf2_9ce4_8422_2325
    private var nodes: [Node] = []
    private var events = EventHeap<SimulatedEvent>()
    private var conspiracy = Conspiracy()
    private let random: SeededRandom
    private var effects: [DHTEffect] = []
    private var answers: [UInt64: DHTAnswer] = [:]
    private var ticketCount: UInt64 = 0

    package init(_ settings: Settings) {
        self.settings = settings
        random = SeededRandom(seed: settings.seed)
    }

    package var nodeCount: Int { nodes.count }

    package func core(_ node: Int) -> DHTCore { nodes[node].core }
    package func isHonest(_ node: Int) -> Bool { nodes[node].behaviour == nil }
    package func isAlive(_ node: Int) -> Bool { nodes[node].isAlive }

    package func endpoint(of node: Int) -> Endpoint {
        SimulatedAddresses.endpoint(of: node, generation: nodes[node].generation)
    }

    /// A number from the simulation's seed.
    package mutating func draw(below bound: Int) -> Int { random.below(0..<bound) }

    // MARK: Nodes

    /// Adds a node that knows `known`; the first one knows nobody.
    @discardableResult
    package mutating func add(knowing known: [Int], behaviour: HostileBehaviour? = nil) -> Int {
        let node = nodes.count
        let core = makeCore(at: SimulatedAddresses.endpoint(of: node, generation: 0).address)
        nodes.append(Node(core: core, behaviour: behaviour))
        if behaviour != nil {
            conspiracy.add(Contact(id: core.id, endpoint: endpoint(of: node)))
        }
        introduce(node, to: known)
        return node
    }

    /// The node leaves without a word; another one comes in its place, with an empty table.
    package mutating func replace(_ node: Int, knowing known: [Int]) {
        nodes[node].generation += 1
        nodes[node].core = makeCore(at: endpoint(of: node).address)
        nodes[node].timer = .max
        nodes[node].isAlive = true
        introduce(node, to: known)
    }

    /// The node leaves without a word.
    package mutating func stop(_ node: Int) { nodes[node].isAlive = false }

    private mutating func makeCore(at address: IPAddress) -> DHTCore {
        var configuration = settings.configuration
        configuration.externalAddress = address
        return DHTCore(
            configuration: configuration, seed: random.bytes32(), verifier: CheapVerifier(),
            now: now)
    }

    private mutating func introduce(_ node: Int, to known: [Int]) {
        nodes[node].core.know(known.map { endpoint(of: $0) }, now: now, &effects)
        perform(node)
    }

    // MARK: Requests

    /// The answer is had by ``answer(to:)`` once it is there.
    package mutating func request(_ request: DHTRequest, of node: Int) -> UInt64 {
        ticketCount += 1
        nodes[node].core.request(request, ticket: ticketCount, now: now, &effects)
        perform(node)
        return ticketCount
    }

    package mutating func answer(to ticket: UInt64) -> DHTAnswer? {
        answers.removeValue(forKey: ticket)
    }

    /// Runs until the answer is there, a minute at most.
    package mutating func wait(for ticket: UInt64) -> DHTAnswer? {
        let end = now + 60_000_000_000
        while answers[ticket] == nil, let next = events.nextTime, next <= end { step() }
        return answer(to: ticket)
    }

    // MARK: Time

    package mutating func run(seconds: Double) {
        let end = now + UInt64(seconds * 1_000_000_000)
        while let next = events.nextTime, next <= end { step() }
        now = end
    }

    private mutating func step() {
        guard let (time, event) = events.removeFirst() else { return }
        now = time
        eventCount += 1
        switch event {
        case .datagram(let bytes, let target, let source):
            deliver(bytes, to: target, from: source)
        case .timer(let node, let generation):
            guard nodes[node].isAlive, nodes[node].generation == generation,
                nodes[node].timer == time
            else { return }
            nodes[node].timer = .max
            nodes[node].core.advance(to: now, &effects)
            perform(node)
        }
    }

    private mutating func deliver(_ bytes: [UInt8], to target: Endpoint, from source: Endpoint) {
        guard let (node, generation) = SimulatedAddresses.node(at: target), node < nodes.count,
            nodes[node].isAlive, nodes[node].generation == generation
        else { return }
        deliveredCount += 1
        trace(bytes, node)
        if let behaviour = nodes[node].behaviour,
            betray(bytes, node, behaviour, from: source)
        {
            return
        }
        nodes[node].core.receive(bytes, from: source, now: now, &effects)
        perform(node)
    }

    /// Whether a hostile node dealt with the query itself.
    private mutating func betray(
        _ bytes: [UInt8], _ node: Int, _ behaviour: HostileBehaviour, from source: Endpoint
    ) -> Bool {
        guard let message = try? KRPCMessage(bytes), case .query(let method) = message.kind,
            method != .ping
        else { return false }
        let reply = conspiracy.reply(
            to: message, by: nodes[node].core.id, behaviour, noise: random.next())
        if let reply { send(reply, from: endpoint(of: node), to: source) }
        return true
    }

    private mutating func perform(_ node: Int) {
        let own = endpoint(of: node)
        for effect in effects {
            switch effect {
            case .send(let bytes, let target): send(bytes, from: own, to: target)
            case .answer(let ticket, let answer): answers[ticket] = answer
            case .save, .resolveKnownNodes, .superseded: break
            }
        }
        effects.removeAll(keepingCapacity: true)
        let deadline = max(nodes[node].core.nextDeadline, now + 1)
        if deadline < nodes[node].timer {
            nodes[node].timer = deadline
            events.add(.timer(node: node, generation: nodes[node].generation), at: deadline)
        }
    }

    private mutating func send(_ bytes: [UInt8], from source: Endpoint, to target: Endpoint) {
        guard random.below(0..<1000) >= settings.lossPerMille else { return }
        let spread = settings.latencyMax - settings.latencyMin
        let latency = settings.latencyMin + random.next() % max(1, spread)
        events.add(.datagram(bytes, to: target, from: source), at: now + latency)
    }

    private mutating func trace(_ bytes: [UInt8], _ node: Int) {
        var hash = (traceHash ^ now) &* 0x100_0000_01b3
        hash = (hash ^ UInt64(node)) &* 0x100_0000_01b3
        bytes.withUnsafeBytes { buffer in
            var offset = 0
            while offset + 8 <= buffer.count {
                let word = buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
                hash ^= hash >> 29
                offset += 8
            }
            for index in offset..<buffer.count {
                hash = (hash ^ UInt64(buffer[index])) &* 0x100_0000_01b3
            }
        }
        traceHash = hash
    }
}
