internal import Logging
internal import Model
internal import Networking
internal import Services
internal import Settings

/// Has this node reached through routers: finds some, waits at two of them, and says so in the
/// identity document.
actor ProxyTransportService: ServiceBody {
    private let parts: NodeParts
    private let log: Logger
    private var work: Task<Void, Never>?
    private var places: RouterPlaces?
    private var state: StateMachine?

    init(parts: NodeParts) {
        self.parts = parts
        log = parts.logs.logger("router")
    }

    func start() async throws {
        await parts.hub.mayCallRouters(parts.values[RouterSettings.proxySending])
        guard parts.values[RouterSettings.proxyReceiving] else { return }
        state = parts.registry.register("proxy_receiver", state: "FIND_NODE?")
        work = Task { [weak self] in await self?.run() }
    }

    func stop() async {
        work?.cancel()
        await work?.value
        work = nil
        await places?.stop()
        places = nil
        parts.routing.left()
        state = nil
    }

    private func run() async {
        let candidates = RouterCandidates(parts: parts)
        let lifetime = UInt64(parts.values[RouterSettings.routerLifetime]) * 1_000_000_000
        var delay = Limits.routerSearchDelayMin
        repeat {
            guard let places = await placesAtHub() else { continue }
            let found = await candidates.find()
            await places.offer(found)
            let count = parts.routing.reachedBy?.count ?? 0
            delay =
                count < Limits.routersInUse
                ? min(delay * 2, Limits.routerSearchDelayMax) : max(lifetime, delay)
        } while (try? await parts.setting.sleeper.sleep(nanoseconds: delay)) != nil
    }

    /// The hub is opened once there is an identity.
    private func placesAtHub() async -> RouterPlaces? {
        if let places { return places }
        guard let running = await parts.hub.current else { return nil }
        let made = RouterPlaces(
            listener: running.listener, dialer: running.dialer, time: parts.setting.time,
            sleeper: parts.setting.sleeper, random: parts.setting.random
        ) { [weak self] in await self?.reached(by: $0) }
        places = made
        return made
    }

    private func reached(by routers: [Endpoint]) {
        guard let state else { return }
        state.enter(routers.isEmpty ? "OFFLINE" : "LISTEN")
        let text = routers.map(\.description).joined(separator: ", ")
        log.info("reached \(routers.isEmpty ? "by no router" : "through \(text)")")
        parts.routing.reached(by: routers)
    }
}
