import DHT
import Foundation
import Identities
import Model
import Networking
import Simulation
import Synchronization
import Testing

/// Wakes nobody: what is not a timer must work without.
private struct NoSleep: Sleeper {
    func sleep(nanoseconds: UInt64) async throws {
        let forever = AsyncStream<Void> { _ in }
        for await _ in forever {}
        throw CancellationError()
    }
}

/// Joins ports in memory: what is sent arrives at once.
private final class Hub: Sendable {
    private let handlers = Mutex<[Endpoint: @Sendable ([Datagram]) -> Void]>([:])

    func port(at endpoint: Endpoint, _ handler: @escaping @Sendable ([Datagram]) -> Void) -> Port {
        handlers.withLock { $0[endpoint] = handler }
        return Port(localEndpoint: endpoint, hub: self)
    }

    func carry(_ bytes: [UInt8], from source: Endpoint, to target: Endpoint) {
        let handler = handlers.withLock { $0[target] }
        handler?([Datagram(bytes, peer: source)])
    }

    func close(_ endpoint: Endpoint) { _ = handlers.withLock { $0.removeValue(forKey: endpoint) } }

    struct Port: DatagramPort {
        let localEndpoint: Endpoint
        let hub: Hub

        func send(_ bytes: [UInt8], to endpoint: Endpoint) {
            hub.carry(bytes, from: localEndpoint, to: endpoint)
        }

        func close() async { hub.close(localEndpoint) }
    }
}

@Suite struct DHTNodeTests {
    private let hub = Hub()

    private func node(_ number: UInt32, known: [Endpoint]) async -> DHTNode {
        let node = DHTNode(
            configuration: DHTConfiguration(), saved: nil, verifier: Ed25519Verifier(),
            time: SystemTime(), sleeper: NoSleep(), random: SeededRandom(seed: UInt64(number)))
        let port = hub.port(at: endpoint(number)) { [weak node] in node?.arrived($0) }
        await node.start(port: port, known: known)
        return node
    }

    private func endpoint(_ number: UInt32) -> Endpoint {
        Endpoint(.v4(0x7f00_0100 + number), port: 14441)
    }

    /// Until `condition` holds; a test that never gets there is stopped by its time limit.
    private func until(_ condition: () async -> Bool) async {
        while !(await condition()) { await Task.yield() }
    }

    @Test(.timeLimit(.minutes(1)))
    func `nodes join, store, find and stop`() async throws {
        let one = await node(1, known: [])
        #expect(await one.status.contactCount == 0)
        let two = await node(2, known: [endpoint(1)])
        await until { await one.status.contactCount == 1 }
        await until { await two.status.contactCount == 1 }
        let three = await node(3, known: [endpoint(1)])
        await until { await three.status.contactCount == 2 }
        let pointer = IdentityPointer(digest: .zero, sources: ["http://a/b.xml"], sequence: 1)
        let alice = try identityKey(1)
        let item = try pointer.item(signedBy: alice)
        guard case .stored(let stored) = await two.perform(.publish(item)),
            case .item(let found) = await three.perform(
                .get(IdentityPointer.address(of: alice.publicKey), minimum: 0))
        else {
            Issue.record("no answer")
            return
        }
        #expect(stored.copyCount == 3)
        #expect(found.item == item)
        let saved = await two.stop()
        #expect(saved.contacts.count == 2)
        guard case .refused(.stopped) = await two.perform(.findNode(saved.own)) else {
            Issue.record("a stopped node answered")
            return
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `who waits when the node stops is told`() async throws {
        let one = await node(1, known: [])
        async let answer = one.perform(.ping(endpoint(9)))
        await until { await one.status.counters.packetsSent == 1 }
        await one.stop()
        guard case .refused(.stopped) = await answer else {
            Issue.record("another answer")
            return
        }
    }
}
