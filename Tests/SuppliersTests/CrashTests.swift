import Model
import Simulation
import Suppliers
import Testing

/// Faults of the disk at every operation, and losses of power at any time.
@Suite struct CrashTests {
    private let customer = try! StoreCustomer(seed: 1)

    /// What a store has promised.
    private struct Promises {
        var kept: [FragmentUpload] = []
        var givenUp: Set<FragmentID> = []
        /// Asked for without an answer: may be there or not.
        var unknown: Set<FragmentID> = []
        var head: UInt64 = 0
    }

    /// Puts, gives up and reads for a while; stops at the first error of the disk.
    private func work(
        _ store: any FragmentStore, _ uploads: [FragmentUpload], _ promises: inout Promises
    ) throws {
        for (number, pair) in zip(1..., stride(from: 0, to: uploads.count - 1, by: 2)) {
            let group = Array(uploads[pair...pair + 1])
            let ids = group.map(\.header.fragment)
            promises.unknown.formUnion(ids)
            _ = try store.put(group)
            promises.unknown.subtract(ids)
            promises.kept += group
            promises.unknown.insert(ids[0])
            try store.tombstone([ids[0]], of: customer.owner)
            promises.unknown.remove(ids[0])
            promises.kept.removeAll { $0.header.fragment == ids[0] }
            promises.givenUp.insert(ids[0])
            try store.putHead(try customer.head(sequence: UInt64(number)))
            promises.head = UInt64(number)
        }
    }

    private func check(_ store: any FragmentStore, _ promises: Promises, _ label: String) throws {
        for upload in promises.kept where !promises.unknown.contains(upload.header.fragment) {
            let bytes = try store.bytes(of: upload.header.fragment, of: customer.owner)
            #expect(bytes == upload.content, "\(label)")
        }
        let givenUp = promises.givenUp.subtracting(promises.unknown).sorted()
        let has = try store.has(givenUp, of: customer.owner)
        #expect(!has.contains(true), "\(label): a tombstone is lost")
        let newest = try store.heads(of: customer.owner).first?.sequence ?? 0
        #expect(newest >= promises.head, "\(label): a head is lost")
        let known = try store.list(of: customer.owner, after: nil, limit: 100).map(\.id)
        let allowed = Set(promises.kept.map(\.header.fragment)).union(promises.unknown)
        #expect(allowed.isSuperset(of: known), "\(label): something came from nowhere")
    }

    @Test func `what has a receipt survives a loss of power at every operation`() throws {
        let uploads = try (1...8).map { try customer.upload(seed: UInt64($0)) }
        var count = 0
        var lostCount = 0
        for after in 0... {
            let disk = SimulatedDisk()
            let store = try simulatedStore(disk, segmentLengthMax: 40 << 10)
            try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
            disk.fail([DiskFault(.powerLoss, after: after)])
            var promises = Promises()
            do {
                try work(store, uploads, &promises)
                break
            } catch is StoreError {
                count += 1
            }
            disk.crash(SeededRandom(seed: UInt64(after)))
            let reopened = try simulatedStore(disk, segmentLengthMax: 40 << 10)
            try check(reopened, promises, "operation \(after)")
            lostCount += reopened.opening.tornTail == nil ? 0 : 1
            promises.unknown.formUnion(uploads.map(\.header.fragment))
            for upload in uploads { _ = try reopened.put([upload]) }
            try check(reopened, promises, "operation \(after), again")
        }
        #expect(count > 60)
        #expect(lostCount > 0, "no write was ever torn: the crashes prove nothing")
    }

    @Test(arguments: DiskOperation.allCases, [5, 28] as [Int32])
    func `one failing operation loses nothing and the store goes on`(
        operation: DiskOperation, code: Int32
    ) throws {
        let uploads = try (1...4).map { try customer.upload(seed: UInt64($0)) }
        for after in 0..<200 {
            let disk = SimulatedDisk()
            let store = try simulatedStore(disk, segmentLengthMax: 40 << 10)
            try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
            disk.fail([DiskFault(.error(code), of: operation, after: after)])
            var promises = Promises()
            do {
                try work(store, uploads, &promises)
                break
            } catch let error as StoreError {
                #expect(code != 28 || error == .diskFull)
            }
            try check(store, promises, "\(operation) \(after)")
            promises.unknown.formUnion(uploads.map(\.header.fragment))
            for upload in uploads { _ = try store.put([upload]) }
            try check(store, promises, "\(operation) \(after), going on")
            store.close()
            disk.crash(SeededRandom(seed: UInt64(after)))
            let reopened = try simulatedStore(disk, segmentLengthMax: 40 << 10)
            for upload in uploads {
                let bytes = try reopened.bytes(of: upload.header.fragment, of: customer.owner)
                #expect(bytes == upload.content, "\(operation) \(after), reopened")
            }
        }
    }

    @Test func `short writes are carried on`() throws {
        let uploads = try (1...8).map { try customer.upload(seed: UInt64($0)) }
        let disk = SimulatedDisk()
        let store = try simulatedStore(disk)
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        disk.fail([DiskFault(.shortWrite, isSticky: true)])
        var promises = Promises()
        try work(store, uploads, &promises)
        try check(store, promises, "short writes")
    }

    @Test func `nothing is written behind a failed sync`() throws {
        let disk = SimulatedDisk()
        let store = try simulatedStore(disk, segmentLengthMax: 1 << 20)
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        let uploads = try (1...3).map { try customer.upload(seed: $0) }
        _ = try store.put([uploads[0]])
        disk.fail([DiskFault(.error(5), of: .sync)])
        #expect(throws: StoreError.failed(operation: "sync", errno: 5)) {
            try store.put([uploads[1]])
        }
        #expect(try store.has([uploads[1].header.fragment], of: customer.owner) == [false])
        _ = try store.put([uploads[2]])
        let segments = disk.paths(below: "/store/segments")
        #expect(segments.count == 2)
        #expect(disk.contents(of: segments[0])?.count == 8192)
        disk.crash(SeededRandom(seed: 3))
        let reopened = try simulatedStore(disk, segmentLengthMax: 1 << 20)
        for index in [0, 2] {
            let id = uploads[index].header.fragment
            let bytes = try reopened.bytes(of: id, of: customer.owner)
            #expect(bytes == uploads[index].content)
        }
    }

    @Test func `a full disk leaves everything readable and is used again when there is room`()
        throws
    {
        let uploads = try (1...8).map { try customer.upload(seed: UInt64($0)) }
        for free in stride(from: 0, to: 9 * 8192, by: 1000) {
            let disk = SimulatedDisk()
            let store = try simulatedStore(disk)
            try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
            disk.setFreeByteCount(free)
            var stored: [FragmentUpload] = []
            do {
                for upload in uploads {
                    _ = try store.put([upload])
                    stored.append(upload)
                }
            } catch {
                #expect(error == .diskFull)
            }
            #expect(stored.count == min(8, free / 8192))
            for upload in stored {
                let bytes = try store.bytes(of: upload.header.fragment, of: customer.owner)
                #expect(bytes == upload.content)
            }
            disk.setFreeByteCount(nil)
            _ = try store.put(uploads)
            #expect(try store.usage().used == 8 * 8192)
        }
    }

    @Test func `a store that cannot be written can be read`() throws {
        let disk = SimulatedDisk()
        let store = try simulatedStore(disk)
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        let upload = try customer.upload(seed: 1)
        _ = try store.put([upload])
        try store.putHead(try customer.head(sequence: 1))
        store.close()
        disk.setReadOnly(true)
        let reopened = try DiskFragmentStore(
            directory: "/store", key: supplierKey, mark: storeMark, options: StoreOptions(),
            disk: disk)
        let id = upload.header.fragment
        #expect(try reopened.bytes(of: id, of: customer.owner) == upload.content)
        #expect(try reopened.heads(of: customer.owner).count == 1)
        #expect(try reopened.scrub(checkingRoots: true).recordCount == 1)
        #expect(throws: StoreError.readOnly) { try reopened.put([upload]) }
        #expect(throws: StoreError.readOnly) { try reopened.tombstone([id], of: customer.owner) }
        #expect(throws: StoreError.readOnly) {
            try reopened.admit(customer.contract(quota: 1, with: reopened.supplier))
        }
    }

    @Test func `one process at a time`() throws {
        let disk = SimulatedDisk()
        let store = try simulatedStore(disk)
        #expect(throws: StoreError.unavailable(reason: "in use by another process")) {
            try simulatedStore(disk)
        }
        store.close()
        _ = try simulatedStore(disk)
    }
}
