import DHT
import Identities
import Model
import Simulation
import Testing

/// What one node answers to strangers.
@Suite struct QueryTests {
    private let stranger = Endpoint(.v4(0x0506_0708), port: 6881)

    /// The example of BEP 5.
    @Test func `a ping is answered with our id and the asker's address`() throws {
        var core = CoreUnderTest()
        let ping = Array("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe".utf8)
        core.receive(ping, from: stranger)
        let reply = try KRPCMessage(try #require(core.sent.first).bytes)
        #expect(reply.kind == .response)
        #expect(reply.sender == core.core.id)
        #expect(Array(reply.bytes[reply.transaction]) == Array("aa".utf8))
        #expect(Array(reply.bytes[try #require(reply.echo)]) == [5, 6, 7, 8, 0x1a, 0xe1])
    }

    @Test func `unknown methods and missing arguments are refused by their codes`() throws {
        var core = CoreUnderTest()
        #expect(try core.refusal(of: "vote", [:], from: stranger) == 204)
        #expect(try core.refusal(of: "find_node", [:], from: stranger) == 203)
        #expect(try core.refusal(of: "get_peers", [:], from: stranger) == 203)
        #expect(try core.refusal(of: "get", [:], from: stranger) == 203)
        #expect(try core.refusal(of: "put", ["v": .text("a")], from: stranger) == 203)
    }

    @Test func `what is no KRPC is counted and not answered`() throws {
        var core = CoreUnderTest()
        let bad: [[UInt8]] = [
            [], [0], Array("hello".utf8), Array("de".utf8), Array("i1e".utf8),
            Array("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:y1:qe".utf8),
            Array("d1:ad2:id19:abcdefghij012345678e1:q4:ping1:t2:aa1:y1:qe".utf8),
            Array("d1:ade1:q4:ping1:t2:aa1:y1:qe".utf8),
            Array("d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qee".utf8),
            Array("d1:q4:ping1:ad2:id20:abcdefghij0123456789e1:t2:aa1:y1:qe".utf8),
            Array("d1:t2:aa1:y1:xe".utf8),
            [UInt8](repeating: 0, count: 1473),
        ]
        for bytes in bad {
            core.receive(bytes, from: stranger)
            #expect(core.sent.isEmpty)
        }
        #expect(core.core.counters.malformed == bad.count)
        #expect(core.core.table.count == 0)
    }

    @Test func `answers to nothing that was asked change nothing`() throws {
        var core = CoreUnderTest()
        core.receive(
            Value.dictionary([
                "r": .dictionary(["id": .bytes(nodeID(3).bytes)]), "t": .text("sixsix"),
                "y": .text("r"),
            ]).encoded, from: stranger)
        #expect(core.core.counters.unmatched == 1)
        #expect(core.core.table.count == 0 && core.sent.isEmpty)
    }

    @Test func `an answer from another address than was asked is none`() throws {
        var core = CoreUnderTest()
        core.request(.ping(stranger), ticket: 1)
        let asked = try KRPCMessage(try #require(core.sent.first).bytes)
        let reply = Value.dictionary([
            "r": .dictionary(["id": .bytes(nodeID(3).bytes)]),
            "t": .bytes(Array(asked.bytes[asked.transaction])), "y": .text("r"),
        ]).encoded
        core.receive(reply, from: Endpoint(.v4(0x0506_0709), port: 6881))
        #expect(core.answers.isEmpty && core.core.counters.unmatched == 1)
        core.receive(reply, from: stranger)
        guard case .pong(let id) = core.answers[1] else {
            Issue.record("no answer")
            return
        }
        #expect(id == nodeID(3))
        core.receive(reply, from: stranger)
        #expect(core.core.counters.unmatched == 2)
    }

    // MARK: Amplification

    /// Every kind of query at every length, from addresses that never answer anything.
    @Test func `no stranger gets more than twice what it sent, probes included`() throws {
        var core = CoreUnderTest(verifier: CheapVerifier())
        for number in 1...60 {
            let endpoint = Endpoint(.v4(UInt32(0x2000_0000 + number << 16)), port: 7)
            let id = NodeID.bound(to: endpoint.address, filler: nodeID(UInt64(number)))
            _ = try core.query("ping", [:], from: endpoint, id: id)
            try core.answerAll { _ in id }
        }
        let large = try Item(
            value: Value.bytes([UInt8](repeating: 7, count: 990)).encoded, salt: [], sequence: 1,
            signedBy: CheapSigner(itemKey: Bytes32(words: (1, 2, 3, 4))))
        #expect(try core.put(large, from: stranger) == nil)
        var number: UInt32 = 0
        for method in ["ping", "find_node", "get_peers", "get", "announce_peer", "put", "other"] {
            for padding in stride(from: 0, to: 900, by: 60) {
                number += 1
                let source = Endpoint(.v4(0x3000_0000 + number << 10), port: 9)
                let bytes = Value.dictionary([
                    "a": .dictionary([
                        "id": .bytes(nodeID(UInt64(number)).bytes),
                        "target": .bytes(large.target.bytes),
                        "info_hash": .bytes(large.target.bytes),
                    ]), "q": .text(method), "t": .text("tt"), "y": .text("q"),
                    "z": .bytes([UInt8](repeating: 0, count: padding)),
                ]).encoded
                core.receive(bytes, from: source)
                let count = core.sent.reduce(0) { $0 + $1.bytes.count }
                #expect(count <= 2 * bytes.count, "\(method), padding \(padding)")
                #expect(core.sent.allSatisfy { $0.endpoint == source })
                core.advance(by: second)
            }
        }
    }

    @Test func `a long reply waits until the asker has shown that the address is its own`() throws {
        var core = CoreUnderTest()
        let item = Item(value: Value.bytes([UInt8](repeating: 7, count: 900)).encoded)
        #expect(try core.put(item, from: stranger) == nil)
        let asker = Endpoint(.v4(0x0a0b_0c0d ^ 0x4000_0000), port: 1234)
        let early = try core.query(
            "get", ["target": .bytes(item.target.bytes)], from: asker, padding: 0)
        #expect(early == nil)
        #expect(core.sent.count == 1)
        #expect(try KRPCMessage(core.sent[0].bytes).kind == .query(.ping))
        try core.answerAll { _ in nodeID(99) }
        let reply = try KRPCMessage(try #require(core.sent.first).bytes)
        #expect(reply.kind == .response)
        #expect(Array(reply.bytes[try #require(reply.value)]) == item.value)
        // Proved once, answered at once.
        let late = try core.query(
            "get", ["target": .bytes(item.target.bytes)], from: asker, padding: 0)
        #expect(late?.value != nil)
    }

    // MARK: Rates

    @Test func `a range gets twenty answers a second after a burst`() throws {
        var core = CoreUnderTest()
        func answered(_ count: Int, _ host: (Int) -> UInt32) throws -> Int {
            try (0..<count).reduce(0) { sum, number in
                let endpoint = Endpoint(.v4(host(number)), port: 6881)
                return try core.query("ping", [:], from: endpoint) == nil ? sum : sum + 1
            }
        }
        let burst = try answered(1000) { 0x0506_0700 + UInt32($0 % 250) }
        #expect((100...102).contains(burst))
        core.advance(by: 10 * second)
        #expect(try answered(1000) { _ in 0x0506_0701 } > 90)
        #expect(try answered(20) { 0x0606_0700 + UInt32($0) << 8 } == 20)
        #expect(core.core.counters.limited > 1000)
    }

    // MARK: Tokens

    @Test func `a token holds five to ten minutes, for its address, and is not guessed`() throws {
        var core = CoreUnderTest()
        let item = Item(value: Array("4:spam".utf8))
        let token = try core.token(for: stranger)
        func put(_ token: [UInt8], from endpoint: Endpoint) throws -> Int? {
            try core.refusal(
                of: "put", try CoreUnderTest.arguments(of: item, token: token), from: endpoint)
        }
        #expect(try put(token, from: stranger) == nil)
        #expect(try put(token, from: Endpoint(stranger.address, port: 1)) == nil)
        #expect(try put(token, from: Endpoint(.v4(0x0506_0709), port: 6881)) == 203)
        #expect(try put([], from: stranger) == 203)
        for bit in 0..<64 {
            var wrong = token
            wrong[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try put(wrong, from: stranger) == 203)
            core.advance(by: second)
        }
        core.advance(by: 4 * minute - 64 * second)
        #expect(try put(token, from: stranger) == nil)
        core.advance(by: 6 * minute)
        #expect(try put(token, from: stranger) == 203)
    }

    // MARK: Peers

    @Test func `an announced peer is named for half an hour`() throws {
        var core = CoreUnderTest()
        let topic = Role.supplier.topic(in: "test")
        let token = try core.token(for: stranger)
        let arguments: [String: Value] = [
            "info_hash": .bytes(topic.bytes), "token": .bytes(token), "port": .integer(7771),
        ]
        #expect(try core.refusal(of: "announce_peer", arguments, from: stranger) == nil)
        var implied = arguments
        implied["implied_port"] = .integer(1)
        #expect(try core.refusal(of: "announce_peer", implied, from: stranger) == nil)
        func peers() throws -> Int {
            let reply = try core.query(
                "get_peers", ["info_hash": .bytes(topic.bytes)], from: stranger)
            guard let range = try #require(reply).peers else { return 0 }
            return range.count
        }
        // l6:......6:......e
        #expect(try peers() == 18)
        core.advance(by: 31 * minute)
        #expect(try peers() == 0)
        for port: Int64 in [0, -1, 65536, .max] {
            var wrong = arguments
            wrong["token"] = .bytes(try core.token(for: stranger))
            wrong["port"] = .integer(port)
            #expect(try core.refusal(of: "announce_peer", wrong, from: stranger) == 203)
        }
    }

    @Test func `one range cannot fill a topic`() throws {
        var store = PeerStore()
        let topic = nodeID(8)
        var takenCount = 0
        for number in 1..<200 as Range<UInt32> {
            let endpoint = Endpoint(.v4(0x0506_0700 + number), port: 7)
            if store.announce(endpoint, topic: topic, now: 1) { takenCount += 1 }
        }
        #expect(takenCount == 8)
        for number in 0..<500 as Range<UInt32> {
            _ = store.announce(
                Endpoint(.v4(number << 8 | 0x2000_0001), port: 7), topic: topic, now: 1)
        }
        #expect(store.peers(of: topic, now: 2).count == 128)
        store.expire(now: 31 * minute)
        #expect(store.topicCount == 0)
    }
}
