import Crypto
import DHT
import Identities
import Model
import Simulation
import Testing

/// BEP 44: what is kept and what is refused.
@Suite struct ItemTests {
    private let writer = Endpoint(.v4(0x0506_0708), port: 6881)
    private let hello = Array("12:Hello World!".utf8)

    /// The vectors of BEP 44.
    private func vector(salt: String, signature: String) throws -> Item {
        let keyText = "77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548"
        let keyBytes = try #require(Hex.decode(keyText))
        let signatureBytes = try #require(Hex.decode(signature))
        let key = try #require(Bytes32(keyBytes))
        return Item(
            value: hello,
            ownership: Item.Ownership(
                key: key, salt: Array(salt.utf8), sequence: 1,
                signature: try #require(Signature(signatureBytes))))
    }

    private func mutable(
        _ text: String = "one", sequence: Int64 = 1, salt: String = "salt", seed: UInt64 = 1
    ) throws -> Item {
        try Item(
            value: Value.text(text).encoded, salt: Array(salt.utf8), sequence: sequence,
            signedBy: try identityKey(seed))
    }

    @Test func `targets and signatures are those of BEP 44`() throws {
        let plain = try vector(
            salt: "",
            signature: """
                305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff\
                1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01
                """)
        #expect(plain.target.description == "4a533d47ec9c7d95b1ad75f576cffc641853b750")
        #expect(plain.isGenuine(by: Ed25519Verifier()))
        let salted = try vector(
            salt: "foobar",
            signature: """
                6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17d\
                df9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08
                """)
        #expect(salted.target.description == "411eba73b6f087ca51a3795d9c8c938d365e32c1")
        #expect(salted.isGenuine(by: Ed25519Verifier()))
        let immutable = Item(value: hello)
        #expect(immutable.target.description == "e5f96f6f38320f0f33959cb4d3d656452117aadb")
        var core = CoreUnderTest()
        #expect(try core.put(plain, from: writer) == nil)
        #expect(try core.put(salted, from: writer) == nil)
        #expect(try core.put(immutable, from: writer) == nil)
        #expect(core.core.itemCount == 3)
    }

    @Test func `any change of item, key, salt or signature is refused`() throws {
        var core = CoreUnderTest()
        let item = try mutable()
        let ownership = try #require(item.ownership)
        for bit in stride(from: 0, to: 512, by: 7) {
            var bytes = ownership.signature.array
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            let wrong = Item(
                value: item.value,
                ownership: Item.Ownership(
                    key: ownership.key, salt: ownership.salt, sequence: 1,
                    signature: try #require(Signature(bytes))))
            #expect(try core.put(wrong, from: writer) == 206)
            core.advance(by: second)
        }
        let others = [
            Item(value: Value.text("two").encoded, ownership: ownership),
            Item(
                value: item.value,
                ownership: Item.Ownership(
                    key: ownership.key, salt: ownership.salt, sequence: 2,
                    signature: ownership.signature)),
            Item(
                value: item.value,
                ownership: Item.Ownership(
                    key: ownership.key, salt: [1], sequence: 1, signature: ownership.signature)),
            Item(
                value: item.value,
                ownership: Item.Ownership(
                    key: try identityKey(2).itemKey, salt: ownership.salt, sequence: 1,
                    signature: ownership.signature)),
        ]
        for wrong in others { #expect(try core.put(wrong, from: writer) == 206) }
        #expect(core.core.itemCount == 0)
        #expect(core.core.counters.forgedItems > 70)
    }

    @Test func `keys of low order own nothing`() throws {
        var core = CoreUnderTest()
        // The identity point signs everything with an all but empty signature.
        let weak = Item(
            value: hello,
            ownership: Item.Ownership(
                key: Bytes32(words: (1, 0, 0, 0)), salt: [], sequence: 1,
                signature: try #require(Signature([1] + [UInt8](repeating: 0, count: 63)))))
        #expect(try core.put(weak, from: writer) == 206)
    }

    @Test func `values over 1000 bytes and salts over 64 are refused`() throws {
        var core = CoreUnderTest()
        let fits = Item(value: Value.bytes([UInt8](repeating: 1, count: 996)).encoded)
        #expect(fits.value.count == 1000)
        #expect(try core.put(fits, from: writer) == nil)
        let long = Item(value: Value.bytes([UInt8](repeating: 1, count: 997)).encoded)
        #expect(try core.put(long, from: writer) == 205)
        let salty = try mutable(salt: String(repeating: "s", count: 65))
        #expect(try core.put(salty, from: writer) == 207)
        core.request(.put(long, expected: nil), ticket: 1)
        core.request(.put(salty, expected: nil), ticket: 2)
        core.request(.put(Item(value: Array("4:spa".utf8)), expected: nil), ticket: 3)
        guard case .refused(.valueTooLong(length: 1001)) = core.answers[1],
            case .refused(.saltTooLong(length: 65)) = core.answers[2],
            case .refused(.badValue) = core.answers[3]
        else {
            Issue.record("\(core.answers)")
            return
        }
    }

    @Test func `a lower sequence is refused, and the same one with another value`() throws {
        var core = CoreUnderTest()
        #expect(try core.put(try mutable("five", sequence: 5), from: writer) == nil)
        #expect(try core.put(try mutable("four", sequence: 4), from: writer) == 302)
        #expect(try core.put(try mutable("other", sequence: 5), from: writer) == 302)
        #expect(try core.put(try mutable("five", sequence: 5), from: writer) == nil)
        #expect(try core.put(try mutable("six", sequence: 6), from: writer) == nil)
        #expect(try core.put(try mutable("last", sequence: .max), from: writer) == nil)
        #expect(try core.put(try mutable("minus", sequence: -1, salt: "m"), from: writer) == 203)
    }

    @Test func `cas replaces only what was read`() throws {
        var core = CoreUnderTest()
        #expect(try core.put(try mutable("one", sequence: 1), from: writer) == nil)
        #expect(
            try core.put(try mutable("three", sequence: 3), expected: 2, from: writer) == 301)
        #expect(
            try core.put(try mutable("three", sequence: 3), expected: 1, from: writer) == nil)
    }

    @Test func `who knows a sequence gets no value for it`() throws {
        var core = CoreUnderTest()
        let item = try mutable("five", sequence: 5)
        #expect(try core.put(item, from: writer) == nil)
        func get(_ sequence: Int64?) throws -> KRPCMessage {
            var arguments: [String: Value] = ["target": .bytes(item.target.bytes)]
            if let sequence { arguments["seq"] = .integer(sequence) }
            return try #require(try core.query("get", arguments, from: writer))
        }
        #expect(try get(nil).value != nil)
        #expect(try get(4).value != nil)
        #expect(try get(5).value == nil)
        #expect(try get(5).sequence == 5)
        #expect(try get(5).signature == nil)
        #expect(try get(6).value == nil)
    }

    @Test func `items are kept for two hours after the last put`() throws {
        var core = CoreUnderTest()
        let item = try mutable()
        #expect(try core.put(item, from: writer) == nil)
        core.advance(by: 90 * minute)
        #expect(try core.put(item, from: writer) == nil)
        core.advance(by: 90 * minute)
        #expect(core.core.itemCount == 1)
        core.advance(by: 31 * minute)
        #expect(core.core.itemCount == 0)
    }

    @Test func `a full store and a greedy range are refused with 202`() throws {
        var store = ItemStore(countMax: 1500)
        let cheap = CheapVerifier()
        var takenCount = 0
        for number in 0..<1200 {
            let item = Item(value: Value.integer(Int64(number)).encoded)
            let refusal = store.put(
                item, expected: nil, from: .v4(0x0506_0700), now: 1, verifier: cheap)
            if refusal == nil { takenCount += 1 } else { #expect(refusal == .server) }
        }
        #expect(takenCount == 1000)
        for number in 1200..<1900 {
            let item = Item(value: Value.integer(Int64(number)).encoded)
            _ = store.put(
                item, expected: nil, from: .v4(UInt32(number) << 12), now: 1, verifier: cheap)
        }
        #expect(store.count == 1500)
    }

    @Test func `signatures are checked only so many times a second`() throws {
        var configuration = DHTConfiguration()
        configuration.signatureChecksPerSecond = 10
        configuration.queriesPerSecond = 100_000
        var core = CoreUnderTest(configuration: configuration)
        let codes = try (1...100).map {
            try core.put(try mutable("x", sequence: Int64($0)), from: writer)
        }
        #expect(codes.filter { $0 == 202 }.count > 40)
        #expect(codes.first == .some(nil))
    }
}
