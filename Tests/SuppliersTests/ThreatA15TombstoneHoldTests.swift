import Identities
import Model
import Simulation
import Suppliers
import Testing

/// Threat A15: who has taken over a machine cannot make a supplier forget the past at once.
@Suite struct ThreatA15TombstoneHoldTests {
    private let customer = try! StoreCustomer(seed: 1)
    private let disk = SimulatedDisk()
    private let time = ManualTime()

    /// A supplier that holds; opening it again is a restart.
    private func open(_ memory: MemoryFragmentStore) throws -> ServedStore {
        try disk.makeDirectory("/store")
        try disk.syncDirectory("/")
        let service = try ServiceTime(time, directory: "/store", disk: disk)
        let holds = try HoldLedger(directory: "/store", time: service, disk: disk)
        return ServedStore(memory, key: supplierKey, time: time, holds: holds)
    }

    private func filled() throws -> (MemoryFragmentStore, [FragmentUpload]) {
        let memory = MemoryFragmentStore(key: supplierKey, capacity: 1 << 30)
        try memory.admit(customer.contract(quota: 1 << 30, with: memory.supplier))
        let uploads = try (1...3).map { try customer.upload(seed: $0) }
        _ = try memory.put(uploads)
        return (memory, uploads)
    }

    @Test func `a device's tombstones wait thirty days of service`() throws {
        let (memory, uploads) = try filled()
        let ids = uploads.map(\.header.fragment)
        let store = try open(memory)
        try store.tombstone(Array(ids[..<2]), of: customer.owner)
        time.advance(days: 29)
        try store.server.performDueTombstones()
        #expect(try store.has(ids, of: customer.owner) == [true, true, true])
        #expect(try store.bytes(of: ids[0], of: customer.owner) == uploads[0].content)
        time.advance(days: 1)
        try store.server.performDueTombstones()
        #expect(try store.has(ids, of: customer.owner) == [false, false, true])
        #expect(disk.paths(below: "/store/holds").isEmpty)
    }

    @Test func `no clock and no restart shortens the wait`() throws {
        let (memory, uploads) = try filled()
        let ids = uploads.map(\.header.fragment)
        try open(memory).tombstone(ids, of: customer.owner)
        for days in [3650, -7300, 40_000] {
            time.jump(days: days)
            // Off for a year of uptime that it does not see; a machine's clock tells it nothing.
            disk.crash(SeededRandom(seed: 1))
            let store = try open(memory)
            try store.server.performDueTombstones()
            #expect(try store.has(ids, of: customer.owner) == [true, true, true])
        }
        for _ in 0..<20 {
            let store = try open(memory)
            time.advance(days: 1)
            try store.server.performDueTombstones()
            #expect(try store.has(ids, of: customer.owner) == [true, true, true])
        }
        let store = try open(memory)
        time.advance(days: 30)
        try store.server.performDueTombstones()
        #expect(try store.has(ids, of: customer.owner) == [false, false, false])
    }

    @Test func `any device of the owner takes a tombstone back`() throws {
        let (memory, uploads) = try filled()
        let ids = uploads.map(\.header.fragment)
        let store = try open(memory)
        try store.tombstone(ids, of: customer.owner)
        try store.seen(by: customer.owner).keep([ids[1]], of: customer.owner)
        time.advance(days: 31)
        try store.server.performDueTombstones()
        #expect(try store.has(ids, of: customer.owner) == [false, true, false])
    }

    @Test func `the identity's own signature is obeyed at once, at the supplier it names`() throws {
        let (memory, uploads) = try filled()
        let ids = uploads.map(\.header.fragment)
        let store = try open(memory)
        let way = store.seen(by: customer.owner)
        let elsewhere = try TombstoneOrder(
            ids, of: customer.owner, at: SupplierID(.zero), signedBy: customer.identity)
        #expect(throws: StoreError.badSignature) {
            try way.perform(elsewhere, of: customer.owner)
        }
        let order = try TombstoneOrder(
            [ids[0]], of: customer.owner, at: store.supplier, signedBy: customer.identity)
        let other = TombstoneOrder(ids, rootSignature: order.rootSignature)
        #expect(throws: StoreError.badSignature) { try way.perform(other, of: customer.owner) }
        try way.perform(order, of: customer.owner)
        #expect(try store.has(ids, of: customer.owner) == [false, true, true])
    }

    @Test func `orders are bounded, and a damaged one keeps its fragments`() throws {
        let (memory, uploads) = try filled()
        let ids = uploads.map(\.header.fragment)
        let store = try open(memory)
        try store.tombstone(ids, of: customer.owner)
        let path = disk.paths(below: "/store/holds")[0]
        let file = try disk.open(path, .write(direct: false))
        try file.truncate(to: 40)
        time.advance(days: 60)
        try store.server.performDueTombstones()
        #expect(try store.has(ids, of: customer.owner) == [true, true, true])
        for _ in 0..<Limits.holdCountMax { try store.tombstone([ids[0]], of: customer.owner) }
        #expect(throws: StoreError.invalid(field: "hold count")) {
            try store.tombstone([ids[0]], of: customer.owner)
        }
    }
}
