import Foundation
import Model
import Simulation
import Suppliers
import Testing

/// A supplier on more than one disk.
@Suite struct MultiDiskTests {
    private let customer = try! StoreCustomer(seed: 1)

    private func slot(_ path: String, _ disk: SimulatedDisk) throws -> DiskSlot {
        DiskSlot(
            path: path, store: try simulatedStore(disk, capacity: nil, segmentLengthMax: 256 << 10))
    }

    private func store(
        _ disks: [SimulatedDisk], capacity: Int? = 1 << 30
    ) throws -> MultiDiskFragmentStore {
        try MultiDiskFragmentStore(
            disks.enumerated().map { try slot("/\($0)", $1) }, capacity: capacity)
    }

    @Test(arguments: FragmentStoreConformance.rules, [1, 3])
    func `a store on several disks keeps the rule`(
        _ rule: FragmentStoreConformance.Rule, diskCount: Int
    ) throws {
        try rule.check { capacity in
            try store((0..<diskCount).map { _ in SimulatedDisk() }, capacity: capacity)
        }
    }

    @Test(arguments: FragmentStoreConformance.rules)
    func `a store in two directories keeps the rule`(
        _ rule: FragmentStoreConformance.Rule
    ) throws {
        let directory = try TemporaryDirectory()
        try rule.check { capacity in
            try SupplierDisks.open(
                ["\(directory.path)/\(capacity)a", "\(directory.path)/\(capacity)b"], known: [],
                capacity: capacity, random: SeededRandom(seed: 5)
            ).store
        }
    }

    @Test func `a fragment goes to the disk with the most room`() throws {
        let disks = (0..<3).map { _ in SimulatedDisk() }
        for (disk, room) in zip(disks, [1 << 20, 3 << 20, 2 << 20]) {
            disk.setFreeByteCount(room)
        }
        let store = try store(disks)
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        for seed in 0..<60 {
            _ = try store.put([customer.upload(seed: UInt64(seed), pageCount: 8)])
        }
        let lengths = disks.map { disk in
            disk.paths(below: "/store/segments").reduce(0) {
                $0 + (disk.contents(of: $1)?.count ?? 0)
            }
        }
        #expect(lengths[1] > lengths[2] && lengths[2] > lengths[0], "\(lengths)")
        let usage = try store.usage()
        #expect(usage.used == lengths.reduce(0, +))
        #expect(usage.fragmentCount == 60)
    }

    @Test func `a disk that dies takes its own fragments and no others`() throws {
        let disks = [SimulatedDisk(), SimulatedDisk()]
        disks[0].setFreeByteCount(64 << 20)
        disks[1].setFreeByteCount(64 << 20)
        let store = try store(disks)
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        try store.putHead(customer.head(sequence: 1))
        let uploads = try (0..<40).map { try customer.upload(seed: $0, pageCount: 4) }
        for upload in uploads { _ = try store.put([upload]) }
        let ids = uploads.map(\.header.fragment)
        #expect(try store.has(ids, of: customer.owner) == [Bool](repeating: true, count: 40))

        disks[0].fail([DiskFault(.error(5), isSticky: true)])
        #expect(store.examine().map(\.condition.isSound) == [false, true])
        let here = try store.has(ids, of: customer.owner)
        let left = here.count(where: { $0 })
        #expect(left > 10 && left < 30, "\(left) of 40 are left")
        for (id, isHere) in zip(ids, here) {
            if isHere {
                #expect(try store.bytes(of: id, of: customer.owner).count == 4 * 4096)
            } else {
                #expect(throws: StoreError.notFound) {
                    try store.bytes(of: id, of: customer.owner)
                }
            }
        }
        #expect(try store.list(of: customer.owner, after: nil, limit: 99).count == left)
        #expect(try store.heads(of: customer.owner).count == 1)
        // What is lost is put again, where there is a disk.
        _ = try store.put([uploads[here.firstIndex(of: false)!]])
        #expect(try store.has(ids, of: customer.owner).count(where: { $0 }) == left + 1)
    }

    @Test func `a disk that fails while it is written to is left for another`() throws {
        let disks = [SimulatedDisk(), SimulatedDisk()]
        disks[0].setFreeByteCount(64 << 20)
        disks[1].setFreeByteCount(32 << 20)
        let store = try store(disks)
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        disks[0].fail([DiskFault(.error(5), of: .sync, isSticky: true)])
        let upload = try customer.upload(seed: 1)
        _ = try store.put([upload])
        #expect(!disks[1].paths(below: "/store/segments").isEmpty)
        #expect(try store.has([upload.header.fragment], of: customer.owner) == [true])
        guard case .failing = store.slots[0].condition else {
            Issue.record("\(store.slots[0].condition)")
            return
        }
    }

    @Test func `quotas are those of all disks together`() throws {
        let disks = [SimulatedDisk(), SimulatedDisk()]
        disks[0].setFreeByteCount(64 << 20)
        disks[1].setFreeByteCount(64 << 20)
        let store = try store(disks)
        try store.admit(customer.contract(quota: 40 << 10, with: store.supplier))
        var stored = 0
        for seed in 0..<40 {
            do {
                _ = try store.put([customer.upload(seed: UInt64(seed))])
                stored += 1
            } catch StoreError.quotaExceeded {
                break
            }
        }
        let usage = try store.usage(of: customer.owner)
        #expect(usage.charged <= 40 << 10 && usage.available < 8192 && stored == 5)
    }

    @Test func `more and less is donated while it serves`() throws {
        let store = try store([SimulatedDisk()], capacity: 8192)
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        _ = try store.put([customer.upload(seed: 1)])
        #expect(throws: StoreError.capacityExceeded(need: 8192, available: 0)) {
            try store.put([customer.upload(seed: 2)])
        }
        store.setCapacity(16384)
        let second = try customer.upload(seed: 2)
        _ = try store.put([second])
        store.setCapacity(4096)
        #expect(try store.usage().capacity == 4096)
        #expect(try store.has([second.header.fragment], of: customer.owner) == [true])
        #expect(throws: StoreError.capacityExceeded(need: 8192, available: 0)) {
            try store.put([customer.upload(seed: 3)])
        }
    }

    @Test func `a new disk gets contracts and heads, a disk that is away is not made anew`() throws
    {
        let directory = try TemporaryDirectory()
        let paths = ["\(directory.path)/a", "\(directory.path)/b"]
        func open(_ paths: [String], known: [String]) throws -> SupplierDisks {
            try SupplierDisks.open(
                paths, known: Set(known), capacity: 1 << 20, random: SeededRandom(seed: 5))
        }
        let first = try open([paths[0]], known: [])
        try first.store.admit(customer.contract(quota: 1 << 19, with: first.store.supplier))
        try first.store.putHead(customer.head(sequence: 3))
        first.store.close()

        let both = try open(paths, known: [paths[0]])
        #expect(both.failures.isEmpty && both.store.supplier == first.store.supplier)
        let upload = try customer.upload(seed: 1)
        _ = try both.store.put([upload])
        // Another process on one of the directories.
        #expect(throws: StoreError.unavailable(reason: "in use by another process")) {
            try open([paths[1]], known: paths)
        }
        both.store.close()

        try FileManager.default.removeItem(atPath: paths[0])
        let second = try open(paths, known: paths)
        #expect(second.failures.map(\.path) == [paths[0]])
        #expect(!FileManager.default.fileExists(atPath: paths[0]))
        #expect(second.store.contracts.map(\.owner) == [customer.owner])
        #expect(try second.store.heads(of: customer.owner).map(\.sequence) == [3])
        second.store.close()
    }
}

extension DiskSlot.Condition {
    fileprivate var isSound: Bool { self == .sound }
}
