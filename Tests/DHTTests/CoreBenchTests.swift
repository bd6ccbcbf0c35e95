import DHT
import Foundation
import Model
import Simulation
import Testing

/// How many queries one core answers: printed, never asserted.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["BITDUST_BENCH_DHT"] != nil,
        "set BITDUST_BENCH_DHT=1, or run make sim-dht"), .serialized)
struct CoreBenchTests {
    @Test(arguments: ["ping", "find_node", "get", "get_peers"])
    func `queries of one core`(_ method: String) throws {
        var configuration = DHTConfiguration()
        configuration.queriesPerSecond = 1_000_000_000
        configuration.localQueriesPerSecond = 1_000_000_000
        var core = CoreUnderTest(configuration: configuration, verifier: CheapVerifier())
        for number in 1...1000 as ClosedRange<UInt32> {
            let endpoint = Endpoint(.v4(0x2000_0000 + number << 16), port: 7)
            let id = NodeID.bound(to: endpoint.address, filler: nodeID(UInt64(number)))
            _ = try core.query("ping", [:], from: endpoint, id: id)
            try core.answerAll { _ in id }
        }
        let asker = Endpoint(.v4(0x2000_0000 + 7 << 16), port: 7)
        let queries = (0..<64 as Range<UInt64>).map { number in
            Value.dictionary([
                "a": .dictionary([
                    "id": .bytes(nodeID(7).bytes), "target": .bytes(nodeID(number).bytes),
                    "info_hash": .bytes(nodeID(number).bytes),
                ]), "q": .text(method), "t": .text("tt"), "y": .text("q"),
                "z": .bytes([UInt8](repeating: 0, count: 120)),
            ]).encoded
        }
        let time = SystemTime()
        let count = 400_000
        var effects: [DHTEffect] = []
        var byteCount = 0
        let start = time.uptime
        for index in 0..<count {
            core.core.receive(queries[index & 63], from: asker, now: core.now, &effects)
            if case .send(let bytes, _) = effects.first { byteCount += bytes.count }
            effects.removeAll(keepingCapacity: true)
        }
        let seconds = Double(time.uptime - start) / 1e9
        let perSecond = Int(Double(count) / seconds)
        print("\(method): \(perSecond) queries/s, \(byteCount / count) bytes each")
        #expect(byteCount > 40 * count)
    }
}
