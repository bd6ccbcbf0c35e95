import Model
import NIOCore
import Synchronization
import Testing

@testable import Networking

/// A router on loopback.
struct RouterStation {
    let router: Router
    let listener: SessionListener

    var endpoint: Endpoint { listener.localEndpoint }

    static func open(
        user: UInt8 = 200, at endpoint: Endpoint = loopback,
        _ adjust: (inout RouterLimits) -> Void = { _ in }
    ) async throws -> RouterStation {
        var limits = RouterLimits()
        // On a machine that is busy.
        limits.joinDeadline = .seconds(60)
        adjust(&limits)
        let router = Router(
            limits: limits, time: SystemTime(), sleeper: SystemSleeper(), random: SystemRandom())
        let node = try SessionNode(user: user, device: user &+ 20)
        let listener = try await SessionListener.open(
            at: endpoint, setup: node.setup(handler: { try await router.answer($0, $1) }),
            threads: testThreads)
        listener.serve(router)
        return RouterStation(router: router, listener: listener)
    }

    /// As if its process had been killed.
    func close() async {
        await router.close()
        await listener.close()
    }
}

/// A node whose port nobody dials in the test: it waits at routers.
final class HiddenNode: Sendable {
    let name: PeerName
    let listener: SessionListener
    let dialer: SessionDialer
    private let places: RouterPlaces
    private let reached: AsyncStream<[Endpoint]>

    private init(
        name: PeerName, listener: SessionListener, dialer: SessionDialer, places: RouterPlaces,
        reached: AsyncStream<[Endpoint]>
    ) {
        self.name = name
        self.listener = listener
        self.dialer = dialer
        self.places = places
        self.reached = reached
    }

    static func open(
        user: UInt8 = 1, handler: @escaping SessionRequestHandler = echoHandler
    ) async throws -> HiddenNode {
        let node = try SessionNode(user: user, device: user &+ 100)
        let setup = node.setup(handler: handler)
        let listener = try await SessionListener.open(
            at: loopback, setup: setup, threads: testThreads)
        let dialer = SessionDialer(setup: setup, threads: testThreads)
        let (reached, told) = AsyncStream.makeStream(of: [Endpoint].self)
        let places = RouterPlaces(
            listener: listener, dialer: dialer, time: SystemTime(), sleeper: SystemSleeper(),
            random: SystemRandom()
        ) { told.yield($0) }
        return HiddenNode(
            name: node.name, listener: listener, dialer: dialer, places: places, reached: reached)
    }

    /// Returns when the node waits at all of `routers`, at most two.
    func wait(at routers: [Endpoint]) async {
        await places.offer(routers)
        for await current in reached where Set(current) == Set(routers) { return }
    }

    /// One wait of its own, without a loop around it.
    ///
    /// - Returns: the passes of the callers.
    func waitOnce(at router: Endpoint) async throws -> [SplicePass] {
        let session = try await dialer.dial([router], expecting: nil, deadline: .seconds(120))
        let request = SessionRequest(header: RouterRequest.wait(patience: 60_000).encoded())
        let response = try await session.request(request, deadline: .seconds(120))
        await session.close()
        guard case .callers(let passes) = try RouterResponse(response.header) else { return [] }
        return passes
    }

    func close() async {
        await places.stop()
        await listener.close()
    }
}

/// Someone who wants to reach a hidden node.
struct Caller {
    let dialer: SessionDialer
    let routed: RoutedDialer

    init(user: UInt8 = 2) throws {
        let node = try SessionNode(user: user, device: user &+ 100)
        dialer = SessionDialer(setup: node.setup(), threads: testThreads)
        routed = RoutedDialer(dialer)
    }

    func dial(
        _ node: PeerName, by routers: [Endpoint], deadline: Duration = .seconds(120)
    ) async throws(SessionError) -> Session {
        try await routed.dial(
            PeerAddresses(routers: routers), expecting: node, deadline: deadline)
    }

    /// A pass, asked for directly.
    func pass(to node: PeerName, at router: Endpoint) async throws -> SplicePass? {
        let session = try await dialer.dial([router], expecting: nil, deadline: .seconds(120))
        let response = try await session.request(
            SessionRequest(header: RouterRequest.call(node).encoded()), deadline: .seconds(120))
        await session.close()
        guard case .pass(let pass) = try RouterResponse(response.header) else { return nil }
        return pass
    }
}
