import DHT
import Model
import Simulation
import Testing

@Suite struct NodeIDTests {
    /// The table of BEP 42: address, last byte, first 21 bits of the id.
    @Test(
        arguments: [
            ("124.31.75.21", 1, "5fbfbf"), ("21.75.31.124", 86, "5a3ce9"),
            ("65.23.51.170", 22, "a5d432"), ("84.124.73.14", 65, "1b0321"),
            ("43.213.53.83", 90, "e56f6c"),
        ] as [(String, UInt8, String)])
    func `ids are bound to addresses as in BEP 42`(
        _ address: String, _ last: UInt8, _ prefix: String
    ) throws {
        let address = try #require(IPAddress(address))
        var filler = SeededRandom(seed: 1).bytes(20)
        filler[19] = last
        let id = NodeID.bound(to: address, filler: try #require(NodeID(filler)))
        let expected = try #require(Hex.decode(prefix))
        #expect(id.bytes[0] == expected[0] && id.bytes[1] == expected[1])
        #expect(id.bytes[2] & 0xf8 == expected[2] & 0xf8)
        #expect(id.bytes[19] == last)
        #expect(id.isBound(to: address))
        let other = try #require(IPAddress("124.31.75.22"))
        #expect(!id.isBound(to: other))
        #expect(id.isBound(to: try #require(IPAddress("192.168.1.1"))))
    }

    @Test func `an IPv6 address binds ids too`() throws {
        let random = SeededRandom(seed: 2)
        let address = try #require(IPAddress("2001:db8:1:2::3"))
        for _ in 0..<50 {
            let filler = try #require(NodeID(random.bytes(20)))
            #expect(NodeID.bound(to: address, filler: filler).isBound(to: address))
            #expect(!filler.isBound(to: address))
        }
    }

    @Test func `bytes and text come back`() throws {
        let bytes = SeededRandom(seed: 3).bytes(20)
        let id = try #require(NodeID(bytes))
        #expect(id.bytes == bytes)
        #expect(NodeID(hex: id.description) == id)
        #expect(NodeID(Array(bytes.dropLast())) == nil)
        #expect(NodeID(hex: "0011") == nil)
    }

    @Test func `order, distance and shared prefix agree with the bytes`() throws {
        let random = SeededRandom(seed: 4)
        for _ in 0..<3000 {
            let one = random.bytes(20)
            var other = one
            // Mostly alike, so that each word decides at times.
            for _ in 0...random.below(0..<3) { other[random.below(0..<20)] ^= 1 << 3 }
            let (a, b) = (try #require(NodeID(one)), try #require(NodeID(other)))
            #expect((a < b) == one.lexicographicallyPrecedes(other))
            #expect(a.distance(to: b).bytes == zip(one, other).map { $0 ^ $1 })
            let differing = zip(one, other).map { $0 ^ $1 }
            let shared =
                differing.firstIndex { $0 != 0 }.map {
                    $0 * 8 + differing[$0].leadingZeroBitCount
                } ?? 160
            #expect(a.sharedPrefix(with: b) == shared)
        }
    }

    /// The paper's vector: key 00..0f, input 00..0e.
    @Test func `SipHash is SipHash-2-4`() {
        let hash = SipHash(key: (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908))
        #expect(hash(Array(0..<15)) == 0xa129_ca61_49be_45e5)
        let words = hash(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908, 0x1716_1514_1312_1110)
        #expect(words == hash(Array(0..<24)))
    }
}
