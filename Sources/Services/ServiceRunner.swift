package import Model

/// Drives the bodies of the services as a `ServiceGraph` decides.
///
/// Starts and stops run beside each other where the graph allows it, each in a task of its own. The
/// states are in the `StateRegistry` under `service_<x>`.
package actor ServiceRunner {
    /// What is worth a line in the log.
    package enum Report: Equatable, Sendable {
        case entered(ServiceName, ServiceState)
        case failed(ServiceName, reason: String, retryAfter: UInt64)
    }

    private var graph: ServiceGraph
    private var bodies: [ServiceName: any ServiceBody] = [:]
    /// Bodies that run or start, which may be others than those that would start next.
    private var running: [ServiceName: any ServiceBody] = [:]
    private var starts: [ServiceName: Task<Void, Never>] = [:]
    private var retries: [ServiceName: Task<Void, Never>] = [:]
    private var runningSince: [ServiceName: UInt64] = [:]
    private var waiters: [Int: Waiter] = [:]
    private var lastWaiter = 0
    private let machines: [ServiceName: StateMachine]
    private let time: any TimeSource
    private let sleeper: any Sleeper
    private let report: @Sendable (Report) -> Void

    private struct Waiter {
        let isMet: (ServiceGraph) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
        let timer: Task<Void, Never>
    }

    /// All services are off until `install` and `enable`.
    ///
    /// - Parameter report: called in order, from one thread at a time; must not block.
    package init(
        _ definitions: [ServiceDefinition] = ServiceDefinition.all, registry: StateRegistry,
        time: any TimeSource, sleeper: any Sleeper,
        report: @escaping @Sendable (Report) -> Void = { _ in }
    ) {
        self.graph = ServiceGraph(definitions)
        self.machines = Dictionary(
            uniqueKeysWithValues: definitions.map {
                ($0.name, registry.register($0.name.id, state: ServiceState.off.rawValue))
            })
        self.time = time
        self.sleeper = sleeper
        self.report = report
    }

    deinit {
        for task in retries.values { task.cancel() }
    }
}

extension ServiceRunner {
    /// Gives services their bodies; those that have none are NOT_INSTALLED. A service that runs
    /// goes on with the body that it has until it is restarted.
    package func install(_ fresh: [ServiceName: any ServiceBody]) {
        bodies.merge(fresh) { $1 }
        handle(fresh.keys.sorted { $0.rawValue < $1.rawValue }.map { .installed($0, true) })
    }

    /// Takes the body away, and with it stops the service.
    package func uninstall(_ name: ServiceName) {
        bodies[name] = nil
        handle([.installed(name, false)])
    }

    /// Switches services on and off, all at once.
    package func enable(_ values: [ServiceName: Bool]) {
        let sorted = values.sorted { $0.key.rawValue < $1.key.rawValue }
        handle(sorted.map { .enabled($0.key, $0.value) })
    }

    /// Holds a service that is switched on, or lets it go on.
    package func suspend(_ name: ServiceName, _ value: Bool = true) {
        handle([.suspended(name, value)])
    }

    /// Stops and starts a service and all that need it; tries a failed one at once.
    package func restart(_ name: ServiceName) { handle([.restart(name)]) }

    /// Called by or for a body that found that it no longer works.
    package func died(_ name: ServiceName, reason: String) {
        let uptime = runningSince[name].map { time.uptime &- $0 } ?? 0
        handle([.died(name, reason: reason, uptime: uptime)])
    }

    package func state(of name: ServiceName) -> ServiceState? { graph.state(of: name) }
    package func failure(of name: ServiceName) -> String? { graph.failure(of: name) }
    package func obstacles(of name: ServiceName) -> [ServiceName] { graph.obstacles(of: name) }
    package func isEnabled(_ name: ServiceName) -> Bool { graph.isEnabled(name) }
    package func isInstalled(_ name: ServiceName) -> Bool { graph.isInstalled(name) }

    /// Waits until no start and no stop is outstanding.
    ///
    /// - Returns: whether that was so within `limit` nanoseconds.
    package func settle(within limit: UInt64) async -> Bool {
        await wait(within: limit) { $0.isSettled }
    }

    /// Waits until a service is in one of `states`.
    ///
    /// - Returns: whether it was within `limit` nanoseconds.
    package func wait(
        for name: ServiceName, in states: Set<ServiceState>, within limit: UInt64
    ) async -> Bool {
        await wait(within: limit) { $0.state(of: name).map(states.contains) ?? false }
    }

    /// Stops all services, those that need others first.
    ///
    /// - Returns: the services that had not stopped within `limit` nanoseconds.
    package func shutDown(within limit: UInt64 = Limits.serviceShutdownTime) async -> [ServiceName]
    {
        for task in retries.values { task.cancel() }
        handle([.closing])
        _ = await wait(within: limit) { $0.busyOrRunning.isEmpty }
        return graph.busyOrRunning
    }
}

extension ServiceRunner {
    private func handle(_ events: [ServiceGraph.Event]) {
        for effect in graph.handle(events) {
            switch effect {
            case .start(let name): start(name)
            case .cancelStart(let name): starts[name]?.cancel()
            case .stop(let name): stop(name)
            case .retryLater(let name, let failureCount): retryLater(name, failureCount)
            case .entered(let name, let state):
                machines[name]?.enter(state.rawValue)
                report(.entered(name, state))
            }
        }
        wakeWaiters()
    }

    private func start(_ name: ServiceName) {
        // The graph starts only what is installed.
        let body = bodies[name]!
        running[name] = body
        starts[name] = Task { @concurrent in
            do {
                try await body.start()
                await self.started(name)
            } catch {
                await self.failedToStart(name, reason: "\(error)")
            }
        }
    }

    private func started(_ name: ServiceName) {
        starts[name] = nil
        runningSince[name] = time.uptime
        handle([.started(name)])
    }

    private func failedToStart(_ name: ServiceName, reason: String) {
        starts[name] = nil
        running[name] = nil
        handle([.startFailed(name, reason: reason)])
    }

    private func stop(_ name: ServiceName) {
        let body = running[name]!
        Task { @concurrent in
            await body.stop()
            await self.stopped(name)
        }
    }

    private func stopped(_ name: ServiceName) {
        running[name] = nil
        runningSince[name] = nil
        handle([.stopped(name)])
    }

    private func retryLater(_ name: ServiceName, _ failureCount: Int) {
        let delay = ServiceRunner.retryDelay(failureCount: failureCount)
        report(.failed(name, reason: graph.failure(of: name) ?? "", retryAfter: delay))
        retries[name]?.cancel()
        retries[name] = Task { [weak self, sleeper] in
            guard (try? await sleeper.sleep(nanoseconds: delay)) != nil else { return }
            await self?.retry(name)
        }
    }

    private func retry(_ name: ServiceName) {
        guard !Task.isCancelled else { return }
        retries[name] = nil
        handle([.retry(name)])
    }

    /// Doubles from `Limits.serviceRetryDelayMin` to `Limits.serviceRetryDelayMax`.
    static func retryDelay(failureCount: Int) -> UInt64 {
        let doublings = min(max(0, failureCount - 1), 20)
        return min(Limits.serviceRetryDelayMin << UInt64(doublings), Limits.serviceRetryDelayMax)
    }
}

extension ServiceRunner {
    private func wait(
        within limit: UInt64, until isMet: @escaping (ServiceGraph) -> Bool
    ) async -> Bool {
        if isMet(graph) { return true }
        lastWaiter += 1
        let number = lastWaiter
        let timer = Task { [weak self, sleeper] in
            guard (try? await sleeper.sleep(nanoseconds: limit)) != nil else { return }
            await self?.end(number, false)
        }
        return await withCheckedContinuation { continuation in
            waiters[number] = Waiter(isMet: isMet, continuation: continuation, timer: timer)
        }
    }

    private func wakeWaiters() {
        for (number, waiter) in waiters where waiter.isMet(graph) { end(number, true) }
    }

    private func end(_ number: Int, _ value: Bool) {
        guard let waiter = waiters.removeValue(forKey: number) else { return }
        waiter.timer.cancel()
        waiter.continuation.resume(returning: value)
    }
}
