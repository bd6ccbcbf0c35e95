import DHT
import Identities
import Model
import Simulation
import Testing

@Suite struct RecordTests {
    private let verifier = Ed25519Verifier()
    private let digest = Bytes32(words: (1, 2, 3, 4))
    private let sources = ["http://host-a.com/alice.xml", "http://host-b.com:8080/alice.xml"]

    /// Every changed bit of the value, another sequence and another key.
    private func attack(_ item: Item, reads: (Item) -> Bool) throws {
        #expect(reads(item))
        let ownership = try #require(item.ownership)
        for bit in 0..<item.value.count * 8 {
            var value = item.value
            value[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!reads(Item(value: value, ownership: ownership)), "bit \(bit)")
        }
        for count in 0..<item.value.count {
            #expect(!reads(Item(value: Array(item.value[..<count]), ownership: ownership)))
        }
        let replayed = Item.Ownership(
            key: ownership.key, salt: ownership.salt, sequence: ownership.sequence + 1,
            signature: ownership.signature)
        #expect(!reads(Item(value: item.value, ownership: replayed)))
        #expect(!reads(Item(value: item.value)))
    }

    @Test func `an identity's pointer comes back and nobody else's is taken`() throws {
        let alice = try identityKey(1)
        let pointer = IdentityPointer(digest: digest, sources: sources, sequence: 7)
        let item = try pointer.item(signedBy: alice)
        #expect(item.target == IdentityPointer.address(of: alice.publicKey).target)
        #expect(IdentityPointer(item, of: alice.publicKey, verifier: verifier) == pointer)
        #expect(item.value == (try golden("dht/identity-pointer-v1.bin", item.value)))
        let mallory = try pointer.item(signedBy: try identityKey(2))
        #expect(IdentityPointer(mallory, of: alice.publicKey, verifier: verifier) == nil)
        try attack(item) { IdentityPointer($0, of: alice.publicKey, verifier: verifier) != nil }
    }

    @Test func `a value that is signed and no pointer is refused`() throws {
        let alice = try identityKey(1)
        let wrong: [[UInt8]] = [
            Value.text("x").encoded, Value.dictionary([:]).encoded,
            Value.dictionary(["d": .bytes(digest.array)]).encoded,
            Value.dictionary(["d": .bytes(digest.array), "s": .text("a")]).encoded,
            Value.dictionary(["d": .bytes(digest.array), "s": .list([.integer(1)])]).encoded,
            Value.dictionary([
                "d": .bytes(digest.array), "s": .list([]), "z": .integer(1),
            ]).encoded,
            Value.dictionary(["d": .bytes([1]), "s": .list([])]).encoded,
            Value.dictionary([
                "d": .bytes(digest.array), "s": .list((0..<9).map { .text("\($0)") }),
            ]).encoded,
            Value.dictionary([
                "d": .bytes(digest.array),
                "s": .list([.text(String(repeating: "a", count: 81))]),
            ]).encoded,
            Value.dictionary(["d": .bytes(digest.array), "s": .list([.bytes([0xff])])]).encoded,
        ]
        for value in wrong {
            let item = try Item(
                value: value, salt: IdentityPointer.salt, sequence: 1, signedBy: alice)
            #expect(IdentityPointer(item, of: alice.publicKey, verifier: verifier) == nil)
        }
    }

    @Test func `a head's pointer is of its repository and its device`() throws {
        let device = try deviceKey(3)
        let repository = RepositoryID(Bytes32(words: (9, 8, 7, 6)))
        let pointer = HeadPointer(repository: repository, digest: digest, sequence: 12)
        let item = try pointer.item(signedBy: device)
        #expect(item.value == (try golden("dht/head-pointer-v1.bin", item.value)))
        func read(_ item: Item) -> HeadPointer? {
            HeadPointer(
                item, of: repository, writtenBy: device.publicKey, verifier: verifier)
        }
        #expect(read(item) == pointer)
        try attack(item) { read($0) != nil }
        // Another repository whose id begins alike has the same place.
        let other = RepositoryID(Bytes32(words: (9, 8, 1, 1)))
        let close = try HeadPointer(repository: other, digest: digest, sequence: 12)
            .item(signedBy: device)
        #expect(close.target == item.target && read(close) == nil)
    }

    @Test(arguments: [0, 1, 23, 24, 25, 48, 100, 1024])
    func `suppliers come back in their order`(_ count: Int) throws {
        let device = try deviceKey(3)
        let suppliers = (0..<UInt64(count)).map { SupplierID(Bytes32(words: ($0, 1, 2, 3))) }
        let list = SupplierList(suppliers: suppliers, sequence: 4)
        let items = try list.items(signedBy: device)
        #expect(items.count == SupplierList.partCount(of: count))
        #expect(items.allSatisfy { $0.value.count <= Limits.itemValueLengthMax })
        #expect(SupplierList.supplierCount(in: items[0]) == count)
        func read(_ items: [Item]) -> SupplierList? {
            SupplierList(items, writtenBy: device.publicKey, verifier: verifier)
        }
        #expect(read(items) == list)
        #expect(read(Array(items.dropLast())) == nil)
        if items.count > 1 { #expect(read(items.reversed()) == nil) }
        let newer = try SupplierList(suppliers: suppliers, sequence: 5).items(signedBy: device)
        if items.count > 1 { #expect(read([newer[0]] + items.dropFirst()) == nil) }
    }

    @Test func `a list of suppliers is as in its golden file`() throws {
        let device = try deviceKey(3)
        let suppliers = (0..<3 as Range<UInt64>).map { SupplierID(Bytes32(words: ($0, 1, 2, 3))) }
        let item = try SupplierList(suppliers: suppliers, sequence: 4).items(signedBy: device)[0]
        #expect(item.value == (try golden("dht/supplier-list-v1.bin", item.value)))
        try attack(item) {
            SupplierList([$0], writtenBy: device.publicKey, verifier: verifier) != nil
        }
    }

    // MARK: Nicknames

    private func claim(_ seed: UInt64, sequence: Int64 = 1, name: String = "alice") throws
        -> NicknameClaim
    {
        try NicknameClaim(
            network: "test", name: name, sequence: sequence, signedBy: try identityKey(seed))
    }

    @Test func `a claim comes back from its place and from no other`() throws {
        let claim = try claim(1)
        let places = NicknameClaim.addresses(of: "alice", network: "test")
        #expect(places.count == 4 && Set(places.map(\.target)).count == 4)
        for place in 0..<4 {
            let item = try claim.item(at: place)
            #expect(item.target == places[place].target)
            #expect(NicknameClaim(item) == claim)
        }
        let item = try claim.item(at: 0)
        #expect(item.value == (try golden("dht/nickname-v1.bin", item.value)))
        let elsewhere = NicknameClaim.addresses(of: "bob", network: "test")
        #expect(!elsewhere.contains { $0.target == item.target })
        // Whoever derives the key of the place can sign there, and still not speak for alice.
        for bit in 0..<item.value.count * 8 {
            var value = item.value
            value[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(
                NicknameClaim(Item(value: value, ownership: try #require(item.ownership))) == nil)
        }
    }

    @Test func `first come, first served; its claimant renews it; rubbish gives way`() throws {
        let writer = IPAddress.v4(0x0506_0708)
        var store = ItemStore(countMax: 100)
        func put(_ item: Item) -> KRPC.Refusal? {
            store.put(item, expected: nil, from: writer, now: 1, verifier: verifier)
        }
        let alice = try claim(1).item(at: 0)
        let ownership = try #require(alice.ownership)
        let rubbish = Item(
            value: Array("7:rubbish".utf8),
            ownership: Item.Ownership(
                key: ownership.key, salt: [], sequence: .max, signature: ownership.signature))
        #expect(put(rubbish) == nil)
        #expect(put(alice) == nil)
        #expect(put(rubbish) == .sequenceTooLow)
        #expect(put(try claim(2, sequence: 99).item(at: 0)) == .sequenceTooLow)
        #expect(put(try claim(1, sequence: 2).item(at: 0)) == nil)
        #expect(put(alice) == .sequenceTooLow)
        #expect(put(try claim(2).item(at: 1)) == nil)
        let kept = try #require(store.item(at: alice.target, now: 2))
        #expect(NicknameClaim(kept)?.claimant == (try identityKey(1)).publicKey)
    }

    @Test func `roles have topics of their own in each network`() {
        let topics = Role.allCases.flatMap { role in
            ["main", "test", ""].map { role.topic(in: $0) }
        }
        #expect(Set(topics).count == topics.count)
        #expect(
            Role.supplier.topic(in: "main").description
                == "c6d94acb042b86373ee6789c98ecbf47e61563fd")
    }
}
