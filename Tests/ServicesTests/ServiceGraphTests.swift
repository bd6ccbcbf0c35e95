import Model
import Services
import Testing

@Suite struct ServiceGraphTests {
    private static let chain = [
        ServiceDefinition(.network, ""),
        ServiceDefinition(.gateway, needs: [.network], ""),
        ServiceDefinition(.customer, needs: [.gateway], ""),
    ]

    @Test func `all that is on by default runs when every body works`() {
        var play = GraphPlay()
        play.begin()
        play.settle()
        #expect(play.complaints == [])
        let expected = ServiceDefinition.all.filter(\.isEnabledByDefault).map(\.name)
        #expect(play.on == Set(expected))
        #expect(play.graph.state(of: .proxyServer) == .off)
    }

    @Test func `services that do not need each other start together`() {
        var play = GraphPlay()
        play.begin()
        #expect(play.starting == [.network])
        play.answer(.network)
        #expect(play.starting == [.gateway, .tcpConnections, .udpDatagrams, .rebuilding])
    }

    @Test func `a service waits, starts and runs`() {
        var play = GraphPlay(ServiceGraphTests.chain)
        play.begin()
        play.settle()
        #expect(play.path(of: .customer) == [.influence, .starting, .on])
        #expect(play.moves == [.start(.network), .start(.gateway), .start(.customer)])
    }

    @Test func `those that need a service stop before it, and come back with it`() {
        var play = GraphPlay(ServiceGraphTests.chain)
        play.begin()
        play.settle()
        play.send(.enabled(.network, false))
        #expect(play.stopping == [.customer])
        #expect(play.graph.state(of: .network) == .stopping)
        play.settle()
        #expect(play.moves.suffix(3) == [.stop(.customer), .stop(.gateway), .stop(.network)])
        #expect(play.names.map { play.graph.state(of: $0) } == [.off, .dependsOff, .dependsOff])
        play.send(.enabled(.network, true))
        play.settle()
        #expect(play.on.count == 3)
        #expect(play.complaints == [])
    }

    @Test func `without an identity the gateway and all behind it wait`() {
        var play = GraphPlay()
        play.begin()
        play.send(.installed(.gateway, false))
        play.settle()
        #expect(play.graph.state(of: .gateway) == .notInstalled)
        #expect(play.graph.state(of: .p2pHookups) == .dependsOff)
        #expect(play.graph.state(of: .entangledDHT) == .on)
        #expect(play.graph.obstacles(of: .p2pHookups) == [.gateway, .identityPropagate])
        play.send(.installed(.gateway, true))
        play.settle()
        #expect(play.graph.state(of: .p2pHookups) == .on)
    }

    @Test func `the core host of the requirements becomes a router live`() {
        var play = GraphPlay()
        play.begin(off: [
            .customer, .supplier, .proxyTransport, .proxyServer, .privateMessages, .nodesLookup,
        ])
        play.settle()
        #expect(play.graph.state(of: .proxyServer) == .off)
        play.send(.enabled(.proxyTransport, false))
        play.send(.enabled(.proxyServer, true))
        play.settle()
        #expect(play.graph.state(of: .proxyServer) == .on)
        #expect(play.graph.state(of: .proxyTransport) == .off)
        #expect(play.complaints == [])
    }

    @Test func `a router starts only when the use of routers has stopped`() {
        var play = GraphPlay()
        play.begin()
        play.settle()
        play.send(.enabled(.proxyTransport, false), .enabled(.proxyServer, true))
        #expect(play.stopping == [.proxyTransport])
        #expect(play.graph.state(of: .proxyServer) == .influence)
        play.settle()
        #expect(play.graph.state(of: .proxyServer) == .on)
        #expect(play.graph.state(of: .p2pNotifications) == .on)
        #expect(play.complaints == [])
    }

    @Test func `when both are switched on the router gives way`() {
        var play = GraphPlay()
        play.begin(off: [.proxyTransport])
        play.send(.enabled(.proxyServer, true))
        play.settle()
        #expect(play.graph.state(of: .proxyServer) == .on)
        play.send(.enabled(.proxyTransport, true))
        play.settle()
        #expect(play.graph.state(of: .proxyServer) == .off)
        #expect(play.graph.obstacles(of: .proxyServer) == [.proxyTransport])
        #expect(play.graph.state(of: .proxyTransport) == .on)
        #expect(play.complaints == [])
    }

    @Test func `a failed start is told, tried again, and holds up only those that need it`() {
        var play = GraphPlay()
        play.begin()
        for name in [.network, .gateway, .tcpConnections] as [ServiceName] { play.answer(name) }
        play.answer(.udpDatagrams, failing: true)
        #expect(play.log.contains(.retryLater(.udpDatagrams, failureCount: 1)))
        play.settle()
        #expect(play.graph.state(of: .udpDatagrams) == .failed)
        #expect(play.graph.failure(of: .udpDatagrams) == "no")
        #expect(play.graph.state(of: .entangledDHT) == .dependsOff)
        #expect(play.graph.state(of: .p2pHookups) == .on)
        play.send(.retry(.udpDatagrams))
        play.answer(.udpDatagrams, failing: true)
        #expect(play.log.contains(.retryLater(.udpDatagrams, failureCount: 2)))
        play.send(.retry(.udpDatagrams))
        play.settle()
        #expect(play.graph.state(of: .entangledDHT) == .on)
        #expect(play.graph.failure(of: .udpDatagrams) == nil)
        #expect(play.complaints == [])
    }

    @Test func `what runs without a failed service that it follows goes on`() {
        var play = GraphPlay()
        play.begin()
        while let next = play.starting.first { play.answer(next, failing: next == .tcpTransport) }
        #expect(play.graph.state(of: .tcpTransport) == .failed)
        #expect(play.graph.state(of: .p2pHookups) == .on)
    }

    @Test func `a service that dies takes down those that need it, is cleaned up and tried again`()
    {
        var play = GraphPlay(ServiceGraphTests.chain)
        play.begin()
        play.settle()
        play.send(.died(.gateway, reason: "port lost", uptime: 5))
        #expect(play.graph.state(of: .customer) == .stopping)
        play.settle()
        #expect(play.moves.suffix(2) == [.stop(.customer), .stop(.gateway)])
        #expect(play.graph.state(of: .gateway) == .failed)
        #expect(play.graph.state(of: .customer) == .dependsOff)
        #expect(play.log.last { if case .retryLater = $0 { true } else { false } } != nil)
        play.send(.retry(.gateway))
        play.settle()
        #expect(play.on.count == 3)
    }

    @Test func `a service that dies before its start has ended is cleaned up when it has`() {
        var play = GraphPlay(ServiceGraphTests.chain)
        play.begin()
        play.send(.died(.network, reason: "port lost", uptime: 0))
        #expect(play.graph.state(of: .network) == .starting)
        play.send(.started(.network))
        #expect(play.moves == [.start(.network), .stop(.network)])
        play.send(.stopped(.network))
        #expect(play.graph.failure(of: .network) == "port lost")
        #expect(play.log.contains(.retryLater(.network, failureCount: 1)))
    }

    @Test func `failures in a row are counted, until a run was long`() {
        var play = GraphPlay([ServiceDefinition(.network, "")])
        play.begin()
        var counts: [Int] = []
        for uptime in [0, 1, Limits.serviceProvedAfter - 1, Limits.serviceProvedAfter, 1] {
            play.settle()
            play.send(.died(.network, reason: "no", uptime: uptime))
            play.settle()
            if case .retryLater(_, let count) = play.log.last(where: isRetry) {
                counts.append(count)
            }
            play.send(.retry(.network))
        }
        #expect(counts == [1, 2, 3, 1, 2])
    }

    @Test func `a service that is switched off while it starts is asked to give up`() {
        var play = GraphPlay(ServiceGraphTests.chain)
        play.begin()
        play.send(.enabled(.network, false))
        #expect(play.log.last == .entered(.network, .stopping))
        #expect(play.log.contains(.cancelStart(.network)))
        play.send(.startFailed(.network, reason: "cancelled"))
        #expect(play.graph.state(of: .network) == .off)
        #expect(play.graph.failure(of: .network) == nil)
    }

    @Test func `a start that was too quick to give up is stopped`() {
        var play = GraphPlay(ServiceGraphTests.chain)
        play.begin()
        play.send(.enabled(.network, false))
        play.send(.enabled(.network, true))
        play.send(.started(.network))
        #expect(play.log.contains(.stop(.network)))
        #expect(play.graph.state(of: .network) == .stopping)
    }

    @Test func `a restart takes those that need it along`() {
        var play = GraphPlay(ServiceGraphTests.chain)
        play.begin()
        play.settle()
        play.send(.restart(.gateway))
        play.settle()
        #expect(
            play.moves.suffix(4) == [
                .stop(.customer), .stop(.gateway), .start(.gateway), .start(.customer),
            ])
        #expect(play.on.count == 3)
    }

    @Test func `a restart of what is starting starts it with what was set meanwhile`() {
        var play = GraphPlay([ServiceDefinition(.network, "")])
        play.begin()
        play.send(.restart(.network))
        #expect(play.log.contains(.cancelStart(.network)))
        play.settle()
        #expect(play.on == [.network])
    }

    @Test func `a suspended service is on and does not run until it is let go on`() {
        var play = GraphPlay(ServiceGraphTests.chain)
        play.begin()
        play.settle()
        play.send(.suspended(.network, true))
        play.settle()
        #expect(play.graph.state(of: .network) == .suspended)
        #expect(play.graph.isEnabled(.network))
        play.send(.suspended(.network, false))
        play.settle()
        #expect(play.on.count == 3)
    }

    @Test func `at the end all stop, those that need others first, and nothing starts`() {
        var play = GraphPlay()
        play.begin()
        play.settle()
        let started = play.moves.count
        play.send(.closing)
        play.settle()
        #expect(play.graph.busyOrRunning == [])
        #expect(play.names.allSatisfy { play.graph.state(of: $0) == .closed })
        let stops = play.moves.dropFirst(started)
        #expect(stops.count == started)
        #expect(stops.last == .stop(.network))
        play.send(.enabled(.proxyServer, true), .retry(.network), .installed(.network, true))
        #expect(play.moves.count == 2 * started)
        #expect(play.complaints == [])
    }

    @Test func `events of services that the graph does not have change nothing`() {
        var play = GraphPlay(ServiceGraphTests.chain)
        play.begin()
        play.settle()
        let name = ServiceName.supplier
        let effects = play.send(
            .enabled(name, true), .installed(name, true), .suspended(name, true), .started(name),
            .died(name, reason: "", uptime: 0), .startFailed(name, reason: ""), .stopped(name),
            .retry(name), .restart(name))
        #expect(effects == [])
        #expect(play.graph.state(of: name) == nil)
    }

    private func isRetry(_ effect: ServiceGraph.Effect) -> Bool {
        if case .retryLater = effect { true } else { false }
    }
}
