import Foundation
import Identities
import Model
import Simulation
import Suppliers
import Testing

let packageRoot = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

/// The supplier of all tests.
let supplierKey = try! SupplierKey(seed: SecretBytes(from: SeededRandom(seed: 77)))
let storeMark = Bytes32(words: (1, 2, 3, 4))

/// A store on a simulated disk, with the index in memory: each opening reads the segments.
func simulatedStore(
    _ disk: SimulatedDisk, capacity: Int? = 1 << 30, segmentLengthMax: Int = 64 << 10
) throws -> DiskFragmentStore {
    try disk.makeDirectory("/store")
    try disk.syncDirectory("/")
    return try DiskFragmentStore(
        directory: "/store", key: supplierKey, mark: storeMark,
        options: StoreOptions(
            capacity: capacity, diskReserve: 0, segmentLengthMax: segmentLengthMax),
        disk: disk, indexInMemory: true)
}

/// A directory that is removed with the value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() throws {
        let url = FileManager.default.temporaryDirectory.appending(
            path: "suppliers-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        path = url.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Compares with `fixtures/<name>`, or writes it when UPDATE_GOLDEN is set.
func golden(_ name: String, _ bytes: [UInt8]) throws -> [UInt8] {
    let url = packageRoot.appending(path: "fixtures/\(name)")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }
    return Array(try Data(contentsOf: url))
}

/// The bytes of `fixtures/<name>`, which no test writes any more.
func file(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: packageRoot.appending(path: "fixtures/\(name)")))
}

extension Array where Element == UInt8 {
    /// Every way to change one bit.
    func forEachBitFlip(_ body: ([UInt8], _ bit: Int) throws -> Void) rethrows {
        var changed = self
        for bit in 0..<count * 8 {
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            try body(changed, bit)
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
        }
    }
}
