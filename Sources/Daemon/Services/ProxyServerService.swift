internal import DHT
internal import Logging
internal import Model
internal import Networking
internal import Services
internal import Settings

/// The router of this node: forwards for nodes with closed ports, at the port of the sessions.
actor ProxyServerService: ServiceBody {
    private let parts: NodeParts
    private let log: Logger
    private var router: Router?
    private var state: StateMachine?
    private var announcing: Task<Void, Never>?
    private var announced: (node: DHTNode, topic: NodeID)?

    static let magic = SessionHandlers.Magic(RouterRequest.magic)

    init(parts: NodeParts) {
        self.parts = parts
        log = parts.logs.logger("router")
    }

    func start() async throws {
        var limits = RouterLimits()
        limits.waitingCountMax = parts.values[RouterSettings.routesLimit]
        limits.bytesPerSecond = Int(
            clamping: parts.values[RouterSettings.routedPerSecond].byteCount)
        limits.bytesPerDay = Int(clamping: parts.values[RouterSettings.routedPerDay].byteCount)
        let router = Router(
            limits: limits, time: parts.setting.time, sleeper: parts.setting.sleeper,
            random: parts.setting.random)
        self.router = router
        parts.routing.fill(router)
        parts.hub.handlers.register(ProxyServerService.magic) { try await router.answer($0, $1) }
        await parts.hub.serve(router)
        state = parts.registry.register("proxy_router", state: "LISTEN")
        announcing = Task { [weak self] in await self?.keepAnnounced() }
        log.info("forwarding for at most \(limits.waitingCountMax) nodes")
    }

    func stop() async {
        announcing?.cancel()
        await announcing?.value
        announcing = nil
        if let (node, topic) = announced { _ = await node.perform(.retract(topic)) }
        announced = nil
        parts.hub.handlers.register(ProxyServerService.magic, nil)
        await parts.hub.serve(nil)
        parts.routing.fill(nil)
        await router?.close()
        (router, state) = (nil, nil)
    }

    /// The DHT may come later than this service, and be started anew.
    private func keepAnnounced() async {
        repeat {
            await announce()
        } while (try? await parts.setting.sleeper.sleep(nanoseconds: Limits.announceCheckInterval))
            != nil
    }

    private func announce() async {
        guard let node = parts.dht.current, let place = await parts.hub.localEndpoint else {
            return
        }
        let topic = Role.router.topic(in: parts.networkName)
        if let announced, announced.node === node, announced.topic == topic { return }
        announced = (node, topic)
        // Repeated by the node of the DHT until it is retracted.
        let answer = await node.perform(.announce(topic, port: place.port))
        log.debug("announced as router: \(answer)")
    }
}
