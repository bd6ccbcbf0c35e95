internal import Model

/// Which services run and which are to start or stop now, as a value: no tasks, no clock.
///
/// Whoever drives it performs the effects and tells it how they ended. Invariants, after each
/// `handle`:
///
/// 1. The dependencies of a service that is ON or STARTING are ON.
/// 2. Two services of which one yields to the other are never both anything but idle.
/// 3. A start or stop that was asked for is outstanding until its end is told; no service has two.
/// 4. Nothing is left to do that no event is awaited for.
package struct ServiceGraph: Sendable {
    package enum Event: Equatable, Sendable {
        /// The setting `services/<x>/enabled` was read or changed.
        case enabled(ServiceName, Bool)
        /// What the service needs on this machine came or went.
        case installed(ServiceName, Bool)
        case suspended(ServiceName, Bool)
        /// A person or a setting wants it stopped and started, and with it all that need it.
        case restart(ServiceName)
        /// The ends of what was asked for: of `start` the first two, of `stop` the third.
        case started(ServiceName)
        case startFailed(ServiceName, reason: String)
        case stopped(ServiceName)
        /// A service no longer works, `uptime` nanoseconds after it had started. It may say so
        /// before its start has ended.
        case died(ServiceName, reason: String, uptime: UInt64)
        /// Time to try a failed service again.
        case retry(ServiceName)
        /// The node shuts down; nothing starts any more.
        case closing
    }

    package enum Effect: Equatable, Sendable {
        case start(ServiceName)
        /// Ask a start to give up; `started` or `startFailed` still follows.
        case cancelStart(ServiceName)
        case stop(ServiceName)
        /// Send `retry` after a while; `failureCount` is 1 for the first failure in a row.
        case retryLater(ServiceName, failureCount: Int)
        case entered(ServiceName, ServiceState)
    }

    private enum Phase {
        case idle, starting, cancelling, running
        /// Is to stop as soon as all that need it have stopped.
        case leaving
        case stopping
    }

    private struct Node {
        let definition: ServiceDefinition
        var phase = Phase.idle
        var isEnabled = false
        var isInstalled = false
        var isSuspended = false
        var failure: String?
        var failureCount = 0
        /// Why it died before its start had ended.
        var earlyDeath: String?
        /// Whether it should run, all that it needs considered.
        var isWanted = false
        var state = ServiceState.off
    }

    private var nodes: [ServiceName: Node]
    /// What a service needs or follows stands before it.
    package let order: [ServiceName]
    private let dependants: [ServiceName: [ServiceName]]
    private let followers: [ServiceName: [ServiceName]]
    private let rivals: [ServiceName: [ServiceName]]
    private var isClosing = false

    /// All services are off and not installed.
    ///
    /// - Precondition: names differ, all that is named is defined, and there is no circle.
    package init(_ definitions: [ServiceDefinition] = ServiceDefinition.all) {
        nodes = Dictionary(
            uniqueKeysWithValues: definitions.map { ($0.name, Node(definition: $0)) })
        order = ServiceGraph.ordered(definitions)
        dependants = ServiceGraph.reversed(definitions, by: \.dependencies)
        followers = ServiceGraph.reversed(definitions, by: \.follows)
        let yielding = ServiceGraph.reversed(definitions, by: \.yieldsTo)
        rivals = Dictionary(
            uniqueKeysWithValues: definitions.map { ($0.name, $0.yieldsTo + yielding[$0.name]!) })
    }

    /// Takes one event and says what to do, in the order in which to do it.
    package mutating func handle(_ event: Event) -> [Effect] { handle([event]) }

    /// Takes events that came together, such as all settings of one command.
    package mutating func handle(_ events: [Event]) -> [Effect] {
        var effects: [Effect] = []
        for event in events { take(event, &effects) }
        weighAll()
        noteStates(&effects)
        while order.reduce(false, { step($1, &effects) || $0 }) {}
        noteStates(&effects)
        return effects
    }
}

extension ServiceGraph {
    /// `nil` when the graph has no such service.
    package func state(of name: ServiceName) -> ServiceState? { nodes[name]?.state }

    package func isEnabled(_ name: ServiceName) -> Bool { nodes[name]?.isEnabled ?? false }
    package func isInstalled(_ name: ServiceName) -> Bool { nodes[name]?.isInstalled ?? false }

    /// Why it failed last, while it is FAILED.
    package func failure(of name: ServiceName) -> String? { nodes[name]?.failure }

    /// The services that keep this one from running: those that it needs and that are not ON, and
    /// those that it gives way to.
    package func obstacles(of name: ServiceName) -> [ServiceName] {
        guard let node = nodes[name], node.isEnabled, node.phase != .running else { return [] }
        return node.definition.dependencies.filter { nodes[$0]!.phase != .running }
            + node.definition.yieldsTo.filter { nodes[$0]!.isEnabled }
    }

    /// Whether no start and no stop is outstanding.
    package var isSettled: Bool {
        nodes.values.allSatisfy { $0.phase == .idle || $0.phase == .running }
    }

    /// Services that are not idle, in order.
    package var busyOrRunning: [ServiceName] { order.filter { nodes[$0]!.phase != .idle } }
}

extension ServiceGraph {
    private mutating func take(_ event: Event, _ effects: inout [Effect]) {
        switch event {
        case .enabled(let name, let value):
            if nodes[name]?.isEnabled != value { forget(failureOf: name) }
            nodes[name]?.isEnabled = value
        case .installed(let name, let value):
            if nodes[name]?.isInstalled != value { forget(failureOf: name) }
            nodes[name]?.isInstalled = value
        case .suspended(let name, let value): nodes[name]?.isSuspended = value
        case .restart(let name):
            nodes[name]?.failure = nil
            move(name, from: .running, to: .leaving)
            if move(name, from: .starting, to: .cancelling) { effects.append(.cancelStart(name)) }
        case .retry(let name): nodes[name]?.failure = nil
        case .started(let name): takeStart(name)
        case .startFailed(let name, let reason):
            // One that was to give up has done so.
            if move(name, from: .cancelling, to: .idle) { return }
            guard move(name, from: .starting, to: .idle) else { return }
            note(failureOf: name, reason)
            announceFailure(name, &effects)
        case .died(let name, let reason, let uptime):
            if nodes[name]?.phase == .starting { nodes[name]!.earlyDeath = reason }
            guard move(name, from: .running, to: .leaving) else { return }
            if uptime >= Limits.serviceProvedAfter { nodes[name]!.failureCount = 0 }
            note(failureOf: name, reason)
        case .stopped(let name):
            guard move(name, from: .stopping, to: .idle) else { return }
            announceFailure(name, &effects)
        case .closing: isClosing = true
        }
    }

    private mutating func takeStart(_ name: ServiceName) {
        if move(name, from: .cancelling, to: .leaving) { return }
        guard move(name, from: .starting, to: .running) else { return }
        guard let reason = nodes[name]!.earlyDeath else { return }
        nodes[name]!.phase = .leaving
        note(failureOf: name, reason)
    }

    private mutating func note(failureOf name: ServiceName, _ reason: String) {
        nodes[name]!.failure = reason
        nodes[name]!.failureCount += 1
    }

    private func announceFailure(_ name: ServiceName, _ effects: inout [Effect]) {
        guard let node = nodes[name], node.failure != nil else { return }
        effects.append(.retryLater(name, failureCount: node.failureCount))
    }

    private mutating func forget(failureOf name: ServiceName) {
        nodes[name]?.failure = nil
        nodes[name]?.failureCount = 0
    }

    @discardableResult
    private mutating func move(_ name: ServiceName, from: Phase, to: Phase) -> Bool {
        guard nodes[name]?.phase == from else { return false }
        nodes[name]!.phase = to
        return true
    }

    private mutating func weighAll() {
        for name in order {
            let node = nodes[name]!
            nodes[name]!.isWanted =
                isAvailable(node) && !isClosing && node.failure == nil && !node.isSuspended
                && node.definition.dependencies.allSatisfy { nodes[$0]!.isWanted }
        }
    }

    private func isAvailable(_ node: Node) -> Bool {
        node.isEnabled && node.isInstalled
            && !node.definition.yieldsTo.contains { nodes[$0]!.isEnabled }
    }

    /// Moves one service on; `false` when there is nothing to do.
    private mutating func step(_ name: ServiceName, _ effects: inout [Effect]) -> Bool {
        let node = nodes[name]!
        let mayRun =
            node.isWanted
            && node.definition.dependencies.allSatisfy { nodes[$0]!.phase == .running }
        switch node.phase {
        case .idle where mayRun && isClear(name, node):
            nodes[name]!.phase = .starting
            nodes[name]!.earlyDeath = nil
            effects.append(.start(name))
        case .starting where !mayRun:
            nodes[name]!.phase = .cancelling
            effects.append(.cancelStart(name))
        case .running where !mayRun:
            nodes[name]!.phase = .leaving
        case .leaving where isLast(name):
            nodes[name]!.phase = .stopping
            effects.append(.stop(name))
        default: return false
        }
        return true
    }

    /// Whether no rival runs and nothing that it follows is still on its way.
    private func isClear(_ name: ServiceName, _ node: Node) -> Bool {
        rivals[name]!.allSatisfy { nodes[$0]!.phase == .idle }
            && node.definition.follows.allSatisfy {
                !nodes[$0]!.isWanted || nodes[$0]!.phase == .running
            }
    }

    /// Whether all that need it are idle, and of those that follow it none is on its way down.
    private func isLast(_ name: ServiceName) -> Bool {
        dependants[name]!.allSatisfy { nodes[$0]!.phase == .idle }
            && followers[name]!.allSatisfy {
                [.idle, .starting, .running].contains(nodes[$0]!.phase)
            }
    }

    private mutating func noteStates(_ effects: inout [Effect]) {
        for name in order {
            let state = currentState(nodes[name]!)
            guard nodes[name]!.state != state else { continue }
            nodes[name]!.state = state
            effects.append(.entered(name, state))
        }
    }

    private func currentState(_ node: Node) -> ServiceState {
        switch node.phase {
        case .starting: return .starting
        case .running: return .on
        case .cancelling, .leaving, .stopping: return .stopping
        case .idle: break
        }
        if isClosing { return .closed }
        if !node.isEnabled { return .off }
        if !node.isInstalled { return .notInstalled }
        if !isAvailable(node) { return .off }
        if node.isSuspended { return .suspended }
        if node.failure != nil { return .failed }
        return node.isWanted ? .influence : .dependsOff
    }
}
