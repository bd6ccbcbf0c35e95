internal import APIModel
internal import Identities
internal import IdentityServers
internal import Logging
internal import Model
internal import Networking
internal import Services
internal import Settings
internal import Suppliers

/// One running node, put together: settings, the graph of services, their bodies, the interface.
package actor Node {
    let parts: NodeParts
    private let interface: NodeInterface
    /// What it answers.
    nonisolated let handlers: APIHandlerTable
    private let automats: AutomatAPI
    private let log: Logger
    private var followed: SettingValues
    private var watchers: [Task<Void, Never>] = []
    /// Services run for an identity that has no document yet.
    private var isUnpublished = false

    /// - Parameter end: called when a caller of the interface wants the process to end.
    package init(
        home: NodeHome, setting: NodeSetting, logs: NodeLogs,
        end: @escaping @Sendable (NodeProcess.Ending) -> Void
    ) async throws {
        let log = logs.logger("services")
        let configuration = try NodeConfiguration(home: home, environment: setting.environment)
        logs.level = NodeLogs.level(debugLevel: configuration.values[LogSettings.debugLevel])
        let registry = StateRegistry()
        let threads = NetworkThreads()
        let resolver = SystemNameResolver(time: setting.time)
        let http = HTTPClient(threads: threads, resolver: resolver) { _ in true }
        let identity = try LocalIdentity(
            machine: MachineIdentity(home: home, setting: setting),
            exchange: NodeExchange(client: http), setting: setting)
        let dht = DHTSlot()
        parts = NodeParts(
            home: home, setting: setting, logs: logs, configuration: configuration,
            registry: registry,
            runner: ServiceRunner(
                registry: registry, time: setting.time, sleeper: setting.sleeper
            ) { log.report($0) },
            events: EventBus(time: setting.time, sleeper: setting.sleeper), threads: threads,
            resolver: resolver, http: http,
            identity: identity, networks: try NetworkStore(home: home), dht: dht,
            hub: SessionHub(
                setting: setting, threads: threads, identity: identity, resolver: resolver,
                known: KnownIdentities(
                    directory: home.knownIdentities,
                    time: try ServiceTime(
                        setting.time, directory: home.knownIdentities, disk: LocalDisk()),
                    tell: { [log = logs.logger("identities")] document in
                        log.notice(
                            "\(document.globalID) has a new root key: it is believed in 7 days")
                    }
                ) {
                    await DocumentSearch(exchange: NodeExchange(client: http))
                        .newest(of: $0, at: $1, dht: dht)
                },
                log: logs.logger("sessions")),
            friends: try FriendFiles(home: home), end: end)
        followed = configuration.values
        parts.hub.rates.follow(configuration.values)
        automats = AutomatAPI(registry: registry)
        handlers = NodeAPI.handlers(parts, automats)
        interface = NodeInterface(parts: parts)
        self.log = log
    }

    /// Returns when the interface answers; services go on starting.
    package func start() async throws {
        for problem in parts.configuration.store.problems { log.warning("\(problem)") }
        await parts.runner.install(ServiceBodies.always(parts))
        await parts.identity.whenChanged { [weak self] _ in await self?.identityChanged() }
        await parts.identity.whenKeysMade { [weak self] in await self?.identityChanged() }
        parts.hub.handlers.register(FriendDesk.magic) { [parts] peer, request in
            try await FriendDesk(parts: parts).answer(peer, request)
        }
        await identityChanged()
        try await interface.open(handlers)
        watch()
        await parts.runner.enable(ServiceSettings.enabled(in: followed))
    }

    /// Stops everything, at most for `Limits.nodeStopPatience` seconds.
    package func stop() async {
        for watcher in watchers { watcher.cancel() }
        await interface.close()
        let stuck = await parts.runner.shutDown()
        if !stuck.isEmpty { log.error("not stopped in time: \(stuck.map(\.id))") }
        await parts.threads.stop()
    }

    /// Reads the file of settings again.
    package func reload() {
        do {
            try parts.configuration.store.reload()
        } catch {
            log.error("settings not read again: \(Failure(error).message)")
        }
    }

    package func setDebugLevel(_ level: Int) throws {
        try parts.configuration.set(LogSettings.debugLevel.key.path, "\(level)")
    }

    /// For `systemctl status`.
    package var statusLine: String {
        get async { "dht contacts \(await parts.dht.status?.contactCount ?? 0)" }
    }

    // MARK: What changes while it runs

    private func watch() {
        let updates = parts.configuration.store.updates()
        watchers.append(
            Task { [weak self] in for await values in updates { await self?.follow(values) } })
        watchers.append(Task { [parts] in await parts.refreshNetwork() })
        let (changes, events, automats) = (parts.registry.changes(), parts.events, automats)
        watchers.append(
            Task {
                for await change in changes where automats.isWatched(change.index) {
                    await events.publish("state-changed", AutomatAPI.event(change))
                }
            })
    }

    /// Gateway and what needs it are there as soon as there is an identity. One that no identity
    /// server knows is enough for sessions with friends.
    private func identityChanged() async {
        guard await parts.identity.hasKeys else { return }
        let document = await parts.identity.document
        if let document { parts.hub.known.learn(document) }
        await parts.hub.identityChanged()
        await parts.keepContact()
        await parts.runner.install(ServiceBodies.withIdentity(parts))
        guard document != nil else {
            isUnpublished = true
            return
        }
        if isUnpublished {
            isUnpublished = false
            await parts.runner.restart(.identityPropagate)
        }
        await parts.events.publish("local-identity-set", [:])
    }

    private func follow(_ values: SettingValues) async {
        let changed = values.changes(since: followed)
        followed = values
        parts.hub.rates.follow(values)
        parts.logs.level = NodeLogs.level(debugLevel: values[LogSettings.debugLevel])
        await parts.runner.enable(ServiceSettings.enabled(in: values))
        let services = Set(
            changed.filter { !SupplierSettings.live.contains($0) }.compactMap { key in
                values.schema[key].flatMap { $0.isSwitch ? nil : $0.service }
            })
        for service in ServiceName.allCases where services.contains(service) {
            await parts.runner.restart(service)
        }
        await interface.follow(values)
        for key in changed {
            await parts.events.publish("config-changed", ["key": .text(key.path)])
        }
    }
}
