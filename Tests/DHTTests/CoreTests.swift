import DHT
import Identities
import Model
import Simulation
import Testing

/// What a node does on its own account: whom it believes, what it remembers.
@Suite struct CoreTests {
    private let friend = Endpoint(.v4(0x0506_0708), port: 6881)
    private let homely = Endpoint(.v4(0xc0a8_0102), port: 6881)

    private func joined(
        _ configuration: DHTConfiguration = DHTConfiguration(), by endpoint: Endpoint
    ) throws -> CoreUnderTest {
        var core = CoreUnderTest(configuration: configuration)
        core.know([endpoint])
        try core.answerAll { _ in nodeID(50) }
        return core
    }

    private func compact(_ endpoint: Endpoint, id: NodeID) -> [UInt8] {
        id.bytes + endpoint.address.bytes
            + [UInt8(endpoint.port >> 8), UInt8(endpoint.port & 255)]
    }

    @Test func `the first query goes to the configured node, the next to whom it names`() throws {
        var core = CoreUnderTest()
        core.know([friend])
        #expect(core.sent.map(\.endpoint) == [friend])
        let named = Endpoint(.v4(0x0606_0708), port: 6881)
        try core.answerAll(["nodes": .bytes(compact(named, id: nodeID(51)))]) { _ in nodeID(50) }
        #expect(core.core.table.answeringCount == 1)
        #expect(core.sent.map(\.endpoint).contains(named))
    }

    @Test func `a silent configured node is asked again, ever more seldom`() {
        var core = CoreUnderTest()
        core.know([friend])
        var times: [UInt64] = []
        for _ in 0..<1200 {
            core.advance(by: second / 2)
            if core.sent.contains(where: { $0.endpoint == friend }) { times.append(core.now) }
        }
        #expect(times.count > 8 && times.count < 30)
        #expect(times[times.count - 1] - times[times.count - 2] > 50 * second)
    }

    // MARK: Local addresses

    @Test func `a node in the network cannot send us to a local address`() throws {
        var core = try joined(by: friend)
        core.request(.findNode(nodeID(60)), ticket: 1)
        try core.answerAll(["nodes": .bytes(compact(homely, id: nodeID(61)))]) { _ in nodeID(50) }
        #expect(core.sent.isEmpty)
        guard case .contacts = core.answers[1] else {
            Issue.record("the lookup is not over")
            return
        }
    }

    @Test func `a local node may name local nodes`() throws {
        var core = try joined(by: homely)
        let other = Endpoint(.v4(0xc0a8_0103), port: 6881)
        core.request(.findNode(nodeID(60)), ticket: 1)
        try core.answerAll(["nodes": .bytes(compact(other, id: nodeID(61)))]) { _ in nodeID(50) }
        #expect(core.sent.map(\.endpoint) == [other])
    }

    @Test func `local nodes are not named to others`() throws {
        var core = try joined(by: homely)
        let far = try core.query("find_node", ["target": .bytes(nodeID(1).bytes)], from: friend)
        #expect(try #require(far).nodes.isEmpty)
        let near = try core.query(
            "find_node", ["target": .bytes(nodeID(1).bytes)],
            from: Endpoint(homely.address, port: 7))
        #expect(try #require(near).nodes.count == 26)
    }

    @Test func `local nodes may be refused altogether`() throws {
        var configuration = DHTConfiguration()
        configuration.localAddresses = .refused
        let core = try joined(configuration, by: homely)
        #expect(core.core.table.count == 0)
    }

    // MARK: Forged items

    @Test func `who hands out a forged item is dropped and its contacts are not asked`() throws {
        var core = try joined(by: friend)
        #expect(core.core.table.count == 1)
        let named = Endpoint(.v4(0x0606_0708), port: 6881)
        let genuine = try Item(
            value: Value.text("one").encoded, salt: [], sequence: 1,
            signedBy: try identityKey(1))
        let ownership = try #require(genuine.ownership)
        let address = ItemAddress(key: ownership.key, salt: [])
        core.request(.get(address, minimum: 0), ticket: 1)
        try core.answerAll([
            "k": .bytes(ownership.key.array), "seq": .integer(2),
            "sig": .bytes(ownership.signature.array), "v": .text("one"),
            "nodes": .bytes(compact(named, id: nodeID(51))),
        ]) { _ in nodeID(50) }
        #expect(core.core.counters.forgedItems == 1)
        #expect(core.core.table.count == 0)
        guard case .item(let found) = core.answers[1] else {
            Issue.record("no answer")
            return
        }
        #expect(found.item == nil && found.queryCount == 1)
    }

    @Test func `an immutable item of another hash is forged`() throws {
        var core = try joined(by: friend)
        let item = Item(value: Value.text("one").encoded)
        core.request(.get(ItemAddress(immutable: item.target), minimum: 0), ticket: 1)
        try core.answerAll(["v": .text("two")]) { _ in nodeID(50) }
        #expect(core.core.counters.forgedItems == 1)
        core.know([friend])
        try core.answerAll { _ in nodeID(50) }
        core.request(.get(ItemAddress(immutable: item.target), minimum: 0), ticket: 2)
        try core.answerAll(["v": .text("one")]) { _ in nodeID(50) }
        guard case .item(let found) = core.answers[2] else {
            Issue.record("no answer")
            return
        }
        #expect(found.item == item && found.hopCount == 1)
    }

    @Test func `a genuine item that is older than what was seen is refused`() throws {
        var core = try joined(by: friend)
        let items = try (1...2).map {
            try Item(
                value: Value.text("state \($0)").encoded, salt: [], sequence: Int64($0),
                signedBy: try identityKey(1))
        }
        let address = ItemAddress(key: try #require(items[0].ownership).key, salt: [])
        for (ticket, shown) in [(1, 1), (2, 0)] as [(UInt64, Int)] {
            let ownership = try #require(items[shown].ownership)
            core.request(.get(address, minimum: 0), ticket: ticket)
            try core.answerAll([
                "k": .bytes(ownership.key.array), "seq": .integer(ownership.sequence),
                "sig": .bytes(ownership.signature.array), "v": .text("state \(shown + 1)"),
            ]) { _ in nodeID(50) }
        }
        guard case .item(let first) = core.answers[1], case .item(let later) = core.answers[2]
        else {
            Issue.record("no answer")
            return
        }
        #expect(first.item == items[1])
        #expect(later.item == nil && later.refusedSequence == 1)
    }

    // MARK: Publishing

    @Test func `a publication that was overtaken is given up`() throws {
        var core = try joined(by: friend)
        let items = try (1...2).map {
            try Item(
                value: Value.text("state \($0)").encoded, salt: [], sequence: Int64($0),
                signedBy: try identityKey(1))
        }
        core.request(.publish(items[0]), ticket: 1)
        try core.answerAll(["token": .text("t")]) { _ in nodeID(50) }
        let put = try KRPCMessage(try #require(core.sent.first).bytes)
        #expect(put.kind == .query(.put))
        try core.answerAll { _ in nodeID(50) }
        guard case .stored(let result) = core.answers[1] else {
            Issue.record("no answer")
            return
        }
        #expect(result.copyCount == 2)
        let newer = try #require(items[1].ownership)
        for _ in 0..<(80 * 60) where core.superseded.isEmpty {
            core.advance(by: second)
            try core.answerAll([
                "k": .bytes(newer.key.array), "seq": .integer(2),
                "sig": .bytes(newer.signature.array), "v": .text("state 2"),
            ]) { _ in nodeID(50) }
        }
        #expect(core.superseded == [items[1]])
    }

    // MARK: Our own address and former runs

    @Test func `the id is bound to the address that a configured node sees`() throws {
        var core = CoreUnderTest()
        core.know([friend])
        let before = core.core.id
        let asked = try KRPCMessage(try #require(core.sent.first).bytes)
        let ours = try #require(IPAddress("80.81.82.83"))
        #expect(!before.isBound(to: ours))
        core.receive(
            Value.dictionary([
                "ip": .bytes(ours.bytes + [1, 2]),
                "r": .dictionary(["id": .bytes(nodeID(50).bytes)]),
                "t": .bytes(Array(asked.bytes[asked.transaction])), "y": .text("r"),
            ]).encoded, from: friend)
        #expect(core.core.id != before && core.core.id.isBound(to: ours))
        #expect(core.core.table.count == 1 && core.saveCount == 1)
    }

    @Test func `strangers have to be three and of one mind`() throws {
        var core = CoreUnderTest()
        let before = core.core.id
        let ours = try #require(IPAddress("80.81.82.83"))
        for number in 1...3 as ClosedRange<UInt32> {
            #expect(core.core.id == before)
            let voter = Endpoint(.v4(number << 24 | 5), port: 9)
            core.request(.ping(voter), ticket: UInt64(number))
            let asked = try KRPCMessage(try #require(core.sent.first).bytes)
            core.receive(
                Value.dictionary([
                    "ip": .bytes(ours.bytes + [1, 2]),
                    "r": .dictionary(["id": .bytes(nodeID(UInt64(number)).bytes)]),
                    "t": .bytes(Array(asked.bytes[asked.transaction])), "y": .text("r"),
                ]).encoded, from: voter)
        }
        #expect(core.core.id.isBound(to: ours))
    }

    @Test func `a later run starts with the id and asks the contacts of the former`() throws {
        let core = try joined(by: friend)
        let saved = core.core.savedContacts
        #expect(saved.contacts.map(\.endpoint) == [friend])
        var later = CoreUnderTest(saved: try SavedContacts(decoding: saved.encoded), seed: 2)
        #expect(later.core.id == core.core.id)
        #expect(later.core.table.answeringCount == 0)
        later.advance(by: 2 * second)
        #expect(later.sent.contains { $0.endpoint == friend })
        try later.answerAll { _ in nodeID(50) }
        #expect(later.core.table.answeringCount == 1)
    }

    @Test func `contacts of a former run that are gone are forgotten`() throws {
        let saved = SavedContacts(
            own: nodeID(1), contacts: [Contact(id: nodeID(50), endpoint: friend)])
        var core = CoreUnderTest(saved: saved)
        for _ in 0..<20 { core.advance(by: second) }
        #expect(core.core.table.count == 0)
    }

    @Test func `the table is saved some seconds after it grew`() throws {
        var core = try joined(by: friend)
        #expect(core.saveCount == 0)
        for _ in 0..<15 { core.advance(by: second) }
        #expect(core.saveCount == 1)
    }

    @Test func `a contact that moved to another id is another contact`() throws {
        var core = try joined(by: friend)
        core.request(.findNode(nodeID(60)), ticket: 1)
        try core.answerAll { _ in nodeID(51) }
        #expect(core.core.table.contacts.map(\.id) == [nodeID(51)])
    }

    @Test func `more lookups than can be held are refused`() throws {
        var core = try joined(by: friend)
        for ticket in 1...400 as ClosedRange<UInt64> {
            core.request(.findNode(nodeID(ticket)), ticket: ticket)
        }
        guard case .refused(.tooManyLookups) = core.answers[400] else {
            Issue.record("\(core.answers.count) answers")
            return
        }
        #expect(core.core.searchCount <= 257)
        for _ in 0..<40 { core.advance(by: second) }
        #expect(core.core.searchCount <= 1)
    }
}
