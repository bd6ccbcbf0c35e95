import Services

/// A graph with bodies that end their starts and stops when the test says so.
struct GraphPlay {
    var graph: ServiceGraph
    let definitions: [ServiceDefinition]
    /// Starts and stops that were asked for and not answered, in order.
    private(set) var starting: [ServiceName] = []
    private(set) var stopping: [ServiceName] = []
    private(set) var cancelled: Set<ServiceName> = []
    private var states: [ServiceName: ServiceState] = [:]
    private(set) var log: [ServiceGraph.Effect] = []
    /// What is wrong; empty while all invariants hold.
    private(set) var complaints: [String] = []

    init(_ definitions: [ServiceDefinition] = ServiceDefinition.all) {
        self.definitions = definitions
        self.graph = ServiceGraph(definitions)
    }

    var names: [ServiceName] { definitions.map(\.name) }
    var on: Set<ServiceName> { Set(names.filter { graph.state(of: $0) == .on }) }
    var hasOutstanding: Bool { !starting.isEmpty || !stopping.isEmpty }

    /// The states that `name` went through.
    func path(of name: ServiceName) -> [ServiceState] {
        log.compactMap {
            guard case .entered(name, let state) = $0 else { return nil }
            return state
        }
    }

    /// The starts and stops in the order of the effects.
    var moves: [ServiceGraph.Effect] {
        log.filter {
            switch $0 {
            case .start, .stop: true
            default: false
            }
        }
    }

    @discardableResult
    mutating func send(_ events: ServiceGraph.Event...) -> [ServiceGraph.Effect] { send(events) }

    @discardableResult
    mutating func send(_ events: [ServiceGraph.Event]) -> [ServiceGraph.Effect] {
        let effects = graph.handle(events)
        log += effects
        for effect in effects { note(effect) }
        checkInvariants()
        return effects
    }

    /// Answers one outstanding start or stop.
    mutating func answer(_ name: ServiceName, failing: Bool = false) {
        if let place = starting.firstIndex(of: name) {
            starting.remove(at: place)
            let isCancelled = cancelled.remove(name) != nil
            let event = ServiceGraph.Event.startFailed(name, reason: "no")
            send(failing || isCancelled && name.rawValue.count % 2 == 0 ? event : .started(name))
        } else if let place = stopping.firstIndex(of: name) {
            stopping.remove(at: place)
            send(.stopped(name))
        }
    }

    /// Answers everything until nothing is outstanding.
    mutating func settle() {
        var left = 10_000
        while let next = starting.first ?? stopping.first {
            answer(next)
            left -= 1
            if left == 0 { return complaints.append("no fixed point") }
        }
    }

    /// All services of the graph that have no body missing, switched on as by default.
    mutating func begin(off: Set<ServiceName> = []) {
        send(
            definitions.map { .installed($0.name, true) }
                + definitions.map {
                    .enabled($0.name, $0.isEnabledByDefault && !off.contains($0.name))
                })
    }

    private mutating func note(_ effect: ServiceGraph.Effect) {
        switch effect {
        case .start(let name):
            if starting.contains(name) || stopping.contains(name) {
                complaints.append("\(name) starts while it starts or stops")
            }
            starting.append(name)
        case .stop(let name):
            if starting.contains(name) || stopping.contains(name) {
                complaints.append("\(name) stops while it starts or stops")
            }
            stopping.append(name)
        case .cancelStart(let name):
            if !starting.contains(name) { complaints.append("\(name) does not start") }
            cancelled.insert(name)
        case .retryLater(let name, let count):
            if graph.failure(of: name) == nil || count < 1 {
                complaints.append("\(name) is to be retried and has not failed")
            }
        case .entered(let name, let state):
            if states.updateValue(state, forKey: name) == state {
                complaints.append("\(name) entered \(state) twice")
            }
        }
    }

    private mutating func checkInvariants() {
        for definition in definitions {
            let state = graph.state(of: definition.name)!
            if state == .on || state == .starting {
                for name in definition.dependencies where graph.state(of: name) != .on {
                    complaints.append(
                        "\(definition.name) \(state) while \(name) \(graph.state(of: name)!)")
                }
            }
            let busy: Set<ServiceState> = [.on, .starting, .stopping]
            for rival in definition.yieldsTo
            where busy.contains(state) && busy.contains(graph.state(of: rival)!) {
                complaints.append("\(definition.name) beside \(rival)")
            }
        }
        if graph.isSettled != !hasOutstanding { complaints.append("isSettled is wrong") }
    }
}
