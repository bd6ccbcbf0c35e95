import Foundation
import Model
import Simulation
import Suppliers
import Testing

/// A store whose segments, contracts and heads are objects in a bucket.
@Suite struct ObjectDiskTests {
    private let customer = try! StoreCustomer(seed: 1)
    private let directory = try! TemporaryDirectory()

    private func open(
        _ bucket: MemoryObjectStorage, capacity: Int? = 1 << 30, in name: String = "store",
        segmentLengthMax: Int = 256 << 10, seed: UInt64 = 1
    ) throws -> DiskFragmentStore {
        let path = "\(directory.path)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return try DiskFragmentStore(
            directory: path, key: supplierKey, mark: storeMark,
            options: StoreOptions(
                capacity: capacity, diskReserve: 0, segmentLengthMax: segmentLengthMax),
            disk: ObjectDisk(root: path, storage: bucket, random: SeededRandom(seed: seed)))
    }

    private func admitted(_ bucket: MemoryObjectStorage) throws -> DiskFragmentStore {
        let store = try open(bucket)
        try store.admit(customer.contract(quota: 1 << 20, with: store.supplier))
        return store
    }

    private func check(
        _ uploads: some Sequence<FragmentUpload>, in store: DiskFragmentStore
    ) throws {
        for upload in uploads {
            let bytes = try store.bytes(of: upload.header.fragment, of: customer.owner)
            #expect(bytes == upload.content)
        }
    }

    @Test(arguments: FragmentStoreConformance.rules)
    func `a store in a bucket keeps the rule`(_ rule: FragmentStoreConformance.Rule) throws {
        try rule.check {
            try open(MemoryObjectStorage(), capacity: $0, in: UUID().uuidString)
        }
    }

    @Test func `a group of fragments is one object, and all is there after a lost index`() throws {
        let bucket = MemoryObjectStorage()
        let store = try admitted(bucket)
        let uploads = try (1...8).map { try customer.upload(seed: $0, pageCount: 2) }
        let before = bucket.putCount
        _ = try store.put(uploads)
        #expect(bucket.putCount == before + 1)
        try store.tombstone([uploads[0].header.fragment], of: customer.owner)
        try store.putHead(customer.head(sequence: 3))
        let usage = try store.usage()
        store.close()
        // Another machine, with nothing but the key: the old one's claim is taken back first.
        bucket["claim"] = nil
        let other = try open(bucket, in: "other")
        #expect(try other.usage() == usage)
        try check(uploads.dropFirst(), in: other)
        #expect(throws: StoreError.notFound) {
            try other.bytes(of: uploads[0].header.fragment, of: customer.owner)
        }
        #expect(try other.heads(of: customer.owner).map(\.sequence) == [3])
        #expect(other.opening.adoptedCount == 8)
        // And it goes on where the first one ended.
        _ = try other.put([customer.upload(seed: 20)])
        other.close()
        #expect(try open(bucket, in: "other").usage().fragmentCount == 8)
    }

    @Test func `no receipt is given for what the bucket did not acknowledge`() throws {
        let bucket = MemoryObjectStorage()
        let store = try admitted(bucket)
        let upload = try customer.upload(seed: 1)
        let usage = try store.usage()
        for fault: MemoryObjectStorage.Fault in [
            .doSilently, .delay, .refuse(.silent(reason: "503 SlowDown")),
        ] {
            bucket.meet([fault])
            #expect(throws: StoreError.unavailable(reason: "its storage does not answer")) {
                try store.put([upload])
            }
            #expect(try store.has([upload.header.fragment], of: customer.owner) == [false])
            #expect(try store.usage() == usage)
        }
        bucket.meet([.refuse(.full)])
        #expect(throws: StoreError.diskFull) { try store.put([upload]) }
        bucket.meet([.refuse(.refused(code: "AccessDenied"))])
        #expect(throws: StoreError.readOnly) { try store.put([upload]) }
        // What was answered for counts, whatever turns up after it.
        let others = try (2...5).map { try customer.upload(seed: $0) }
        for other in others { _ = try store.put([other]) }
        bucket.arrive()
        store.close()
        for name in ["store", "again"] {
            if name == "again" { bucket["claim"] = nil }
            let reopened = try open(bucket, in: name)
            try check(others, in: reopened)
            #expect(reopened.opening.damaged.isEmpty)
            reopened.close()
        }
    }

    @Test(arguments: 0..<20)
    func `puts that fail, come late and are made again leave all that was acknowledged`(
        _ seed: UInt64
    ) throws {
        let bucket = MemoryObjectStorage()
        let random = SeededRandom(seed: seed)
        func draw(_ count: UInt8) -> Int { Int(random.bytes(1)[0] % count) }
        var store = try admitted(bucket)
        var acknowledged: [FragmentUpload] = []
        for round in 0..<60 {
            let fault: [MemoryObjectStorage.Fault] = [.delay, .doSilently, .refuse(.full)]
            if draw(3) == 0 {
                bucket.meet([fault[draw(3)]])
            }
            let upload = try customer.upload(seed: UInt64(round))
            if (try? store.put([upload])) != nil { acknowledged.append(upload) }
            bucket.meet([])
            switch draw(10) {
            case 0: bucket.arrive()
            case 1:
                // A crash: nothing is closed in order but the lock, which the process held.
                store.close()
                store = try open(bucket)
            default: break
            }
        }
        bucket.arrive()
        store.close()
        bucket["claim"] = nil
        let last = try open(bucket, in: "last")
        try check(acknowledged, in: last)
        #expect(acknowledged.count > 20)
        last.close()
    }

    @Test func `an object that is gone, cut or changed is lost fragments, and put again`() throws {
        let bucket = MemoryObjectStorage()
        let store = try admitted(bucket)
        let uploads = try (1...6).map { try customer.upload(seed: $0) }
        for upload in uploads { _ = try store.put([upload]) }
        let keys = bucket.keys.filter { $0.hasPrefix("segments/") }
        try #require(keys.count == 6)
        bucket[keys[0]] = nil
        bucket[keys[1]]?.removeLast(100)
        bucket[keys[2]]?[5000] ^= 1
        for upload in uploads[..<3] {
            do {
                _ = try store.bytes(of: upload.header.fragment, of: customer.owner)
                Issue.record("bytes that are gone were read")
            } catch let error as StoreError {
                #expect(error.isCorruption, "\(error)")
            }
        }
        let ids = uploads.map(\.header.fragment)
        let has = try store.scrub(ids, of: customer.owner)
        #expect(has == [false, false, false, true, true, true])
        #expect(try store.has(ids, of: customer.owner) == has)
        _ = try store.put(Array(uploads[..<3]))
        try check(uploads, in: store)
        store.close()
        // Holes do not hide what is behind them from who reads all segments.
        bucket["claim"] = nil
        let other = try open(bucket, in: "other")
        try check(uploads, in: other)
        other.close()
    }

    @Test func `a bucket that is silent makes nothing damaged`() throws {
        let bucket = MemoryObjectStorage()
        let store = try admitted(bucket)
        let upload = try customer.upload(seed: 1)
        _ = try store.put([upload])
        let silence = StoreError.unavailable(reason: "its storage does not answer")
        bucket.meet([.refuse(.silent(reason: "no answer in time"))])
        #expect(throws: silence) {
            try store.bytes(of: upload.header.fragment, of: customer.owner)
        }
        bucket.meet([.refuse(.silent(reason: "no answer in time"))])
        #expect(throws: silence) {
            try store.scrub([upload.header.fragment], of: customer.owner)
        }
        try check([upload], in: store)
        store.close()
    }

    @Test func `what was given up leaves the bucket`() throws {
        let bucket = MemoryObjectStorage()
        let store = try open(bucket, segmentLengthMax: 40 << 10)
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        let uploads = try (1...20).map { try customer.upload(seed: $0) }
        for upload in uploads { _ = try store.put([upload]) }
        let gone = uploads.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        let kept = uploads.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
        try store.tombstone(gone.map(\.header.fragment), of: customer.owner)
        var steps = 0
        while try store.compact(isPressing: true) != nil {
            steps += 1
            try #require(steps < 1000)
        }
        let usage = try store.usage()
        #expect(usage.tombstoned == 0 && usage.fragmentCount == 10)
        let length = bucket.keys.filter { $0.hasPrefix("segments/") }
            .reduce(0) { $0 + (bucket[$1]?.count ?? 0) }
        #expect(usage.used == length)
        try check(kept, in: store)
        store.close()
        bucket["claim"] = nil
        let other = try open(bucket, in: "other", segmentLengthMax: 40 << 10)
        #expect(try other.usage() == usage)
        try check(kept, in: other)
        other.close()
    }

    @Test func `a bucket is one directory's`() throws {
        let bucket = MemoryObjectStorage()
        let store = try open(bucket)
        #expect(throws: StoreError.unavailable(reason: "the bucket is another directory's")) {
            try open(bucket, in: "other", seed: 2)
        }
        store.close()
        try open(bucket, seed: 3).close()
        // Somebody else takes it over: from then on it is his.
        let path = "\(directory.path)/other"
        try DiskFragmentStore(
            directory: path, key: supplierKey, mark: storeMark, options: StoreOptions(),
            disk: ObjectDisk(
                root: path, storage: bucket, random: SeededRandom(seed: 2), takesOver: true)
        ).close()
        #expect(throws: StoreError.unavailable(reason: "the bucket is another directory's")) {
            try open(bucket)
        }
        // Who served meanwhile finds that out, and writes no more.
        let mine = ObjectDisk(
            root: "\(directory.path)/store", storage: bucket, random: SystemRandom())
        #expect(!mine.isOurs())
        let slot = DiskSlot(
            path: path, name: "s3://fragments", store: try open(bucket, in: "other", seed: 2))
        #expect(slot.examine() == .sound && slot.trouble == nil)
        bucket.meet([.refuse(.silent(reason: "no answer in time"))])
        #expect(slot.examine() == .sound)
        #expect(slot.trouble == "it does not answer (no answer in time)")
        #expect(slot.examine() == .sound && slot.trouble == nil)
        bucket["claim"] = [1]
        #expect(slot.examine() == .gone(reason: "another directory has taken it over"))
        let all = try MultiDiskFragmentStore([slot], capacity: 1 << 30)
        all.close()
        bucket["claim"] = nil
        try open(bucket, in: "other", seed: 2).close()
    }
}
