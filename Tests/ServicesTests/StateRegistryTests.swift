import Model
import Services
import Testing

@Suite struct StateRegistryTests {
    private let registry = StateRegistry()

    @Test func `machines are listed in the order of their creation`() {
        let machines = ["initializer", "service_proxy_server", "proxy_router"].map {
            registry.register($0, state: "OFF")
        }
        machines[2].enter("LISTEN")
        #expect(
            registry.entries.map(\.repr) == [
                "initializer(OFF)", "service_proxy_server(OFF)", "proxy_router(LISTEN)",
            ])
        #expect(registry.entries.map(\.index) == [1, 2, 3])
        #expect(machines.map(\.index) == [1, 2, 3])
    }

    @Test func `a line has index, state and the states before`() {
        let machine = registry.register("proxy_router", state: "STOPPED")
        #expect(registry.entries[0].line == "1: proxy_router(STOPPED) ")
        machine.enter("TRANSPORTS?")
        machine.enter("LISTEN")
        machine.enter("LISTEN")
        #expect(registry.entries[0].line == "1: proxy_router(LISTEN) STOPPED->TRANSPORTS?")
    }

    @Test func `a machine is listed as long as it is kept, and its index is not given again`() {
        do {
            let machine = registry.register("tcp_connection", state: "CLIENT?")
            #expect(registry.entry(index: machine.index)?.id == "tcp_connection")
        }
        #expect(registry.entries.isEmpty)
        let next = registry.register("tcp_connection", state: "CLIENT?")
        #expect(next.index == 2)
        #expect(registry.entry(id: "tcp_connection")?.index == 2)
    }

    @Test func `machines of one id are told apart`() {
        let machines = (0..<3).map { _ in registry.register("tcp_connection", state: "CLIENT?") }
        #expect(
            registry.entries.map(\.id) == [
                "tcp_connection", "tcp_connection(1)", "tcp_connection(2)",
            ])
        #expect(registry.entries.allSatisfy { $0.name == "tcp_connection" })
        withExtendedLifetime(machines) {}
    }

    @Test func `only the last states before are kept`() {
        let machine = registry.register("p2p_connector", state: "0")
        for number in 1...100 { machine.enter("\(number)") }
        #expect(registry.entries[0].past.count == Limits.statePastCountMax)
        #expect(registry.entries[0].past.last == "99")
        #expect(registry.entries[0].state == "100")
    }

    @Test func `changes reach a listener in order`() async {
        let changes = registry.changes()
        do {
            let machine = registry.register("id_server", state: "STOPPED")
            machine.enter("LISTEN")
        }
        var seen: [StateRegistry.Change] = []
        for await change in changes {
            seen.append(change)
            if change.new == nil { break }
        }
        #expect(seen.map(\.old) == [nil, "STOPPED", "LISTEN"])
        #expect(seen.map(\.new) == ["STOPPED", "LISTEN", nil])
    }

    @Test func `a listener that never listens costs bounded memory and keeps the newest`() async {
        let changes = registry.changes()
        let machine = registry.register("a", state: "0")
        for number in 1...10_000 { machine.enter("\(number)") }
        var iterator = changes.makeAsyncIterator()
        let first = await iterator.next()
        #expect(first?.new == "\(10_001 - Limits.stateChangeCountMax)")
    }

    @Test func `threads that register and enter at once lose nothing`() async {
        let machines = await withTaskGroup(of: [StateMachine].self) { group in
            for task in 0..<8 {
                group.addTask { [registry] in
                    (0..<100).map { number in
                        let machine = registry.register("m\(task)-\(number)", state: "A")
                        machine.enter("B")
                        return machine
                    }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
        #expect(machines.count == 800)
        #expect(registry.entries.map(\.index) == Array(1...800))
        #expect(registry.entries.allSatisfy { $0.state == "B" && $0.past == ["A"] })
    }
}
