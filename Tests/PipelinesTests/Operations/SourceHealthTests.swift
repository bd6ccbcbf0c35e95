import Foundation
import Model
import Pipelines
import Simulation
import Testing

@Suite struct SourceHealthTests {
    private func health(_ station: Station) throws -> HealthReport {
        try station.with { try $0.health() }
    }

    /// Blocks of each source.
    private func counts(_ report: HealthReport) -> [String: Int] {
        Dictionary(
            uniqueKeysWithValues: report.sources.map {
                ($0.name ?? "", $0.groups.reduce(0) { $0 + $1.blockCount })
            })
    }

    private func lost(_ station: Station) throws -> [String] {
        var found: [String] = []
        try station.with {
            try $0.forEachLost(cancellation: Cancellation()) {
                found.append("\($0.setName) \(String(decoding: $0.path, as: UTF8.self))")
                return true
            }
        }
        return found
    }

    private func rebuild(_ station: Station) throws -> RebuildReport {
        try station.with { try rebuild($0) }
    }

    private func rebuild(_ customer: Customer) throws -> RebuildReport {
        var request = RebuildRequest()
        request.auditBytesPerDay = 0
        return try customer.rebuild(request, cancellation: Cancellation()) { _ in }
    }

    /// Two folders that share a file, and one above both.
    private func filled() throws -> Station {
        let station = try Station()
        let random = SeededRandom(seed: 5)
        let shared = random.bytes(3 << 20)
        for name in ["docs", "photos"] {
            station.directory(name)
            station.write(shared, "\(name)/shared")
            station.write(random.bytes(2 << 20), "\(name)/own")
        }
        // Longer than its entry has room for ids: a list chunk names them.
        station.write(random.bytes(20 << 20), "photos/long")
        try station.backup(paths: ["\(station.source)/docs"])
        try station.backup(paths: ["\(station.source)/photos"])
        return station
    }

    @Test func `each source has its blocks, and a shared block counts in both`() throws {
        let station = try filled()
        let report = try health(station)
        #expect(report.status == .done && report.unmappedSnapshotCount == 0)
        #expect(report.sources.map(\.name) == ["docs", "photos"])
        let counts = counts(report)
        let all = report.groups.filter { $0.kind != .catalog }.reduce(0) { $0 + $1.blockCount }
        #expect(counts["docs", default: 0] + counts["photos", default: 0] > all)
        #expect(report.heads == HealthReport.Heads(stored: 4))
        // A second run of the same changes nothing of that.
        try station.backup(paths: ["\(station.source)/docs"])
        #expect(try self.counts(health(station)) == counts)
    }

    @Test func `what the pipeline notes is what a walk of the trees finds`() throws {
        let station = try filled()
        // Another set sees directories that are known: the long file's list is not read for it.
        try station.backup { $0.setName = "all" }
        var noted = try health(station)
        #expect(noted.unmappedSnapshotCount == 1)
        _ = try rebuild(station)
        noted = try health(station)
        #expect(noted.unmappedSnapshotCount == 0)
        let key = station.scratch.bytes("key")
        try station.with {
            _ = try $0.saveKeyFile(to: key, passphrase: nil, keepsRoot: false)
        }
        let (customer, _) = try Customer.recover(
            home: Home(path: station.scratch.bytes("home2")), keyFile: key,
            supplierDirectories: station.supplierPaths, deviceName: "other",
            adapters: station.adapters, passphrase: { [] })
        defer { customer.close() }
        let recovered = try customer.health()
        #expect(recovered.sources.map(\.name) == [nil] && recovered.unmappedSnapshotCount == 3)
        let walked = try rebuild(customer).health
        #expect(walked.unmappedSnapshotCount == 0)
        #expect(counts(walked) == counts(noted))
        #expect(counts(noted)["all", default: 0] > counts(noted)["photos", default: 0])
    }

    @Test func `too few fragments: says what is lost, keeps the rest, resumes`() throws {
        let station = try Station()
        let random = SeededRandom(seed: 6)
        station.directory("old")
        station.write(random.bytes(300_000), "old/kept")
        try station.backup { $0.setName = "set" }
        let lengths = (0..<4).map { number in
            station.segments(number).map { Files.length($0) }
        }
        station.directory("new")
        for number in 0..<3 { station.write(random.bytes(200_000), "new/\(number)") }
        try station.backup { $0.setName = "set" }
        // Three of four suppliers lose all that came with the second backup.
        let saved = station.scratch["saved"]
        try FileManager.default.copyItem(atPath: station.supplier(0), toPath: saved)
        for number in 0..<3 {
            for (path, length) in zip(station.segments(number), lengths[number]) {
                prepared(truncate(path, off_t(length)))
            }
        }
        let report = try rebuild(station)
        #expect(report.health.blocksLost > 0 && report.health.word == "lost")
        let source = try #require(report.health.sources.first)
        #expect(source.groups.contains { $0.blocksLost > 0 })
        #expect(source.groups.contains { $0.blockCount > $0.blocksLost }, "the old is whole")
        #expect(try lost(station).contains("set /"))
        // What can be kept is kept: the first snapshot comes back whole.
        let first = try #require(try station.snapshots().first)
        let restored = try station.restore(snapshot: .prefix(first.id.description))
        #expect(restored.status == .done)
        // A supplier's disk returns: its fragments are asked for again, and all is rebuilt.
        Files.remove(station.supplier(0))
        prepared(rename(saved, station.supplier(0)))
        let back = try rebuild(station)
        #expect(back.fragmentsStored > 0 && back.health.word == "safe")
        #expect(back.health.lossesTolerated == 2 && back.health.blocksLost == 0)
        #expect(try lost(station).isEmpty)
        for number in [0, 3] { station.deleteSupplier(number) }
        #expect(try station.restore(to: "again").status == .done)
        #expect(station.differences(in: "again") == [])
    }

    @Test func `suppliers that are away: the sentence says that all returns with them`() throws {
        let station = try filled()
        for number in 0..<3 {
            prepared(rename(station.supplier(number), station.scratch["away\(number)"]))
        }
        let report = try health(station)
        #expect(report.blocksLost > 0 && report.blocksWaiting == report.blocksLost)
        #expect(report.sentence().rest.contains("all of them can when"))
        prepared(rename(station.scratch["away0"], station.supplier(0)))
        #expect(try health(station).blocksLost == 0)
    }

    @Test func `a fragment of the catalog that is lost is found by the first audits`() throws {
        let station = try Station()
        station.fillSource()
        for number in 0..<8 {
            station.write(SeededRandom(seed: UInt64(number)).bytes(900_000), "more\(number)")
        }
        try station.backup()
        // The last record of a segment is of the catalog block, which is stored last.
        let path = try #require(station.segments(1).last)
        prepared(truncate(path, off_t(Files.length(path) - 1)))
        var request = RebuildRequest()
        request.asksForAll = false
        request.auditBytesPerDay = Limits.auditByteCount
        let report = try station.with {
            try $0.rebuild(request, cancellation: Cancellation()) { _ in }
        }
        #expect(report.fragmentsFoundLost + report.auditsFailed > 0)
        #expect(report.fragmentsStored == 1 && report.health.word == "safe")
    }

    @Test func `a repair is measured from whole to whole again`() throws {
        let time = ManualTime()
        time.jump(days: 20_000)
        let station = try Station(time: time)
        station.fillSource()
        try station.backup()
        func repairs() throws -> [RepairHistory.Repair] {
            try station.with { try $0.repairHistory() }.repairs
        }
        _ = try rebuild(station)
        time.advance(days: 1)
        _ = try rebuild(station)
        #expect(try repairs().isEmpty, "nothing was lost")
        for path in station.segments(2) { prepared(truncate(path, 0)) }
        time.advance(days: 3)
        _ = try rebuild(station)
        let found = try repairs()
        #expect(found.count == 1 && found[0].fragmentCount > 0)
        #expect(try station.with { try $0.repairHistory() }.meanDays == 3)
    }

    @Test func `what heals by itself is no repair, and a clock that jumps measures nothing`() {
        let day: Int64 = 86_400_000_000_000
        var history = RepairHistory()
        func note(_ isWhole: Bool, _ stored: Int, day number: Int64) {
            history.note(
                isWhole: isWhole, fragmentsStored: stored, at: Timestamp(nanoseconds: number * day))
        }
        note(false, 4, day: 1)
        note(true, 4, day: 2)
        #expect(history.repairs.isEmpty, "nobody knows when that began")
        note(false, 0, day: 3)
        note(true, 0, day: 4)
        #expect(history.repairs.isEmpty && history.meanDays == nil)
        note(false, 5, day: 5)
        note(true, 1, day: 6)
        #expect(history.repairs.map(\.fragmentCount) == [6] && history.meanDays == 2)
        note(false, 1, day: 7)
        note(true, 1, day: 3)
        #expect(history.repairs.count == 1)
        for number in 0..<200 as Range<Int64> { note(true, 1, day: 10 + number) }
        #expect(history.repairs.count == Limits.repairHistoryCountMax)
    }
}
