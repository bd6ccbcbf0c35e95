import Model
import Pipelines
import Simulation
import Testing

/// Suppliers that stop answering `check`, `ls`, `cat` and `recover`, and come back, or do not:
/// these wait as a restore does.
@Suite struct CutReadingTests {
    private static let minute: UInt64 = 60_000_000_000
    private static let patience: Int64 = 600_000_000_000

    private let time = ManualTime()

    /// Files of 1.5 MB in a folder.
    private func stored(fileCount: Int = 12, workerCount: Int = 1) throws -> Station {
        time.jump(days: 20_000)
        let station = try Station(workerCount: workerCount, time: time)
        let random = SeededRandom(seed: 8)
        station.directory("below")
        for number in 0..<fileCount { station.write(random.bytes(1_500_000), "below/\(number)") }
        try station.backup()
        try station.with {
            try $0.saveKeyFile(to: station.scratch.bytes("key"), passphrase: nil, keepsRoot: false)
        }
        return station
    }

    // MARK: check

    private func check(
        _ station: Station, _ outage: Outage, readsData: Bool,
        cancellation: Cancellation = Cancellation()
    ) throws -> CheckReport {
        try station.with(outage.adapters(station)) {
            try $0.check(
                readsData: readsData, repairs: false, cancellation: cancellation,
                progress: { _, _ in }, waiting: { outage.note($0) })
        }
    }

    @Test(arguments: [1...40, 6...60], [false, true])
    func `a check misses nothing of suppliers that are back in time`(
        cut: ClosedRange<Int>, readsData: Bool
    ) throws {
        let station = try stored()
        let outage = Outage(cut, by: time)
        let report = try check(station, outage, readsData: readsData)
        #expect(outage.asked > cut.upperBound)
        #expect(report.status == .done && report.lossesTolerated == 2)
        #expect(report.fragmentsChecked == 4 * report.blocksChecked)
        #expect(report.fragmentsMissing == 0 && report.fragmentsDamaged == 0)
        #expect(report.suppliers.allSatisfy { $0.missing == 0 && $0.damaged == 0 })
        let stored = try station.status().storedByteCount
        #expect(report.bytesRead == (readsData ? stored : 0))
        // One silence, told once; in the middle one of the four had answered already.
        #expect(outage.counts == [cut.lowerBound == 1 ? 4 : 3])
        #expect(outage.told.first?.left == CutReadingTests.patience)
    }

    @Test func `all workers of a check wait for the one supplier that is away`() throws {
        let station = try stored(workerCount: 4)
        let outage = Outage(2...40, of: station.supplier(2), by: time)
        let report = try check(station, outage, readsData: true)
        #expect(report.status == .done && report.fragmentsMissing == 0)
        #expect(Set(outage.told.map(\.addresses)) == [[station.supplier(2)]])
    }

    @Test func `a supplier that does not come back to a check is waited for once`() throws {
        let station = try stored()
        let outage = Outage(
            3...Int.max, of: station.supplier(1), by: time, each: CutReadingTests.minute)
        let report = try check(station, outage, readsData: true)
        #expect(report.status == .belowTarget && report.blocksLost.isEmpty)
        #expect(report.fragmentsMissing > 0 && report.fragmentsDamaged == 0)
        #expect(report.suppliers.map { $0.missing > 0 } == [false, true, false, false])
        #expect(outage.told.map(\.addresses) == [[station.supplier(1)]])
        #expect(outage.told.first?.left == CutReadingTests.patience)
        // It has not said that anything is gone.
        let again = try station.check(readsData: true)
        #expect(again.status == .done && again.fragmentsMissing == 0)
    }

    @Test func `a check that nobody answers any more ends and says what cannot be had`() throws {
        let station = try stored()
        let outage = Outage(6...Int.max, by: time, each: CutReadingTests.minute)
        let report = try check(station, outage, readsData: false)
        #expect(report.status == .filesDamaged && !report.pathsLost.isEmpty)
        // The fourth had answered for the block of the first three, and is met with the next; for
        // the walk to the files nobody is waited for again.
        #expect(outage.counts == [3, 1])
        #expect(try station.check(readsData: true).status == .done)
    }

    // MARK: ls and cat

    private func list(
        _ station: Station, _ outage: Outage, cancellation: Cancellation = Cancellation()
    ) throws -> [String] {
        var paths: [String] = []
        try station.with(outage.adapters(station)) {
            let id = try $0.find(.latest(setName: nil)).id
            try $0.list(
                id, path: [], isRecursive: true, cancellation: cancellation,
                waiting: { outage.note($0) }
            ) { path, _ in paths.append(displayText(path)) }
        }
        return paths
    }

    private func read(
        _ station: Station, _ outage: Outage, cancellation: Cancellation = Cancellation()
    ) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try station.with(outage.adapters(station)) {
            let id = try $0.find(.latest(setName: nil)).id
            try $0.read(
                id, path: Array("below/1".utf8), cancellation: cancellation,
                waiting: { outage.note($0) }
            ) { bytes += Array($0) }
        }
        return bytes
    }

    @Test(arguments: [1...40, 2...40])
    func `a list is whole when suppliers are back in time`(cut: ClosedRange<Int>) throws {
        let station = try stored(fileCount: 3)
        let outage = Outage(cut, by: time)
        #expect(try list(station, outage) == ["below", "below/0", "below/1", "below/2"])
        // Whoever had answered is met with the next attempt.
        #expect(outage.counts == (cut.lowerBound == 1 ? [4] : [3, 4]))
    }

    @Test(arguments: [1...40, 4...40])
    func `a file is whole when suppliers are back in time`(cut: ClosedRange<Int>) throws {
        let station = try stored(fileCount: 3)
        let outage = Outage(cut, by: time)
        #expect(try read(station, outage) == Files.read("\(station.source)/below/1"))
        #expect(outage.counts == (cut.lowerBound == 1 ? [4] : [3, 4]))
    }

    @Test func `when suppliers do not come back a list and a file say so`() throws {
        let station = try stored(fileCount: 3)
        let first = Outage(1...Int.max, by: time, each: CutReadingTests.minute)
        let noList = failure { _ = try list(station, first) }
        #expect(noList?.brief == "BD-SUPPLIERS-AWAY 13" && first.counts == [4])
        #expect(first.told.first?.left == CutReadingTests.patience)
        let second = Outage(4...Int.max, by: time, each: CutReadingTests.minute)
        let noFile = failure { _ = try read(station, second) }
        #expect(noFile?.brief == "BD-SUPPLIERS-AWAY 13" && second.counts == [3, 4])
        #expect(noFile?.cause?.contains("do not answer") == true)
    }

    // MARK: recover

    private func recover(
        _ station: Station, _ outage: Outage, cancellation: Cancellation = Cancellation()
    ) throws -> RecoveryReport {
        let (customer, report) = try Customer.recover(
            home: Home(path: station.scratch.bytes("home2")),
            keyFile: station.scratch.bytes("key"), supplierDirectories: station.supplierPaths,
            deviceName: "new machine", adapters: outage.adapters(station),
            cancellation: cancellation, waiting: { outage.note($0) }, passphrase: { [] })
        customer.close()
        return report
    }

    @Test(arguments: [1...40, 2...40])
    func `a recovery goes on when suppliers are back in time`(cut: ClosedRange<Int>) throws {
        let station = try stored(fileCount: 3)
        let outage = Outage(cut, by: time)
        let report = try recover(station, outage)
        #expect(report.snapshots.count == 1 && report.suppliersAnswered == 4)
        #expect(outage.counts.last == 4 && outage.asked > cut.upperBound)
    }

    @Test func `a recovery whose suppliers do not come back can be run again`() throws {
        let station = try stored(fileCount: 3)
        let outage = Outage(1...Int.max, by: time, each: CutReadingTests.minute)
        let failed = failure { _ = try recover(station, outage) }
        #expect(failed?.brief == "BD-CATALOG-LOST 5" && outage.counts == [4])
        #expect(failed?.cause?.contains("do not answer") == true)
        #expect(failed?.remedy?.contains("run this again when they answer") == true)
        let honest = Outage(Int.max...Int.max, by: time)
        #expect(try recover(station, honest).snapshots.count == 1)
        #expect(honest.told.isEmpty)
    }

    // MARK: Ctrl-C

    @Test(arguments: ["check", "ls", "cat", "recover"])
    func `waiting ends when it is asked to`(_ command: String) throws {
        let station = try stored(fileCount: 3)
        let cancellation = Cancellation()
        let outage = Outage(1...Int.max, by: time, cancellation: cancellation)
        #expect(throws: CancelledError.self) {
            switch command {
            case "check":
                _ = try check(station, outage, readsData: false, cancellation: cancellation)
            case "ls": _ = try list(station, outage, cancellation: cancellation)
            case "cat": _ = try read(station, outage, cancellation: cancellation)
            default: _ = try recover(station, outage, cancellation: cancellation)
            }
        }
        // Nobody was asked a second time.
        #expect(outage.asked <= 4)
    }
}
