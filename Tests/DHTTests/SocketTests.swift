import DHT
import Model
import Networking
import Simulation
import Testing

@Suite struct SocketTests {
    private func until(_ condition: () async -> Bool) async {
        while !(await condition()) { await Task.yield() }
    }

    @Test(.timeLimit(.minutes(1)))
    func `two nodes meet over sockets`() async throws {
        let threads = NetworkThreads(count: 1)
        let loopback = Endpoint(.v4(0x7f00_0001), port: 0)
        var nodes: [DHTNode] = []
        var ports: [UDPPort] = []
        for number in 1...2 as ClosedRange<UInt64> {
            let node = DHTNode(
                configuration: DHTConfiguration(), saved: nil, verifier: Ed25519Verifier(),
                time: SystemTime(), sleeper: SystemSleeper(), random: SeededRandom(seed: number))
            let port = try await UDPPort.open(at: loopback, threads: threads) { [weak node] in
                node?.arrived($0)
            }
            await node.start(port: port, known: ports.map(\.localEndpoint))
            nodes.append(node)
            ports.append(port)
        }
        await until { await nodes[0].status.contactCount == 1 }
        await until { await nodes[1].status.contactCount == 1 }
        for node in nodes { await node.stop() }
        await threads.stop()
    }
}
