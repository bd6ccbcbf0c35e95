import Model
import Simulation
import Suppliers
import Testing

/// The faults do what they say, else tests that use them prove nothing.
@Suite struct FaultyFragmentStoreTests {
    private let customer = try! StoreCustomer(seed: 1)

    private func store(_ faults: [StoreFault]) throws -> FaultyFragmentStore {
        let memory = MemoryFragmentStore(key: supplierKey, capacity: 1 << 30)
        try memory.admit(customer.contract(quota: 1 << 30, with: memory.supplier))
        return FaultyFragmentStore(memory, faults: faults)
    }

    @Test func `calls fail as often as was said, and do nothing then`() throws {
        let error = StoreError.unavailable(reason: "restarting")
        let store = try store([StoreFault(.fail(error), on: .put, after: 1, count: 2)])
        let uploads = try (1...4).map { try customer.upload(seed: $0) }
        _ = try store.put([uploads[0]])
        #expect(throws: error) { try store.put([uploads[1]]) }
        #expect(throws: error) { try store.put([uploads[1]]) }
        #expect(error.isTransient)
        #expect(try store.usage().fragmentCount == 1)
        _ = try store.put([uploads[1]])
        #expect(try store.usage().fragmentCount == 2)
    }

    @Test func `an answer that is lost leaves what was done`() throws {
        let error = StoreError.unavailable(reason: "cut off")
        let store = try store([StoreFault(.failAfterwards(error), on: .put)])
        let upload = try customer.upload(seed: 1)
        #expect(throws: error) { try store.put([upload]) }
        #expect(try store.has([upload.header.fragment], of: customer.owner) == [true])
    }

    @Test func `a lying store changes bytes, forgets and denies`() throws {
        let store = try store([])
        let upload = try customer.upload(seed: 1)
        let id = upload.header.fragment
        _ = try store.put([upload])
        store.fail([
            StoreFault(.flipBit(offset: 5), on: .get), StoreFault(.deny, on: .has),
            StoreFault(.deny, on: .list), StoreFault(.forget, on: .put),
        ])
        var wrong = upload.content
        wrong[5] ^= 1
        #expect(try store.bytes(of: id, of: customer.owner) == wrong)
        #expect(try store.bytes(of: id, of: customer.owner) == upload.content)
        #expect(try store.has([id], of: customer.owner) == [false])
        #expect(try store.has([id], of: customer.owner) == [true])
        #expect(try store.list(of: customer.owner, after: nil, limit: 9).isEmpty)
        let other = try customer.upload(seed: 2)
        #expect(try store.put([other])[0].isSigned)
        #expect(try store.has([other.header.fragment], of: customer.owner) == [false])
    }
}
