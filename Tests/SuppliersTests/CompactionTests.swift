import Dispatch
import Foundation
import Model
import Simulation
import Suppliers
import Synchronization
import Testing

/// The space of what was given up comes back, and nothing else goes.
@Suite struct CompactionTests {
    private let customer = try! StoreCustomer(seed: 1)

    private func store(
        _ disk: SimulatedDisk, quota: Int = 1 << 30
    ) throws -> DiskFragmentStore {
        let store = try simulatedStore(disk, segmentLengthMax: 40 << 10)
        try store.admit(customer.contract(quota: quota, with: store.supplier))
        return store
    }

    private func put(
        _ seeds: ClosedRange<UInt64>, in store: DiskFragmentStore
    ) throws -> [FragmentUpload] {
        let uploads = try seeds.map { try customer.upload(seed: $0) }
        for upload in uploads { _ = try store.put([upload]) }
        return uploads
    }

    /// Compacts until nothing is worth it; returns the bytes given back.
    @discardableResult
    private func compact(_ store: DiskFragmentStore) throws -> Int {
        var removed = 0
        var count = 0
        while let step = try store.compact(isPressing: true) {
            removed += step.removedLength
            count += 1
            try #require(count < 1000, "compaction does not end")
        }
        return removed
    }

    private func check(
        _ uploads: some Sequence<FragmentUpload>, in store: DiskFragmentStore, _ label: String = ""
    ) throws {
        for upload in uploads {
            let bytes = try store.bytes(of: upload.header.fragment, of: customer.owner)
            #expect(bytes == upload.content, "\(label)")
        }
    }

    private func diskLength(_ disk: SimulatedDisk) -> Int {
        disk.paths(below: "/store/segments").reduce(0) {
            $0 + (disk.contents(of: $1)?.count ?? 0)
        }
    }

    @Test func `what was given up is given back, and the ledgers agree with the disk`() throws {
        let disk = SimulatedDisk()
        let store = try store(disk)
        let uploads = try put(1...20, in: store)
        let gone = stride(from: 0, to: 20, by: 2).map { uploads[$0] }
        let kept = stride(from: 1, to: 20, by: 2).map { uploads[$0] }
        try store.tombstone(gone.map(\.header.fragment), of: customer.owner)
        #expect(try store.usage().tombstoned == 10 * 8192)
        let before = try store.usage().used
        #expect(try compact(store) > 0)
        let usage = try store.usage()
        #expect(usage.tombstoned == 0)
        #expect(usage.fragmentCount == 10)
        // Ten records, and at most a page of tombstones or sequence for each segment.
        #expect(usage.used <= 10 * 8192 + 2 * 4096)
        #expect(usage.used < before)
        #expect(usage.used == diskLength(disk))
        #expect(try store.usage(of: customer.owner).charged == 10 * 8192)
        try check(kept, in: store)
        let has = try store.has(gone.map(\.header.fragment), of: customer.owner)
        #expect(!has.contains(true))
        disk.crash(SeededRandom(seed: 1))
        let reopened = try simulatedStore(disk, segmentLengthMax: 40 << 10)
        #expect(try reopened.usage() == usage)
        try check(kept, in: reopened)
        for upload in gone { _ = try reopened.put([upload]) }
        try check(uploads, in: reopened)
    }

    @Test func `everything given up leaves one segment with a page`() throws {
        let disk = SimulatedDisk()
        let store = try store(disk)
        let uploads = try put(1...9, in: store)
        let last = try #require(try store.put([try customer.upload(seed: 10)]).first)
        try store.tombstone(
            uploads.map(\.header.fragment) + [try customer.upload(seed: 10).header.fragment],
            of: customer.owner)
        try compact(store)
        #expect(try store.usage().used == 4096)
        #expect(diskLength(disk) == 4096)
        store.close()
        let reopened = try simulatedStore(disk, segmentLengthMax: 40 << 10)
        let next = try #require(try reopened.put([try customer.upload(seed: 11)]).first)
        #expect(next.sequence > last.sequence, "a sequence was given twice")
    }

    @Test func `a segment with little to give back is left alone until it is pressing`() throws {
        let disk = SimulatedDisk()
        let store = try simulatedStore(disk, segmentLengthMax: 1 << 20)
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        let uploads = try put(1...20, in: store)
        try store.tombstone([uploads[3].header.fragment], of: customer.owner)
        #expect(try store.compact(isPressing: false) == nil)
        #expect(try store.compact(isPressing: true) != nil)
        try compact(store)
        #expect(try store.usage().tombstoned == 0)
        #expect(try store.compact(isPressing: true) == nil)
    }

    @Test func `a loss of power at every operation loses nothing and brings nothing back`() throws {
        var count = 0
        for after in 0... {
            let disk = SimulatedDisk()
            var store = try store(disk)
            let uploads = try put(1...12, in: store)
            let gone = [0, 1, 4, 6, 7, 10].map { uploads[$0] }
            let kept = [2, 3, 5, 8, 9, 11].map { uploads[$0] }
            try store.tombstone(gone.map(\.header.fragment), of: customer.owner)
            // The tombstones come to lie in a segment that is compacted too.
            let more = try put(20...23, in: store)
            try store.tombstone([more[1].header.fragment], of: customer.owner)
            disk.fail([DiskFault(.powerLoss, after: after)])
            var isDone = false
            do {
                try compact(store)
                isDone = true
            } catch is StoreError {
                count += 1
            }
            disk.crash(SeededRandom(seed: UInt64(after)))
            for pass in 0..<2 {
                store = try simulatedStore(disk, segmentLengthMax: 40 << 10)
                let label = "operation \(after), pass \(pass)"
                try check(kept + [more[0], more[2], more[3]], in: store, label)
                let given = gone.map(\.header.fragment) + [more[1].header.fragment]
                #expect(
                    try store.has(given, of: customer.owner).contains(true) == false, "\(label)")
                #expect(try store.usage().fragmentCount == 9, "\(label)")
                let listed = try store.list(of: customer.owner, after: nil, limit: 100)
                #expect(listed.count == 9, "\(label)")
                let charged = try store.usage(of: customer.owner).charged
                #expect(charged >= 9 * 8192 && charged <= 16 * 8192, "\(label): \(charged)")
                try compact(store)
                #expect(try store.usage(of: customer.owner).charged == 9 * 8192, "\(label)")
                #expect(try store.usage().used == diskLength(disk), "\(label)")
                store.close()
            }
            if isDone { break }
        }
        #expect(count > 30)
    }

    @Test(arguments: DiskOperation.allCases, [5, 28] as [Int32])
    func `one failing operation stops nothing for good`(
        operation: DiskOperation, code: Int32
    ) throws {
        for after in 0..<100 {
            let disk = SimulatedDisk()
            let store = try store(disk)
            let uploads = try put(1...12, in: store)
            let kept = stride(from: 1, to: 12, by: 2).map { uploads[$0] }
            try store.tombstone(
                stride(from: 0, to: 12, by: 2).map { uploads[$0].header.fragment },
                of: customer.owner)
            disk.fail([DiskFault(.error(code), of: operation, after: after)])
            var hasFailed = false
            do {
                try compact(store)
            } catch is StoreError {
                hasFailed = true
            }
            disk.fail([])
            let label = "\(operation) \(after)"
            try check(kept, in: store, label)
            try compact(store)
            #expect(try store.usage(of: customer.owner).charged == 6 * 8192, "\(label)")
            #expect(try store.usage().used == diskLength(disk), "\(label)")
            try check(kept, in: store, label)
            store.close()
            disk.crash(SeededRandom(seed: UInt64(after)))
            let reopened = try simulatedStore(disk, segmentLengthMax: 40 << 10)
            try check(kept, in: reopened, label)
            #expect(try reopened.usage().fragmentCount == 6, "\(label)")
            if !hasFailed { break }
        }
    }

    @Test func `a tombstone stays as long as what it gave up is on the disk`() throws {
        let disk = SimulatedDisk()
        let store = try store(disk)
        // One fragment of a full segment is given up: too little to copy the segment for.
        let first = try put(1...5, in: store)
        let second = try put(6...9, in: store)
        try store.tombstone([first[0].header.fragment], of: customer.owner)
        try store.tombstone(second.map(\.header.fragment), of: customer.owner)
        let third = try put(10...14, in: store)
        // 1/5 of the first is dead, all of the second.
        var count = 0
        while try store.usage().tombstoned > 8192 {
            _ = try #require(try store.compact(isPressing: false))
            count += 1
            try #require(count < 100)
        }
        store.close()
        let reopened = try simulatedStore(disk, segmentLengthMax: 40 << 10)
        #expect(
            try reopened.has([first[0].header.fragment], of: customer.owner) == [false],
            "what was given up has come back")
        try check(first.dropFirst() + third, in: reopened)
        try compact(reopened)
        #expect(try reopened.usage().tombstoned == 0)
    }

    @Test func `what the disk has damaged is not copied, and the rest is`() throws {
        let disk = SimulatedDisk()
        let store = try store(disk)
        let uploads = try put(1...5, in: store)
        let path = disk.paths(below: "/store/segments")[0]
        var bytes = try #require(disk.contents(of: path))
        bytes[8192 + 4096 + 7] ^= 1
        bytes[3 * 8192 + 90] ^= 1
        disk.overwrite(path, with: bytes)
        try store.tombstone([uploads[0].header.fragment], of: customer.owner)
        try compact(store)
        let has = try store.has(uploads.map(\.header.fragment), of: customer.owner)
        #expect(has == [false, false, true, false, true])
        try check([uploads[2], uploads[4]], in: store)
        #expect(try store.usage(of: customer.owner).charged == 2 * 8192)
        _ = try store.put([uploads[1], uploads[3]])
        try check(uploads.dropFirst(), in: store)
    }

    @Test func `a segment with bytes that nobody knows is never removed`() throws {
        let disk = SimulatedDisk()
        let store = try store(disk)
        let uploads = try put(1...2, in: store)
        try store.tombstone([uploads[0].header.fragment], of: customer.owner)
        let more = try put(3...4, in: store)
        let path = disk.paths(below: "/store/segments")[0]
        var bytes = try #require(disk.contents(of: path))
        // The header of the tombstones: it might be anything.
        bytes[2 * 8192 + 90] ^= 1
        disk.overwrite(path, with: bytes)
        try compact(store)
        #expect(disk.paths(below: "/store/segments").contains(path))
        try check([uploads[1]] + more, in: store)
    }

    @Test func `a fragment is given back no sooner than its hold is over`() throws {
        let disk = SimulatedDisk()
        let store = try store(disk)
        let time = ManualTime()
        let holds = try HoldLedger(
            directory: "/store", time: ServiceTime(time), hold: 30, disk: disk)
        let uploads = try put(1...5, in: store)
        try holds.add(uploads.prefix(4).map(\.header.fragment), of: customer.owner)
        time.advance(nanoseconds: 29)
        try holds.performDue { (hold) throws(StoreError) in
            try store.tombstone(hold.fragments, of: hold.owner)
        }
        #expect(try compact(store) == 0)
        try check(uploads, in: store)
        time.advance(nanoseconds: 1)
        try holds.performDue { (hold) throws(StoreError) in
            try store.tombstone(hold.fragments, of: hold.owner)
        }
        #expect(try compact(store) > 0)
        #expect(try store.usage().fragmentCount == 1)
    }

    @Test func `readers, writers and scrubs find everything while it is moved`() throws {
        let directory = try TemporaryDirectory()
        let store = try DiskFragmentStore(
            directory: directory.path, key: supplierKey, mark: storeMark,
            options: StoreOptions(capacity: 1 << 30, diskReserve: 0, segmentLengthMax: 80 << 10))
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        let kept = try put(1...30, in: store)
        let wrong = Atomic(0)
        let isOver = Atomic(false)
        DispatchQueue.concurrentPerform(iterations: 3) { worker in
            guard worker > 0 else {
                for round in 0..<20 as Range<UInt64> {
                    let start = 1000 + round * 10
                    guard let fresh = try? put(start...start + 5, in: store),
                        (try? store.tombstone(
                            fresh.map(\.header.fragment), of: customer.owner)) != nil,
                        (try? compact(store)) != nil
                    else {
                        wrong.add(1, ordering: .relaxed)
                        continue
                    }
                }
                isOver.store(true, ordering: .releasing)
                return
            }
            while !isOver.load(ordering: .acquiring) {
                for upload in kept
                where (try? store.bytes(of: upload.header.fragment, of: customer.owner))
                    != upload.content
                {
                    wrong.add(1, ordering: .relaxed)
                }
                if worker == 2, (try? store.scrub(checkingRoots: false))?.findings != [] {
                    wrong.add(1, ordering: .relaxed)
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        #expect(try store.usage().fragmentCount == 30)
        store.close()
    }

    @Test func `an index that has forgotten the compaction is mended`() throws {
        let directory = try TemporaryDirectory()
        func open() throws -> DiskFragmentStore {
            try DiskFragmentStore(
                directory: directory.path, key: supplierKey, mark: storeMark,
                options: StoreOptions(
                    capacity: 1 << 30, diskReserve: 0, segmentLengthMax: 40 << 10))
        }
        let index = "\(directory.path)/index.sqlite"
        let first = try open()
        try first.admit(customer.contract(quota: 1 << 30, with: first.supplier))
        let uploads = try put(1...12, in: first)
        let kept = stride(from: 1, to: 12, by: 2).map { uploads[$0] }
        try first.tombstone(
            stride(from: 0, to: 12, by: 2).map { uploads[$0].header.fragment },
            of: customer.owner)
        first.close()
        try FileManager.default.copyItem(atPath: index, toPath: "\(index).old")
        let second = try open()
        try compact(second)
        let usage = try second.usage()
        second.close()
        try FileManager.default.removeItem(atPath: index)
        try FileManager.default.moveItem(atPath: "\(index).old", toPath: index)
        let third = try open()
        try check(kept, in: third)
        #expect(try third.usage() == usage)
        #expect(!third.opening.rebuiltIndex)
        third.close()
    }
}
