import Model
import Services
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct ServiceRunnerTests {
    private static let fork = [
        ServiceDefinition(.network, ""),
        ServiceDefinition(.gateway, needs: [.network], ""),
        ServiceDefinition(.tcpConnections, needs: [.network], ""),
        ServiceDefinition(.tcpTransport, needs: [.gateway, .tcpConnections], ""),
    ]
    private let time = HandTime()
    private let stage = Stage()
    private let registry = StateRegistry()
    private static let long: UInt64 = 1 << 50

    private func runner(
        _ behaviours: [ServiceName: Stage.Behaviour] = [:], without: Set<ServiceName> = []
    ) async -> ServiceRunner {
        let runner = ServiceRunner(
            ServiceRunnerTests.fork, registry: registry, time: time, sleeper: time)
        let names = ServiceRunnerTests.fork.map(\.name)
        var bodies: [ServiceName: any ServiceBody] = [:]
        for name in names where !without.contains(name) {
            bodies[name] = stage.body(name, behaviours[name] ?? .works)
        }
        await runner.install(bodies)
        await runner.enable(Dictionary(uniqueKeysWithValues: names.map { ($0, true) }))
        return runner
    }

    @Test func `services start in order and stop in reverse`() async {
        let runner = await runner()
        #expect(await runner.settle(within: ServiceRunnerTests.long))
        #expect(stage.log.first == "start network")
        #expect(stage.log.last == "start tcp_transport")
        #expect(stage.log.count == 4)
        #expect(await runner.shutDown() == [])
        #expect(stage.log[4] == "stop tcp_transport")
        #expect(stage.log.last == "stop network")
        #expect(stage.log.count == 8)
    }

    @Test func `services that do not need each other start at the same time`() async {
        let gate = Gate(2)
        let runner = await runner([.gateway: .startsWith(gate), .tcpConnections: .startsWith(gate)])
        #expect(await runner.settle(within: ServiceRunnerTests.long))
        #expect(await runner.state(of: .tcpTransport) == .on)
    }

    @Test func `states are in the registry, in the order of the definitions`() async {
        let runner = await runner()
        #expect(await runner.settle(within: ServiceRunnerTests.long))
        #expect(
            registry.entries.map(\.line)
                == [
                    "1: service_network(ON) OFF->INFLUENCE->STARTING",
                    "2: service_gateway(ON) OFF->DEPENDS_OFF->INFLUENCE->STARTING",
                    "3: service_tcp_connections(ON) OFF->DEPENDS_OFF->INFLUENCE->STARTING",
                    "4: service_tcp_transport(ON) OFF->DEPENDS_OFF->INFLUENCE->STARTING",
                ].map { $0.replacing("DEPENDS_OFF->", with: "") })
    }

    @Test func `a failed start is tried again, later each time, and tells why`() async {
        let runner = await runner([.gateway: .fails(3)])
        for (count, delay) in [1, 2, 4].enumerated() {
            await time.hasBeenAsked(count + 1)
            #expect(await runner.state(of: .gateway) == .failed)
            #expect(await runner.failure(of: .gateway) == "port 7771 is in use")
            #expect(await runner.state(of: .tcpTransport) == .dependsOff)
            #expect(time.asked.last == UInt64(delay) * 1_000_000_000)
            time.advance(UInt64(delay) * 1_000_000_000)
        }
        #expect(await runner.wait(for: .tcpTransport, in: [.on], within: ServiceRunnerTests.long))
        #expect(await runner.failure(of: .gateway) == nil)
    }

    @Test func `a restart tries a failed service at once`() async {
        let runner = await runner([.gateway: .fails(1)])
        #expect(await runner.wait(for: .gateway, in: [.failed], within: ServiceRunnerTests.long))
        await runner.restart(.gateway)
        #expect(await runner.wait(for: .gateway, in: [.on], within: ServiceRunnerTests.long))
    }

    @Test func `a start that hangs is cancelled when the service is switched off`() async {
        let runner = await runner([.network: .startsForEver])
        await runner.enable([.network: false])
        #expect(await runner.wait(for: .network, in: [.off], within: ServiceRunnerTests.long))
        #expect(stage.log == ["start network"])
        #expect(await runner.shutDown() == [])
    }

    @Test func `what comes to be installed starts, and stops when it goes`() async {
        let runner = await runner(without: [.gateway])
        #expect(await runner.settle(within: ServiceRunnerTests.long))
        #expect(await runner.state(of: .gateway) == .notInstalled)
        #expect(await runner.obstacles(of: .tcpTransport) == [.gateway])
        await runner.install([.gateway: stage.body(.gateway)])
        #expect(await runner.wait(for: .tcpTransport, in: [.on], within: ServiceRunnerTests.long))
        await runner.uninstall(.gateway)
        #expect(await runner.settle(within: ServiceRunnerTests.long))
        #expect(stage.log.suffix(2) == ["stop tcp_transport", "stop gateway"])
    }

    @Test func `a service that dies is stopped, with those that need it, and starts again`() async {
        let runner = await runner()
        #expect(await runner.settle(within: ServiceRunnerTests.long))
        await runner.died(.gateway, reason: "socket closed")
        #expect(await runner.wait(for: .gateway, in: [.failed], within: ServiceRunnerTests.long))
        #expect(stage.log.suffix(2) == ["stop tcp_transport", "stop gateway"])
        while time.asked.last != Limits.serviceRetryDelayMin {
            await time.hasBeenAsked(time.asked.count + 1)
        }
        time.advance(Limits.serviceRetryDelayMin)
        #expect(await runner.wait(for: .tcpTransport, in: [.on], within: ServiceRunnerTests.long))
    }

    @Test func `a shutdown ends at its deadline and names what still runs`() async {
        let gate = Gate(1)
        let runner = await runner([.gateway: .stopsLate(gate)])
        #expect(await runner.settle(within: ServiceRunnerTests.long))
        let asked = time.asked.count
        async let left = runner.shutDown(within: 7)
        await time.hasBeenAsked(asked + 1)
        #expect(await runner.wait(for: .gateway, in: [.stopping], within: ServiceRunnerTests.long))
        time.advance(7)
        #expect(await left == [.network, .gateway].filter { $0 != .tcpConnections })
        gate.arrive()
        #expect(await runner.settle(within: ServiceRunnerTests.long))
        #expect(stage.log.last == "stop network")
    }

    @Test func `nothing is tried again after the shutdown`() async {
        let runner = await runner([.network: .fails(9)])
        await time.hasBeenAsked(1)
        #expect(await runner.shutDown() == [])
        time.advance(Limits.serviceRetryDelayMax)
        #expect(await runner.state(of: .network) == .closed)
        #expect(stage.log == ["start network"])
    }

    @Test func `waiting ends at its limit`() async {
        let runner = await runner([.network: .startsForEver])
        async let isSettled = runner.settle(within: 9)
        await time.hasBeenAsked(1)
        time.advance(9)
        #expect(await isSettled == false)
        await runner.enable([.network: false])
        #expect(await runner.settle(within: ServiceRunnerTests.long))
    }

    @Test func `changes of state are reported in order`() async {
        let seen = Mutex<[ServiceRunner.Report]>([])
        let runner = ServiceRunner(
            [ServiceDefinition(.network, "")], registry: registry, time: time, sleeper: time
        ) { report in seen.withLock { $0.append(report) } }
        await runner.install([.network: stage.body(.network, .fails(1))])
        await runner.enable([.network: true])
        await time.hasBeenAsked(1)
        #expect(
            seen.withLock { $0 } == [
                .entered(.network, .influence), .entered(.network, .starting),
                .failed(.network, reason: "port 7771 is in use", retryAfter: 1_000_000_000),
                .entered(.network, .failed),
            ])
    }
}
