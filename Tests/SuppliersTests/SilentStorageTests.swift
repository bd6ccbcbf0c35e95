import Foundation
import Model
import Simulation
import Synchronization
import Testing

@testable import Suppliers

/// A bucket that keeps a request waiting keeps nobody else waiting.
@Suite(.timeLimit(.minutes(1))) struct SilentStorageTests {
    private let one = try! StoreCustomer(seed: 1)
    private let other = try! StoreCustomer(seed: 2)
    private let directory = try! TemporaryDirectory()
    private let bucket = HeldObjectStorage()

    private func open(_ name: String = "bucket") throws -> DiskFragmentStore {
        let path = "\(directory.path)/\(name)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return try DiskFragmentStore(
            directory: path, key: supplierKey, mark: storeMark,
            options: StoreOptions(diskReserve: 0, segmentLengthMax: 256 << 10),
            disk: ObjectDisk(root: path, storage: bucket, random: SeededRandom(seed: 1)))
    }

    /// One bucket and, behind it, as many disks of this machine.
    private func store(
        diskCount: Int = 0, quota: Int = 1 << 20
    ) throws -> MultiDiskFragmentStore {
        var slots = [
            DiskSlot(path: "\(directory.path)/bucket", name: "s3://b", store: try open())
        ]
        for number in 0..<diskCount {
            slots.append(
                DiskSlot(
                    path: "/\(number)", store: try simulatedStore(SimulatedDisk(), capacity: nil)))
        }
        let store = try MultiDiskFragmentStore(slots, capacity: 1 << 30)
        for customer in [one, other] {
            try store.admit(customer.contract(quota: quota, with: store.supplier))
        }
        return store
    }

    @Test func `while a put waits for the bucket all that needs no bucket is answered`() throws {
        let store = try store()
        let kept = try other.upload(seed: 9, pageCount: 2)
        _ = try store.put([kept])
        let before = try store.usage()
        let upload = try one.upload(seed: 1, pageCount: 3)
        let put = bucket.holding { try store.put([upload]) }

        #expect(try store.usage() == before)
        #expect(try store.usage(of: other.owner).charged == kept.recordLength)
        #expect(try store.usage(of: one.owner).charged == 0)
        #expect(try store.has([kept.header.fragment], of: other.owner) == [true])
        #expect(try store.has([upload.header.fragment], of: one.owner) == [false])
        #expect(try store.list(of: other.owner, after: nil, limit: 9).count == 1)
        #expect(try store.contract(of: one.owner) != nil)
        #expect(store.contracts.count == 2)
        #expect(store.fragmentCount(of: other.owner) == 1)
        #expect(try store.bytes(of: kept.header.fragment, of: other.owner) == kept.content)
        // A head is another object, and needs no turn of the segments.
        try store.putHead(other.head(sequence: 3))

        bucket.release()
        #expect(try put.value().count == 1)
        #expect(try store.usage().used == before.used + upload.recordLength)
        #expect(try store.has([upload.header.fragment], of: one.owner) == [true])
        #expect(try store.usage(of: one.owner).charged == upload.recordLength)
    }

    @Test func `a contract or a head on its way to the bucket holds up no other`() throws {
        let store = try store()
        let third = try StoreCustomer(seed: 3)
        let contract = try third.contract(quota: 1 << 20, with: store.supplier)
        let admission = bucket.holding { try store.admit(contract) }
        _ = try store.put([other.upload(seed: 1)])
        #expect(try store.contract(of: third.owner) == nil)
        #expect(store.contracts.count == 2)
        bucket.release()
        _ = try admission.value()
        let head = try third.head(sequence: 1)
        let heading = bucket.holding { try store.putHead(head) }
        _ = try store.put([third.upload(seed: 5)])
        #expect(store.contracts.count == 3)
        bucket.release()
        try heading.value()
        #expect(try store.heads(of: third.owner) == [head])
    }

    @Test func `bytes found damaged while their tombstone waits are charged once`() throws {
        let store = try store()
        let uploads = try (1...3).map { try one.upload(seed: $0, pageCount: 2) }
        for upload in uploads { _ = try store.put([upload]) }
        let key = try #require(bucket.memory.keys.first { $0.contains("segments") })
        var bytes = try #require(bucket.memory[key])
        bytes[9000] ^= 4
        bucket.memory[key] = bytes
        let ids = uploads.map(\.header.fragment)
        let giving = bucket.holding { try store.tombstone([ids[0], ids[1]], of: one.owner) }
        #expect(throws: StoreError.self) { try store.bytes(of: ids[0], of: one.owner) }
        bucket.release()
        try giving.value()
        let (usage, own) = (try store.usage(), try store.usage(of: one.owner))
        #expect(usage.fragmentCount == 1)
        store.close()
        let again = try open()
        #expect(try again.usage().used == usage.used)
        #expect(try again.usage().fragmentCount == 1)
        #expect(try again.usage(of: one.owner) == own)
        again.close()
    }

    @Test func `puts beside one that waits never use more than the quota`() throws {
        let uploads = try (1...6).map { try one.upload(seed: $0, pageCount: 2) }
        let length = uploads[0].recordLength
        let store = try store(diskCount: 2, quota: 3 * length)
        let put = bucket.holding { try store.put([uploads[0]]) }
        // The bucket is known to be silent by now: others go to the disks.
        bucket.silence = .silent(reason: "since a while")
        for upload in uploads[1...2] { _ = try store.put([upload]) }
        #expect(throws: StoreError.quotaExceeded(need: length, available: 0)) {
            try store.put([uploads[3]])
        }
        #expect(try store.usage(of: one.owner).charged == 2 * length)
        // It comes to nothing: what was promised to it is free again, at once.
        bucket.release(failing: .silent(reason: "no answer in time"))
        #expect(throws: StoreError.unavailable(reason: "its storage does not answer")) {
            try put.value()
        }
        _ = try store.put([uploads[3]])
        #expect(try store.usage(of: one.owner).charged == 3 * length)
        #expect(try store.put([uploads[3], uploads[1]]).count == 2)
        #expect(throws: StoreError.quotaExceeded(need: length, available: 0)) {
            try store.put([uploads[4]])
        }
    }

    @Test func `the same fragment twice at once is stored and charged once`() throws {
        let store = try store(diskCount: 1)
        let upload = try one.upload(seed: 1, pageCount: 2)
        let first = bucket.holding { try store.put([upload]) }
        let second = Waiting { try store.put([upload]) }
        bucket.silence = .silent(reason: "since a while")
        bucket.release()
        #expect(try first.value() == second.value())
        #expect(try store.usage().fragmentCount == 1)
        #expect(try store.usage(of: one.owner).charged == upload.recordLength)
    }

    @Test func `eight threads at the edge of a quota get exactly what it holds`() throws {
        let uploads = try (1...40).map { try one.upload(seed: $0) }
        let length = uploads[0].recordLength
        let store = try store(diskCount: 2, quota: 25 * length)
        let puts = (0..<8).map { thread in
            Waiting {
                uploads.indices.filter { $0 % 8 == thread }.reduce(0) { count, index in
                    count + ((try? store.put([uploads[index]])) == nil ? 0 : 1)
                }
            }
        }
        #expect(try puts.reduce(0) { try $0 + $1.value() } == 25)
        #expect(try store.usage(of: one.owner).charged == 25 * length)
        #expect(try store.usage(of: one.owner).available == 0)
    }

    @Test func `tombstones that are being written are not taken back, others are`() throws {
        let store = try store()
        let uploads = try (1...2).map { try one.upload(seed: $0) }
        let late = try other.upload(seed: 3)
        for upload in uploads + [late] { _ = try store.put([upload]) }
        let time = ManualTime()
        let place = directory.path
        let holds = try HoldLedger(
            directory: place, time: ServiceTime(time, directory: place, disk: LocalDisk()))
        try holds.add([uploads[0].header.fragment], of: one.owner)
        try holds.add([late.header.fragment], of: other.owner)
        time.advance(days: 31)
        let giving = bucket.holding {
            try holds.performDue { (hold) throws(StoreError) in
                try store.tombstone(hold.fragments, of: hold.owner)
            }
        }
        #expect(throws: StoreError.unavailable(reason: "they are being given up")) {
            try holds.remove([uploads[0].header.fragment], of: one.owner)
        }
        try holds.remove([late.header.fragment], of: other.owner)
        try holds.add([uploads[1].header.fragment], of: one.owner)
        #expect(try holds.waiting(of: one.owner).count == 2)
        bucket.release()
        try giving.value()
        #expect(try holds.waiting(of: one.owner) == [uploads[1].header.fragment])
        #expect(try store.has(uploads.map(\.header.fragment), of: one.owner) == [false, true])
        #expect(try store.has([late.header.fragment], of: other.owner) == [true])
    }
}

/// A bucket in memory whose next put waits until it is told to go on.
private final class HeldObjectStorage: ObjectStorage {
    private enum Order {
        case held, free
        case refused(ObjectError)
    }

    let memory = MemoryObjectStorage()
    private let order = Mutex(Order.free)
    private let named = Mutex<ObjectError?>(nil)
    private let entered = DispatchSemaphore(value: 0)
    private let going = DispatchSemaphore(value: 0)

    var silence: ObjectError? {
        get { named.withLock { $0 } }
        set { named.withLock { $0 = newValue } }
    }

    /// Runs `body` on a thread of its own, and returns when its put waits.
    func holding<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) -> Waiting<Value> {
        order.withLock { $0 = .held }
        let waiting = Waiting(body)
        entered.wait()
        return waiting
    }

    func release(failing error: ObjectError? = nil) {
        order.withLock { $0 = error.map { .refused($0) } ?? .free }
        going.signal()
    }

    func put(_ parts: [UnsafeRawBufferPointer], as key: String) throws(ObjectError) {
        let isHeld = order.withLock { order in
            guard case .held = order else { return false }
            order = .free
            return true
        }
        if isHeld {
            entered.signal()
            going.wait()
            if case .refused(let error) = order.withLock({ $0 }) {
                order.withLock { $0 = .free }
                throw error
            }
        }
        try memory.put(parts, as: key)
    }

    func get(_ key: String, range: Range<Int>?, limit: Int) throws(ObjectError) -> [UInt8] {
        try memory.get(key, range: range, limit: limit)
    }

    func remove(_ key: String) throws(ObjectError) { try memory.remove(key) }

    func list(_ prefix: String) throws(ObjectError) -> [StoredObject] { try memory.list(prefix) }
}

/// What a thread of its own comes to.
private final class Waiting<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)
    private let done = DispatchSemaphore(value: 0)

    init(_ body: @escaping @Sendable () throws -> Value) {
        Thread { [self] in
            result.withLock { $0 = Result { try body() } }
            done.signal()
        }.start()
    }

    func value() throws -> Value {
        done.wait()
        done.signal()
        return try result.withLock { $0! }.get()
    }
}
