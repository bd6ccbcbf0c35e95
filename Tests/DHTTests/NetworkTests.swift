import DHT
import Identities
import Model
import Simulation
import Testing

/// A few nodes together, on the simulated network.
@Suite struct NetworkTests {
    private func network(_ count: Int, loss: Int = 0, seed: UInt64 = 1) -> DHTSimulation {
        var settings = DHTSimulation.Settings(seed: seed)
        settings.lossPerMille = loss
        var network = DHTSimulation(settings)
        network.add(knowing: [])
        for node in 1..<count {
            network.add(knowing: [0])
            if node % 20 == 0 { network.run(seconds: 1) }
        }
        return network
    }

    private func item(_ text: String, sequence: Int64, seed: UInt64 = 1) throws -> Item {
        try Item(
            value: Value.text(text).encoded, salt: Array("s".utf8), sequence: sequence,
            signedBy: CheapSigner(itemKey: Bytes32(words: (seed, 2, 3, 4))))
    }

    private func address(of item: Item) -> ItemAddress {
        ItemAddress(key: item.ownership!.key, salt: item.ownership!.salt)
    }

    private func get(
        _ address: ItemAddress, from node: Int, in network: inout DHTSimulation,
        minimum: Int64 = 0
    ) throws -> FoundItem {
        let ticket = network.request(.get(address, minimum: minimum), of: node)
        guard case .item(let found) = network.wait(for: ticket) else {
            throw FormatError.badMagic(format: "no answer")
        }
        return found
    }

    /// The steps of the requirements: 0 contacts, then 1 on both, then 3 on all four.
    @Test func `a genesis node is alone, then each that joins knows all`() {
        var network = network(1)
        network.run(seconds: 30)
        #expect(network.core(0).table.answeringCount == 0)
        network.add(knowing: [0])
        network.run(seconds: 3)
        #expect((0..<2).map { network.core($0).table.answeringCount } == [1, 1])
        network.add(knowing: [0])
        network.add(knowing: [0])
        network.run(seconds: 5)
        #expect((0..<4).map { network.core($0).table.answeringCount } == [3, 3, 3, 3])
    }

    @Test func `a node alone stores and finds at itself`() throws {
        var network = network(1)
        let item = try item("alone", sequence: 1)
        let ticket = network.request(.put(item, expected: nil), of: 0)
        guard case .stored(let result) = network.wait(for: ticket) else {
            Issue.record("no answer")
            return
        }
        #expect(result.copyCount == 1)
        #expect(try get(address(of: item), from: 0, in: &network).item == item)
    }

    @Test func `four nodes find mutable and immutable items of one another`() throws {
        var network = network(4)
        network.run(seconds: 5)
        let mutable = try item("mutable", sequence: 3)
        let immutable = Item(value: Value.text("immutable").encoded)
        for item in [mutable, immutable] {
            let ticket = network.request(.put(item, expected: nil), of: 1)
            guard case .stored(let result) = network.wait(for: ticket) else {
                Issue.record("no answer")
                return
            }
            #expect(result.copyCount == 4)
        }
        for node in 0..<4 {
            #expect(try get(address(of: mutable), from: node, in: &network).item == mutable)
            let found = try get(
                ItemAddress(immutable: immutable.target), from: node, in: &network)
            #expect(found.item == immutable)
        }
    }

    @Test func `a node that was told of silent ones joins when they come`() {
        var network = network(1)
        network.stop(0)
        network.add(knowing: [0])
        network.run(seconds: 20)
        #expect(network.core(1).table.answeringCount == 0)
        network.replace(0, knowing: [])
        network.add(knowing: [0])
        network.run(seconds: 5)
        #expect(network.core(2).table.answeringCount == 1)
    }

    @Test func `the highest sequence wins, and none below what was seen is believed`() throws {
        var network = network(60)
        network.run(seconds: 60)
        let (one, two) = (try item("one", sequence: 1), try item("two", sequence: 2))
        for item in [one, two] {
            let ticket = network.request(.put(item, expected: nil), of: 3)
            guard case .stored(let result) = network.wait(for: ticket) else {
                Issue.record("no answer")
                return
            }
            #expect(result.copyCount >= 8)
        }
        #expect(try get(address(of: one), from: 50, in: &network).item == two)
        // Who asks for more than there is gets nothing rather than something old.
        let found = try get(address(of: one), from: 51, in: &network, minimum: 3)
        #expect(found.item == nil && found.refusedSequence == 2)
        // An old state is not written over a newer one; the writer is told.
        let ticket = network.request(.put(one, expected: nil), of: 20)
        guard case .stored(let refused) = network.wait(for: ticket) else {
            Issue.record("no answer")
            return
        }
        #expect(refused.copyCount == 0 && refused.newer == two)
    }

    @Test func `published items outlive their two hours and most of the nodes`() throws {
        var network = network(100, loss: 10)
        network.run(seconds: 60)
        let item = try item("published", sequence: 1)
        _ = network.wait(for: network.request(.publish(item), of: 5))
        for node in 20..<100 where node % 10 != 0 {
            network.replace(node, knowing: [0, 1, 2])
            network.run(seconds: 120)
        }
        let found = try get(address(of: item), from: 90, in: &network)
        #expect(found.item == item)
        _ = network.wait(for: network.request(.withdraw(item.target), of: 5))
        network.run(seconds: 3 * 3600)
        #expect(try get(address(of: item), from: 91, in: &network).item == nil)
    }

    @Test func `roles are announced and found`() {
        var network = network(50)
        network.run(seconds: 30)
        let topic = Role.router.topic(in: "test")
        for node in [3, 4] {
            let ticket = network.request(.announce(topic, port: 7771), of: node)
            guard case .announced(let count) = network.wait(for: ticket) else {
                Issue.record("no answer")
                return
            }
            #expect(count == 8)
        }
        func peers() -> Set<Endpoint> {
            let ticket = network.request(.findPeers(topic), of: 40)
            guard case .peers(let found, _) = network.wait(for: ticket) else { return [] }
            return Set(found)
        }
        let both = Set([3, 4].map { Endpoint(network.endpoint(of: $0).address, port: 7771) })
        #expect(peers() == both)
        network.run(seconds: 3600)
        #expect(peers() == both)
        _ = network.wait(for: network.request(.retract(topic), of: 3))
        network.run(seconds: 3600)
        #expect(peers() == [Endpoint(network.endpoint(of: 4).address, port: 7771)])
    }

    @Test func `find_node gives the eight nearest of all`() {
        var network = network(150)
        network.run(seconds: 120)
        for round in 0..<10 as Range<UInt64> {
            let target = nodeID(700 + round)
            let ticket = network.request(.findNode(target), of: 7)
            guard case .contacts(let found) = network.wait(for: ticket) else {
                Issue.record("no answer")
                return
            }
            let all = (0..<150).filter { $0 != 7 }.map { network.core($0).id }
            let nearest = all.sorted { $0.isCloser(than: $1, to: target) }.prefix(8)
            #expect(Set(found.map(\.id)).intersection(nearest).count >= 7)
        }
    }
}
