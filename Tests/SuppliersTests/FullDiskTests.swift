import Foundation
import Glibc
import Model
import Simulation
import Suppliers
import Testing

/// A file system of its own with a few MiB, which only root can have.
private final class SmallFileSystem {
    let path: String

    init(byteCount: Int) throws {
        path = "/tmp/bitdust-small-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard mount("tmpfs", path, "tmpfs", 0, "size=\(byteCount)") == 0 else {
            throw DiskError(.open, code: errno)
        }
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        rmdir(path)
    }

    static var isPossible: Bool {
        (try? SmallFileSystem(byteCount: 1 << 20)) != nil
    }

    /// Leaves so many bytes free, rounded to pages.
    func fill(leaving byteCount: Int) throws {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw DiskError(.space, code: errno) }
        let free = Int(status.f_bavail) * Int(status.f_frsize)
        let ballast = Data(count: max(0, free - byteCount))
        try ballast.write(to: URL(filePath: "\(path)/ballast"))
    }

    func empty() throws { try FileManager.default.removeItem(atPath: "\(path)/ballast") }
}

/// The disk is full in the middle of a put: nothing of it counts, and all that was there stays.
@Suite struct FullDiskTests {
    private let customer = try! StoreCustomer(seed: 1)
    private let recordLength = 4 * 4096

    private func group(_ seeds: ClosedRange<UInt64>) throws -> [FragmentUpload] {
        try seeds.map { try customer.upload(seed: $0, pageCount: 3) }
    }

    /// All of a group is there and charged, or nothing.
    private func check(
        _ store: any FragmentStore, kept: [FragmentUpload], tried: [FragmentUpload],
        isStored: Bool, _ label: String
    ) throws {
        for upload in kept + (isStored ? tried : []) {
            let bytes = try store.bytes(of: upload.header.fragment, of: customer.owner)
            #expect(bytes == upload.content, "\(label)")
        }
        let has = try store.has(tried.map(\.header.fragment), of: customer.owner)
        #expect(has == tried.map { _ in isStored }, "\(label)")
        let length = (kept.count + (isStored ? tried.count : 0)) * recordLength
        #expect(try store.usage(of: customer.owner).charged == length, "\(label)")
        #expect(try store.usage().used == length, "\(label)")
    }

    @Test(.enabled(if: SmallFileSystem.isPossible, "needs root, to mount a small file system"))
    func `wherever a real disk becomes full, the ledgers are exact`() throws {
        let system = try SmallFileSystem(byteCount: 4 << 20)
        let (kept, tried) = (try group(1...2), try group(3...6))
        var (storedCount, refusedCount) = (0, 0)
        for pages in 0..<48 {
            let directory = "\(system.path)/store"
            mkdir(directory, 0o700)
            func open() throws -> DiskFragmentStore {
                try DiskFragmentStore(
                    directory: directory, key: supplierKey, mark: storeMark,
                    options: StoreOptions(capacity: 1 << 30, diskReserve: 0))
            }
            let store = try open()
            try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
            _ = try store.put(kept)
            // Gives back what is reserved ahead.
            store.close()
            let again = try open()
            try system.fill(leaving: pages * 4096)
            var isStored = true
            do {
                _ = try again.put(tried)
                storedCount += 1
            } catch {
                #expect(error == .diskFull, "\(pages) pages")
                isStored = false
                refusedCount += 1
            }
            try check(again, kept: kept, tried: tried, isStored: isStored, "\(pages) pages")
            try system.empty()
            if !isStored {
                _ = try again.put(tried)
                try check(again, kept: kept, tried: tried, isStored: true, "\(pages), again")
                try again.tombstone(tried.map(\.header.fragment), of: customer.owner)
            }
            again.close()
            let reopened = try open()
            #expect(try reopened.usage().fragmentCount == (isStored ? 6 : 2))
            reopened.close()
            try FileManager.default.removeItem(atPath: directory)
        }
        #expect(storedCount > 0 && refusedCount > 16)
    }

    @Test func `wherever a simulated disk becomes full, the ledgers are exact`() throws {
        let (kept, tried) = (try group(1...2), try group(3...6))
        var refusedCount = 0
        for free in stride(from: 0, through: 4 * recordLength, by: 1000) {
            let disk = SimulatedDisk()
            let store = try simulatedStore(disk, segmentLengthMax: 1 << 20)
            try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
            _ = try store.put(kept)
            // The disk says that there is room, and then there is not.
            disk.fail([DiskFault(.shortWrite, of: .write, isSticky: true)])
            disk.setFreeByteCount(free)
            let slots = [DiskSlot(path: "/store", store: store)]
            let supplier = try MultiDiskFragmentStore(slots, capacity: 1 << 30)
            var isStored = true
            do {
                _ = try supplier.put(tried)
            } catch {
                #expect(error == .diskFull)
                isStored = false
                refusedCount += 1
            }
            try check(store, kept: kept, tried: tried, isStored: isStored, "\(free) bytes")
            #expect(slots[0].condition == .sound, "a full disk is no broken one")
            disk.setFreeByteCount(nil)
            _ = try supplier.put(tried)
            try check(store, kept: kept, tried: tried, isStored: true, "\(free), again")
            disk.crash(SeededRandom(seed: UInt64(free)))
            let reopened = try simulatedStore(disk, segmentLengthMax: 1 << 20)
            try check(reopened, kept: kept, tried: tried, isStored: true, "\(free), reopened")
        }
        #expect(refusedCount > 60)
    }
}
