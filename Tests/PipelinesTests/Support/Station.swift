import Glibc
import Model
import Pipelines
import Placement
import Simulation

/// A customer in a directory of its own: a home, four suppliers, a source and targets.
///
/// Every operation opens the customer anew and closes it, as a command of the program does.
final class Station: Sendable {
    let scratch = Scratch()
    let supplierCount: Int
    let adapters: Adapters

    /// - Parameter suppliers: 0 leaves the station without identity.
    init(
        suppliers supplierCount: Int = 4, memoryByteCount: Int = 32 << 20, workerCount: Int = 2,
        time: any TimeSource = SystemTime()
    ) throws {
        self.supplierCount = supplierCount
        var adapters = Adapters(
            time: time, random: SystemRandom(), workerCount: workerCount,
            memoryByteCount: memoryByteCount)
        adapters.patience = .none
        self.adapters = adapters
        Files.makeDirectory(scratch["source"])
        guard supplierCount > 0 else { return }
        let customer = try Customer.create(
            home: home, name: "test", deviceName: "station", adapters: adapters)
        _ = try customer.useSuppliers(supplierPaths)
        customer.close()
    }

    var home: Home { Home(path: scratch.bytes("home")) }
    var source: String { scratch["source"] }
    var target: String { scratch["target"] }
    var supplierPaths: [[UInt8]] { (0..<supplierCount).map { scratch.bytes("supplier\($0)") } }

    func supplier(_ number: Int) -> String { scratch["supplier\(number)"] }

    func with<Result>(_ body: (Customer) throws -> Result) throws -> Result {
        let customer = try Customer.open(home: home, adapters: adapters)
        defer { customer.close() }
        return try body(customer)
    }

    @discardableResult
    func backup(
        paths: [String]? = nil, _ change: (inout BackupRequest) -> Void = { _ in }
    ) throws -> BackupReport {
        var request = BackupRequest(paths: (paths ?? [source]).map { Array($0.utf8) })
        change(&request)
        return try with {
            try $0.backup(request, cancellation: Cancellation()) { _ in }
        }
    }

    @discardableResult
    func restore(
        to name: String = "target", snapshot: SnapshotChoice = .latest(setName: nil),
        _ change: (inout RestoreRequest) -> Void = { _ in }
    ) throws -> RestoreReport {
        var request = RestoreRequest(snapshot: snapshot, target: scratch.bytes(name))
        change(&request)
        return try with {
            try $0.restore(request, cancellation: Cancellation()) { _ in }
        }
    }

    func check(readsData: Bool = false, repairs: Bool = false) throws -> CheckReport {
        try with {
            try $0.check(
                readsData: readsData, repairs: repairs, cancellation: Cancellation()
            ) { _, _ in }
        }
    }

    func status() throws -> StatusReport { try with { try $0.status() } }

    func snapshots() throws -> [(id: SnapshotID, snapshot: Snapshot)] {
        try with { try $0.snapshots() }
    }

    /// What a restore has changed against the source; none when it is the same.
    func differences(in name: String = "target") -> [String] {
        TreePicture(source).differences(from: TreePicture(scratch[name]))
    }

    // MARK: Suppliers

    func deleteSupplier(_ number: Int) { Files.remove(supplier(number)) }

    /// Paths of the segment files of a supplier, in order.
    func segments(_ number: Int) -> [String] {
        Files.names("\(supplier(number))/segments").map { "\(supplier(number))/segments/\($0)" }
    }

    // MARK: Sources

    func write(_ bytes: [UInt8], _ name: String) { Files.write(bytes, to: "\(source)/\(name)") }

    func write(_ text: String, _ name: String) { write(Array(text.utf8), name) }

    func directory(_ name: String) { Files.makeDirectory("\(source)/\(name)") }

    /// About 3 MiB in 40 files: some blocks of every kind.
    func fillSource(seed: UInt64 = 1) {
        let random = SeededRandom(seed: seed)
        directory("texts")
        directory("noise")
        for number in 0..<36 {
            write(random.text(random.below(1..<60_000)), "texts/\(number).txt")
        }
        for number in 0..<4 { write(random.bytes(random.below(1..<700_000)), "noise/\(number)") }
    }
}

extension Failure {
    var brief: String { "\(code) \(status.rawValue)" }
}

/// The failure that `body` throws.
func failure(of body: () throws -> Void) -> Failure? {
    do {
        try body()
        return nil
    } catch {
        return error as? Failure
    }
}
