import Foundation
import Model
import Networking
import Pipelines
import Placement
import Suppliers
import Synchronization

@testable import Daemon

/// A clock that is some days ahead of this machine's, or behind it.
final class ShiftedTime: TimeSource {
    let days: Mutex<Int>

    init(days: Int = 0) { self.days = Mutex(days) }

    var now: Timestamp {
        let shift = Int64(days.withLock { $0 }) * 86_400_000_000_000
        return Timestamp(nanoseconds: SystemTime().now.nanoseconds + shift)
    }
    var uptime: UInt64 { SystemTime().uptime }
}

/// A customer and its suppliers in a network of loopback.
final class NetworkStation: Sendable {
    let path: String
    let threads = NetworkThreads()
    let commandThreads = LazyThreads()
    let nodes: [SupplierNode]
    /// The customer's clock.
    let clock = ShiftedTime()

    /// - Parameters:
    ///   - firstQuota: bytes that a supplier agrees to; a test may change it.
    ///   - clocks: days that the suppliers' clocks are ahead of this machine's.
    ///   - bucket: where the first supplier keeps its segments, instead of a disk.
    init(
        suppliers count: Int, firstQuota: Int = 2 << 30, clocks: [Int] = [],
        bucket: BucketClient? = nil
    ) async throws {
        path =
            FileManager.default.temporaryDirectory
            .appending(path: "bitdust-network-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true)
        var nodes: [SupplierNode] = []
        for number in 0..<count {
            nodes.append(
                try await SupplierNode(
                    number: number, below: path, threads: threads, quotaMax: firstQuota,
                    time: ShiftedTime(days: number < clocks.count ? clocks[number] : 0),
                    bucket: number == 0 ? bucket : nil))
        }
        self.nodes = nodes
        try FileManager.default.createDirectory(
            atPath: source, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    var source: String { "\(path)/source" }

    func home(_ name: String = "home") -> Home { Home(path: Array("\(path)/\(name)".utf8)) }

    /// What one command of the program has.
    func adapters(lookup: any NodeLookup = NoLookup()) -> (Adapters, NetworkSuppliers) {
        var adapters = Adapters(
            time: clock, random: SystemRandom(), workerCount: 2,
            memoryByteCount: 32 << 20)
        // Nobody is waited for.
        (adapters.patience.hold, adapters.patience.networkHold) = (0, 0)
        // Nor is anybody late on a machine that has much else to do.
        let late: UInt64 = 600_000_000_000
        (adapters.hedging.unknown, adapters.hedging.min, adapters.hedging.max) = (late, late, late)
        let network = NetworkSuppliers(
            local: adapters.suppliers, lookup: lookup, threads: commandThreads, time: clock,
            random: SystemRandom())
        adapters.suppliers = network
        return (adapters, network)
    }

    /// Runs `body` as a command does: sessions of its own, on a thread that may block.
    func command<Value: Sendable>(
        lookup: any NodeLookup = NoLookup(),
        _ body: @escaping @Sendable (Adapters) throws -> Value
    ) async throws -> Value {
        let (adapters, network) = adapters(lookup: lookup)
        do {
            let value = try await onThread { try body(adapters) }
            await network.close()
            return value
        } catch {
            await network.close()
            throw error
        }
    }

    /// Makes the identity and hires all nodes.
    func hireAll(lookup: any NodeLookup = NoLookup()) async throws {
        let (home, addresses) = (home(), nodes.map(\.address))
        try await command(lookup: lookup) { adapters in
            let customer = try Customer.create(
                home: home, name: "alice", deviceName: "laptop", adapters: adapters)
            defer { customer.close() }
            let hired = try customer.hire(addresses)
            guard hired.failed.isEmpty else { throw StoreError.invalid(field: "\(hired.failed)") }
        }
    }

    func backup(lookup: any NodeLookup = NoLookup()) async throws -> BackupReport {
        let (home, source) = (home(), source)
        return try await command(lookup: lookup) { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            return try customer.backup(
                BackupRequest(paths: [Array(source.utf8)]), cancellation: Cancellation()
            ) { _ in }
        }
    }

    /// Backs up, and makes whole what an earlier backup that failed has left with receipts of some:
    /// a block that two of three have signed for is not stored again.
    func backupAndRebuild(
        lookup: any NodeLookup
    ) async throws -> (report: BackupReport, rebuilt: RebuildReport) {
        let report = try await backup(lookup: lookup)
        let home = home()
        let rebuilt = try await command(lookup: lookup) { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            return try customer.rebuild(RebuildRequest(), cancellation: Cancellation()) { _ in }
        }
        return (report, rebuilt)
    }

    func restore(
        from name: String = "home", lookup: any NodeLookup = NoLookup()
    ) async throws -> RestoreReport {
        let (home, path) = (home(name), path)
        return try await command(lookup: lookup) { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            return try customer.restore(
                RestoreRequest(
                    snapshot: .latest(setName: nil), target: Array("\(path)/target".utf8)),
                cancellation: Cancellation()
            ) { _ in }
        }
    }

    /// Some files; one has `canary` in its bytes and its name.
    func fill(fileCount: Int = 12, byteCount: Int = 300_000, canary: String = "x") throws {
        for number in 0..<fileCount {
            var state = UInt64(number + 1)
            var words = [UInt64](repeating: 0, count: byteCount / 8)
            for index in words.indices {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                words[index] = state
            }
            try words.withUnsafeBytes { Data($0) }
                .write(to: URL(filePath: "\(source)/file-\(number)"))
        }
        let text = String(repeating: "\(canary) ", count: 50)
        try Data(text.utf8).write(to: URL(filePath: "\(source)/\(canary).txt"))
    }

    /// Names and bytes of the files of a directory.
    static func files(_ directory: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        let found = FileManager.default.enumerator(atPath: directory)
        while let name = found?.nextObject() as? String {
            let path = "\(directory)/\(name)"
            var isDirectory: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
                !isDirectory.boolValue
            else { continue }
            files[(name as NSString).lastPathComponent] = try Data(
                contentsOf: URL(filePath: path))
        }
        return files
    }

    func end() async {
        for node in nodes { await node.end() }
        await commandThreads.stop()
        await threads.stop()
    }
}
