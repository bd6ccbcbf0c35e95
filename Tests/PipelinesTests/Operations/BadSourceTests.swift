import Glibc
import Model
import Pipelines
import Simulation
import Testing

@Suite struct BadSourceTests {
    @Test func `a path that is not there is named and nothing is stored`() throws {
        let station = try Station()
        let failed = failure { try station.backup(paths: ["\(station.source)/nothing"]) }
        #expect(failed?.code == "BD-NO-SOURCE")
        #expect(failed?.message.contains("\(station.source)/nothing") == true)
        #expect(failed?.cause == "No such file or directory")
        let one = failure {
            try station.backup(paths: [station.source, "\(station.source)/nothing"])
        }
        #expect(one?.code == "BD-NO-SOURCE")
        #expect(try station.snapshots().isEmpty)
        #expect(failure { try station.backup(paths: []) }?.status == .usage)
    }

    /// A backup during which `change` is made after the scan and before a long file is read to its
    /// end.
    private func backup(
        _ station: Station, _ change: @escaping @Sendable () -> Void
    ) throws -> BackupReport {
        let moment = AfterScan(change)
        let request = BackupRequest(paths: [Array(station.source.utf8)])
        return try station.with {
            try $0.backup(request, cancellation: Cancellation()) { moment.watch($0) }
        }
    }

    @Test func `a file that vanishes before it is read is a note`() throws {
        let station = try Station(workerCount: 1, time: SteppingTime())
        station.write(SeededRandom(seed: 1).bytes(12 << 20), "a long one")
        station.write("gone soon", "vanishes")
        station.write("stays", "zz")
        let vanishing = "\(station.source)/vanishes"
        let report = try backup(station) { prepared(unlink(vanishing)) }
        #expect(report.status == .done)
        #expect(report.notes.map { displayText($0.path) } == [vanishing])
        #expect(report.notes.map(\.reason) == ["vanished before it was read"])
        #expect(report.snapshot.counts.filesTotal == 2)
        try station.restore()
        #expect(station.differences() == [])
    }

    @Test func `a file that became a directory before it is read is a problem`() throws {
        let station = try Station(workerCount: 1, time: SteppingTime())
        station.write(SeededRandom(seed: 1).bytes(12 << 20), "a long one")
        station.write("a file now", "changes")
        let changing = "\(station.source)/changes"
        let report = try backup(station) {
            prepared(unlink(changing))
            Files.makeDirectory(changing)
        }
        #expect(report.status == .filesSkipped && report.status.rawValue == 3)
        #expect(report.problems.map { displayText($0.path) } == [changing])
        #expect(report.snapshot.counts.filesSkipped == 1)
        #expect(report.snapshot.counts.filesNew == 1)
        try station.restore()
        #expect(Files.names(station.target) == ["a long one"])
    }

    @Test func `a file that grows while it is read is noted and read again next time`() throws {
        let station = try Station(workerCount: 1, time: SteppingTime())
        station.write(SeededRandom(seed: 1).bytes(12 << 20), "growing")
        let growing = "\(station.source)/growing"
        let report = try backup(station) { Files.overwrite([1, 2, 3], in: growing, at: 12 << 20) }
        #expect(report.notes.map(\.reason) == ["changed while it was read"])
        #expect(report.status == .done)
        #expect(try station.backup().snapshot.counts.filesChanged == 1)
        #expect(try station.backup().snapshot.counts.filesSame == 1)
        try station.restore()
        #expect(station.differences() == [])
    }

    @Test(.enabled(if: isRoot, "mounting takes root"))
    func `a directory inside itself is a problem and not an endless backup`() throws {
        let station = try Station()
        station.directory("folder")
        station.directory("folder/again")
        station.write("x", "folder/file")
        let again = "\(station.source)/folder/again"
        prepared(mount(station.source, again, nil, 4096, nil), "bind")
        defer { prepared(umount2(again, 2)) }
        let report = try station.backup()
        #expect(report.status == .filesSkipped)
        #expect(report.problems.map { displayText($0.path) } == [again])
        #expect(report.problems[0].reason.contains("loop"))
        #expect(report.snapshot.counts.filesNew == 1)
    }

    @Test func `what is excluded is not in the snapshot`() throws {
        let station = try Station()
        for name in ["cache", "keep", "keep/cache"] { station.directory(name) }
        for name in ["a.tmp", "a.txt", "cache/x", "keep/b.tmp", "keep/cache/y", "keep/c"] {
            station.write(name, name)
        }
        let report = try station.backup { $0.excludes = ["*.tmp", "/cache/"] }
        #expect(report.problems.isEmpty && report.snapshot.counts.filesNew == 3)
        try station.restore()
        #expect(
            TreePicture(station.target).paths
                == ["/a.txt", "/keep", "/keep/c", "/keep/cache", "/keep/cache/y"])
        let all = try station.backup()
        #expect(all.snapshot.counts.filesNew == 3 && all.snapshot.counts.filesSame == 3)
        try station.restore(to: "all")
        #expect(station.differences(in: "all") == [])
    }

    @Test func `the home and the suppliers are left out of a backup of what holds them`() throws {
        let station = try Station()
        station.write("x", "file")
        let report = try station.backup(paths: [station.scratch.path])
        #expect(report.problems.isEmpty && report.snapshot.counts.filesNew == 1)
        #expect(report.snapshot.counts.bytesTotal == 1)
    }

    @Test func `a path that is a link is what it leads to`() throws {
        let station = try Station()
        station.write("x", "file")
        prepared(symlink(station.source, station.scratch["link"]))
        let report = try station.backup(paths: [station.scratch["link"]])
        #expect(report.snapshot.roots.map { displayText($0.path) } == [station.source])
    }

    @Test(.enabled(if: !isRoot, "root reads everything"))
    func `a file without permission is skipped and named`() throws {
        let station = try Station()
        station.write("x", "secret")
        station.write("y", "open")
        prepared(chmod("\(station.source)/secret", 0))
        let report = try station.backup()
        #expect(report.status == .filesSkipped)
        #expect(report.problems.map { displayText($0.path) } == ["\(station.source)/secret"])
        #expect(report.problems[0].reason.contains("Permission denied"))
    }
}
