import FileTrees
import Glibc
import Model
import Pipelines
import Simulation
import Testing

@Suite struct RestoreTests {
    /// A station with a backup of `file` "new", `same` "same" and `folder/inner`.
    private func station() throws -> Station {
        let station = try Station()
        station.directory("folder")
        station.write("new content", "file")
        station.write("same", "same")
        station.write("inner", "folder/inner")
        Files.touch("\(station.source)/same", seconds: 1_400_000_000)
        try station.backup()
        return station
    }

    /// A target with another `file`, an equal `same` and a `mine` of its own.
    private func fillTarget(_ station: Station) {
        Files.makeDirectory(station.target)
        Files.write("old", to: "\(station.target)/file")
        Files.write("SAME", to: "\(station.target)/same")
        Files.touch("\(station.target)/same", seconds: 1_400_000_000)
        Files.write("mine", to: "\(station.target)/mine")
    }

    @Test func `overwriting what changed keeps what has the size and time`() throws {
        let station = try station()
        fillTarget(station)
        let report = try station.restore()
        #expect(Files.text("\(station.target)/file") == "new content")
        #expect(Files.text("\(station.target)/same") == "SAME")
        #expect(Files.text("\(station.target)/mine") == "mine")
        #expect(report.filesRestored == 2 && report.filesSame == 1 && report.filesKept == 0)
    }

    @Test func `overwriting always replaces everything but what is not in the snapshot`() throws {
        let station = try station()
        fillTarget(station)
        let report = try station.restore { $0.overwrite = .always }
        #expect(Files.text("\(station.target)/file") == "new content")
        #expect(Files.text("\(station.target)/same") == "same")
        #expect(Files.text("\(station.target)/mine") == "mine")
        #expect(report.filesRestored == 3 && report.filesSame == 0)
    }

    @Test func `overwriting never keeps what is there and adds what is not`() throws {
        let station = try station()
        fillTarget(station)
        let report = try station.restore { $0.overwrite = .never }
        #expect(Files.text("\(station.target)/file") == "old")
        #expect(Files.text("\(station.target)/same") == "SAME")
        #expect(Files.text("\(station.target)/folder/inner") == "inner")
        #expect(report.filesRestored == 1 && report.filesKept == 2)
    }

    @Test func `a second restore into the same target writes nothing`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        try station.restore()
        let report = try station.restore()
        #expect(report.filesRestored == 0 && report.filesSame == 40 && report.bytesRestored == 0)
        #expect(station.differences() == [])
    }

    @Test func `a cancelled restore goes on where it was`() throws {
        // Every look at the clock is a second later, so that every step is reported.
        let station = try Station(time: SteppingTime())
        station.fillSource()
        station.directory("zz")
        for number in 0..<20 {
            station.write(SeededRandom(seed: UInt64(number)).bytes(1 << 20), "zz/\(number)")
        }
        try station.backup()
        let cancellation = Cancellation()
        let request = RestoreRequest(
            snapshot: .latest(setName: nil), target: Array(station.target.utf8))
        #expect(throws: CancelledError.self) {
            try station.with { customer in
                _ = try customer.restore(request, cancellation: cancellation) { progress in
                    if progress.filesDone > 0 { cancellation.cancel() }
                }
            }
        }
        let report = try station.restore()
        #expect(report.filesSame > 0 && report.filesRestored > 0)
        #expect(report.filesSame + report.filesRestored == 60)
        #expect(station.differences() == [])
    }

    @Test func `a target that is a file is refused and left alone`() throws {
        let station = try station()
        Files.write("precious", to: station.target)
        let failed = failure { try station.restore() }
        #expect(failed?.brief == "BD-TARGET-IS-FILE 73")
        #expect(Files.text(station.target) == "precious")
    }

    @Test func `only the paths that were asked for come back`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        let report = try station.restore {
            $0.paths = [Array("texts/7.txt".utf8), Array("\(station.source)/noise".utf8)]
        }
        let restored = TreePicture(station.target)
        let expected = TreePicture(station.source).paths
            .filter { $0.hasPrefix("/noise") || $0 == "/texts" || $0 == "/texts/7.txt" }
        #expect(restored.paths == expected)
        #expect(report.filesRestored == 5)
        let missing = failure { try station.restore { $0.paths = [Array("texts/99".utf8)] } }
        #expect(missing?.code == "BD-NO-SUCH-PATH")
    }

    @Test func `a dry run writes nothing and counts`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        let report = try station.restore { $0.isDryRun = true }
        #expect(report.filesRestored == 40)
        #expect(Files.length(station.target) == -1)
    }

    @Test(arguments: OverwritePolicy.allCases)
    func `a link planted in the target diverts nothing`(_ choice: OverwritePolicy) throws {
        let station = try station()
        let outside = station.scratch["outside"]
        Files.makeDirectory(outside)
        Files.write("victim", to: "\(outside)/inner")
        Files.write("victim", to: "\(outside)/file")
        Files.makeDirectory(station.target)
        prepared(symlink(outside, "\(station.target)/folder"))
        prepared(symlink("\(outside)/file", "\(station.target)/file"))
        prepared(link("\(outside)/file", "\(station.target)/same"))
        let report = try station.restore { $0.overwrite = choice }
        #expect(Files.text("\(outside)/inner") == "victim")
        #expect(Files.text("\(outside)/file") == "victim")
        #expect(Files.names(outside) == ["file", "inner"])
        var folder = stat()
        prepared(lstat("\(station.target)/folder", &folder))
        if choice == .always {
            #expect(report.status == .done && folder.st_mode & S_IFMT == S_IFDIR)
            #expect(Files.text("\(station.target)/folder/inner") == "inner")
        } else {
            #expect(report.problems.map { displayText($0.path) } == ["\(station.target)/folder"])
            #expect(folder.st_mode & S_IFMT == S_IFLNK)
        }
    }

    @Test func `a directory where a file belongs is named and nothing in it is lost`() throws {
        let station = try station()
        Files.makeDirectory(station.target)
        Files.makeDirectory("\(station.target)/file")
        Files.write("mine", to: "\(station.target)/file/mine")
        let report = try station.restore { $0.overwrite = .always }
        #expect(report.status == .filesDamaged)
        #expect(report.problems.map { displayText($0.path) } == ["\(station.target)/file"])
        #expect(Files.text("\(station.target)/file/mine") == "mine")
        #expect(Files.text("\(station.target)/folder/inner") == "inner")
    }

    @Test func `a snapshot that is not there is named`() throws {
        let station = try Station()
        #expect(failure { try station.restore() }?.code == "BD-NO-SNAPSHOT")
        station.write("x", "file")
        let id = try #require(try station.backup().snapshotID)
        let short = failure { try station.restore(snapshot: .prefix("\(id)".prefix(3) + "")) }
        #expect(short?.code == "BD-NO-SNAPSHOT")
        try station.restore(snapshot: .prefix("\(id)".prefix(8).uppercased()))
        #expect(Files.text("\(station.target)/file") == "x")
    }
}
