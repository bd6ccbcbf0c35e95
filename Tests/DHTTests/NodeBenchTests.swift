import DHT
import Foundation
import Model
import Networking
import Simulation
import Synchronization
import Testing

/// Counts the answers that one asker gets, and sends the next query for each.
private final class Asker: Sendable {
    private let state = Mutex((left: 0, answered: 0, expected: Int.max))
    private let query: [UInt8]
    private let target: Endpoint
    private let port = Mutex<UDPPort?>(nil)
    /// Ends when everything was answered.
    let done: AsyncStream<Void>
    private let finish: AsyncStream<Void>.Continuation

    init(query: [UInt8], target: Endpoint) {
        self.query = query
        self.target = target
        (done, finish) = AsyncStream.makeStream()
    }

    var answeredCount: Int { state.withLock { $0.answered } }

    func start(_ port: UDPPort, count: Int, window: Int) {
        self.port.withLock { $0 = port }
        state.withLock { $0 = (count - window, 0, count) }
        for _ in 0..<window { port.send(query, to: target) }
    }

    func arrived(_ datagrams: [Datagram]) {
        let replies = datagrams.filter { (try? KRPCMessage($0.bytes))?.kind == .response }
        let next = state.withLock { state in
            state.answered += replies.count
            let next = min(replies.count, state.left)
            state.left -= next
            if state.answered >= state.expected { finish.finish() }
            return next
        }
        let open = port.withLock { $0 }
        for _ in 0..<next { open?.send(query, to: target) }
    }
}

/// How many queries a node answers through its socket: printed, never asserted.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["BITDUST_BENCH_DHT"] != nil,
        "set BITDUST_BENCH_DHT=1, or run make sim-dht"), .serialized)
struct NodeBenchTests {
    private static let count = 100_000

    @Test(.timeLimit(.minutes(2)), arguments: ["ping", "find_node"])
    func `queries of one node over loopback`(_ method: String) async throws {
        let threads = NetworkThreads(count: 1)
        let loopback = Endpoint(.v4(0x7f00_0001), port: 0)
        var configuration = DHTConfiguration()
        configuration.localQueriesPerSecond = 1_000_000_000
        let node = DHTNode(
            configuration: configuration, saved: nil, verifier: Ed25519Verifier(),
            time: SystemTime(), sleeper: SystemSleeper(), random: SeededRandom(seed: 1))
        let port = try await UDPPort.open(at: loopback, threads: threads) { [weak node] in
            node?.arrived($0)
        }
        await node.start(port: port, known: [])
        let query = Value.dictionary([
            "a": .dictionary(["id": .bytes(nodeID(7).bytes), "target": .bytes(nodeID(8).bytes)]),
            "q": .text(method), "ro": .integer(1), "t": .text("tt"), "y": .text("q"),
        ]).encoded
        let asker = Asker(query: query, target: port.localEndpoint)
        let own = try await UDPPort.open(at: loopback, threads: threads) { asker.arrived($0) }
        let time = SystemTime()
        let (start, startCPU) = (time.uptime, clock())
        asker.start(own, count: NodeBenchTests.count, window: 64)
        for await _ in asker.done {}
        let seconds = Double(time.uptime - start) / 1e9
        print(
            """
            \(method) over loopback: \(Int(Double(NodeBenchTests.count) / seconds)) queries/s, \
            \(Double(clock() - startCPU) / Double(NodeBenchTests.count)) us of processor for asker \
            and node together
            """)
        await node.stop()
        await own.close()
        await threads.stop()
        #expect(asker.answeredCount == NodeBenchTests.count)
    }
}
