import Foundation
import Identities
import Model
import Simulation
import Suppliers
import Testing

/// Suppliers in real directories of this machine.
@Suite struct SupplierDirectoryTests {
    private let customer = try! StoreCustomer(seed: 1)
    private let directory = try! TemporaryDirectory()
    private var path: String { "\(directory.path)/supplier" }

    private func create() throws -> SupplierDirectory {
        try SupplierDirectory.create(at: path, random: SeededRandom(seed: 5))
    }

    private func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(path)/\(name)"))
    }

    private func open() throws -> DiskFragmentStore {
        try SupplierDirectory.open(
            at: Array(path.utf8), creates: false, random: SeededRandom(seed: 5))
    }

    private func mode(_ name: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.posixPermissions]
            as? Int
    }

    @Test func `a supplier keeps its key`() throws {
        let made = try create()
        #expect(try SupplierDirectory.open(at: path).supplier == made.supplier)
        #expect(throws: SupplierDirectoryError.exists) { try create() }
        let other = try SupplierDirectory.create(
            at: "\(directory.path)/a/b/c", random: SeededRandom(seed: 6))
        #expect(other.supplier != made.supplier)
    }

    @Test func `the key file is as in its golden file`() throws {
        _ = try create()
        let bytes = Array(try Data(contentsOf: URL(filePath: "\(path)/supplier.key")))
        #expect(bytes == (try golden("supplier-key/v1.bin", bytes)))
        for count in 0..<bytes.count {
            try Data(bytes[..<count]).write(to: URL(filePath: "\(path)/supplier.key"))
            #expect(throws: SupplierDirectoryError.damaged(file: "supplier.key")) {
                try SupplierDirectory.open(at: path)
            }
        }
    }

    @Test func `opening creates when asked to, in an empty directory only`() throws {
        let bytes = Array(path.utf8)
        #expect(throws: SupplierDirectoryError.missing(file: "format")) { try open() }
        let random = SeededRandom(seed: 5)
        let store = try SupplierDirectory.open(at: bytes, creates: true, random: random)
        let id = store.supplier
        store.close()
        let again = try SupplierDirectory.open(at: bytes, creates: true, random: random)
        #expect(again.supplier == id)
        again.close()
        #expect(throws: SupplierDirectoryError.notEmpty) {
            try SupplierDirectory.open(
                at: Array(directory.path.utf8), creates: true, random: random)
        }
        #expect(throws: SupplierDirectoryError.badPath) {
            try SupplierDirectory.open(at: [0x2F, 0xFF], creates: true, random: random)
        }
    }

    @Test func `a creation that was interrupted is completed with the same key`() throws {
        let made = try create()
        try FileManager.default.removeItem(atPath: "\(path)/format")
        #expect(try create().supplier == made.supplier)
    }

    @Test func `a directory that is none is refused by name`() throws {
        _ = try create()
        let key = try Data(contentsOf: URL(filePath: "\(path)/supplier.key"))
        for (text, error) in [
            ("bitdust-supplier 2\n", SupplierDirectoryError.newerVersion(2)),
            ("bitdust-supplier 0\n", .damaged(file: "format")),
            ("bitdust-supplier 1", .damaged(file: "format")),
            ("", .damaged(file: "format")),
            ("rubbish", .damaged(file: "format")),
        ] {
            try write(text, to: "format")
            #expect(throws: error) { try SupplierDirectory.open(at: path) }
        }
        try write("bitdust-supplier 1\n", to: "format")
        Array(key).forEachBitFlip { bytes, bit in
            try? Data(bytes).write(to: URL(filePath: "\(path)/supplier.key"))
            #expect(throws: SupplierDirectoryError.damaged(file: "supplier.key"), "bit \(bit)") {
                try SupplierDirectory.open(at: path)
            }
        }
        try FileManager.default.removeItem(atPath: "\(path)/supplier.key")
        #expect(throws: SupplierDirectoryError.missing(file: "supplier.key")) {
            try SupplierDirectory.open(at: path)
        }
    }

    @Test func `a second process is told that the supplier is in use`() throws {
        let store = try create().store(StoreOptions())
        #expect(throws: StoreError.unavailable(reason: "in use by another process")) {
            try open()
        }
        store.close()
        try open().close()
    }

    @Test func `nobody else can read what is stored`() throws {
        let store = try create().store(StoreOptions())
        try store.admit(customer.contract(quota: 1 << 20, with: store.supplier))
        _ = try store.put([try customer.upload(seed: 1)])
        try store.putHead(try customer.head(sequence: 1))
        for name in ["", "segments", "contracts", "heads", "heads/\(customer.owner)", "tails"] {
            #expect(try mode(name) == 0o700, "\(name)")
        }
        for name in [
            "supplier.key", "format", "lock", "segments/0000000000000001.segment",
            "contracts/\(customer.owner).contract",
        ] {
            #expect(try mode(name) == 0o600, "\(name)")
        }
    }

    @Test func `a lost or damaged index is built from the segments`() throws {
        let uploads = try (1...5).map { try customer.upload(seed: $0) }
        let store = try create().store(StoreOptions())
        try store.admit(customer.contract(quota: 1 << 20, with: store.supplier))
        _ = try store.put(uploads)
        let usage = try store.usage()
        let ids = uploads.map(\.header.fragment)
        store.close()
        let index = "\(path)/index.sqlite"
        let whole = try Data(contentsOf: URL(filePath: index))
        let damages: [(String, Data?)] = [
            ("missing", nil), ("empty", Data()), ("garbage", Data(repeating: 7, count: 9000)),
            ("truncated", whole.prefix(5000)),
            ("no magic", Data([0]) + whole.dropFirst()),
        ]
        for (name, bytes) in damages {
            try? FileManager.default.removeItem(atPath: index)
            try bytes?.write(to: URL(filePath: index))
            let reopened = try open()
            #expect(reopened.opening.adoptedCount == 5, "\(name)")
            #expect(try reopened.has(ids, of: customer.owner) == ids.map { _ in true }, "\(name)")
            #expect(try reopened.usage().used == usage.used, "\(name)")
            reopened.close()
        }
        let reopened = try open()
        #expect(reopened.opening == OpeningReport())
        reopened.close()
    }

    @Test func `an index that is behind is brought up to the segments`() throws {
        let uploads = try (1...4).map { try customer.upload(seed: $0) }
        var store = try create().store(StoreOptions())
        try store.admit(customer.contract(quota: 1 << 20, with: store.supplier))
        _ = try store.put(Array(uploads[..<2]))
        store.close()
        let old = try Data(contentsOf: URL(filePath: "\(path)/index.sqlite"))
        store = try open()
        _ = try store.put(Array(uploads[2...]))
        try store.tombstone([uploads[0].header.fragment], of: customer.owner)
        let usage = try store.usage()
        store.close()
        try old.write(to: URL(filePath: "\(path)/index.sqlite"))
        store = try open()
        #expect(store.opening.adoptedCount == 2 && !store.opening.rebuiltIndex)
        let ids = uploads.map(\.header.fragment)
        #expect(try store.has(ids, of: customer.owner) == [false, true, true, true])
        #expect(try store.usage().fragmentCount == usage.fragmentCount)
        #expect(try store.usage().tombstoned == usage.tombstoned)
        store.close()
    }

    @Test func `an index that knows more than the segments is thrown away`() throws {
        let uploads = try (1...2).map { try customer.upload(seed: $0) }
        let store = try create().store(StoreOptions())
        try store.admit(customer.contract(quota: 1 << 20, with: store.supplier))
        for upload in uploads { _ = try store.put([upload]) }
        store.close()
        let segment = try FileHandle(
            forWritingTo: URL(filePath: "\(path)/segments/0000000000000001.segment"))
        try segment.truncate(atOffset: 8192)
        try segment.close()
        let reopened = try open()
        #expect(reopened.opening.rebuiltIndex)
        let ids = uploads.map(\.header.fragment)
        #expect(try reopened.has(ids, of: customer.owner) == [true, false])
    }

    @Test func `space that was reserved is given back`() throws {
        let store = try create().store(StoreOptions())
        try store.admit(customer.contract(quota: 1 << 20, with: store.supplier))
        _ = try store.put([try customer.upload(seed: 1)])
        store.close()
        var status = stat()
        #expect(stat("\(path)/segments/0000000000000001.segment", &status) == 0)
        #expect(status.st_size == 8192)
        #expect(status.st_blocks * 512 <= 16384)
    }

    @Test func `writers and readers work at the same time`() async throws {
        let store = try create().store(StoreOptions(segmentLengthMax: 256 << 10))
        try store.admit(customer.contract(quota: 1 << 30, with: store.supplier))
        let uploads = try (1...40).map { try customer.upload(seed: $0, pageCount: 3) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for start in stride(from: 0, to: 40, by: 10) {
                group.addTask {
                    for upload in uploads[start..<start + 10] {
                        _ = try store.put([upload])
                        let found = try store.bytes(
                            of: upload.header.fragment, of: customer.owner)
                        #expect(found == upload.content)
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try store.usage().fragmentCount == 40)
    }
}
