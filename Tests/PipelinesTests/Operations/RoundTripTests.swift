import Glibc
import Model
import Pipelines
import Simulation
import Testing

@Suite struct RoundTripTests {
    @Test func `a tree with every kind of entry comes back as it was`() throws {
        let station = try Station()
        EveryKind(root: station.source).make()
        let backup = try station.backup()
        #expect(backup.problems.isEmpty && backup.notes.isEmpty)
        #expect(backup.status == .done && backup.lossesTolerated == 2)
        let restore = try station.restore()
        #expect(restore.problems.isEmpty && restore.status == .done)
        #expect(restore.fragmentsHealed.isEmpty)
        #expect(station.differences() == [])
        let picture = TreePicture(station.source)
        #expect(picture["files/noise"]?.linkCount == 2 && picture["links/second"]?.linkCount == 3)
        let entryCount = UInt64(picture.items.count)
        let directoryCount = UInt64(picture.items.values.count { $0.mode & S_IFMT == S_IFDIR })
        #expect(restore.filesRestored + directoryCount == entryCount)
        #expect(restore.directories == directoryCount + 1)
        #expect(backup.snapshot.counts.directories == directoryCount + 1)
        var sparse = stat()
        prepared(lstat("\(station.target)/other/sparse", &sparse))
        #expect(Int(sparse.st_blocks) * 512 < Int(sparse.st_size) / 2)
    }

    @Test func `several paths come back each below its name`() throws {
        let station = try Station()
        station.directory("a")
        station.directory("b")
        station.directory("b/a")
        station.write("one", "a/file")
        station.write("two", "b/a/file")
        station.write("three", "single")
        let source = station.source
        let paths = ["\(source)/a", "\(source)/b/a", "\(source)/single", "\(source)/a/"]
        let report = try station.backup(paths: paths)
        #expect(report.snapshot.roots.count == 3 && report.snapshot.setName == "a")
        try station.restore()
        #expect(Files.names(station.target) == ["a", "a-2", "single"])
        #expect(Files.text("\(station.target)/a/file") == "one")
        #expect(Files.text("\(station.target)/a-2/file") == "two")
        #expect(Files.text("\(station.target)/single") == "three")
    }

    @Test func `one file alone comes back`() throws {
        let station = try Station()
        let bytes = SeededRandom(seed: 3).bytes(3_000_000)
        station.write(bytes, "alone")
        #expect(try station.backup(paths: ["\(station.source)/alone"]).status == .done)
        try station.restore()
        #expect(Files.read("\(station.target)/alone") == bytes)
    }

    @Test func `an empty directory alone makes a snapshot`() throws {
        let station = try Station()
        let report = try station.backup()
        #expect(report.snapshot.counts.directories == 1)
        try station.restore()
        #expect(Files.names(station.target).isEmpty)
        #expect(try station.status().lossesTolerated == 2)
    }

    /// Directories that were finished early must take up their links and then get their times.
    @Test func `hard links across directories keep the times of all of them`() throws {
        let station = try Station()
        for name in ["a", "b", "c", "d"] {
            station.directory(name)
            station.directory("\(name)/inner")
        }
        station.write("first", "a/inner/file")
        station.write("other", "d/inner/file")
        let source = station.source
        prepared(link("\(source)/a/inner/file", "\(source)/b/inner/link"))
        prepared(link("\(source)/d/inner/file", "\(source)/e"))
        prepared(link("\(source)/a/inner/file", "\(source)/c/inner/link"))
        prepared(link("\(source)/a/inner/file", "\(source)/z"))
        for (number, name) in ["a/inner", "b/inner", "c/inner", "d/inner", "a", "b", "c", "d", "."]
            .enumerated()
        {
            Files.touch("\(source)/\(name)", seconds: 1_100_000_000 + number)
            prepared(chmod("\(source)/\(name)", 0o500))
        }
        try station.backup()
        let report = try station.restore()
        #expect(station.differences() == [])
        #expect(report.directories == 9 && report.filesRestored == 6)
        var status = stat()
        prepared(lstat(station.target, &status))
        #expect(status.st_mtim.tv_sec == 1_100_000_008 && status.st_mode & 0o777 == 0o500)
    }

    @Test func `listing and reading give what the source holds`() throws {
        let station = try Station()
        station.fillSource()
        let report = try station.backup()
        let id = try #require(report.snapshotID)
        try station.with { customer in
            var paths: [String] = []
            try customer.list(id, path: [], isRecursive: true) { path, _ in
                paths.append("/" + String(decoding: path, as: UTF8.self))
            }
            #expect(paths.sorted() == TreePicture(station.source).paths)
            var bytes: [UInt8] = []
            try customer.read(id, path: Array("noise/2".utf8)) { bytes += $0 }
            #expect(bytes == Files.read("\(station.source)/noise/2"))
            let absolute = Array("\(station.source)/texts/3.txt".utf8)
            bytes = []
            try customer.read(id, path: absolute) { bytes += $0 }
            #expect(bytes == Files.read("\(station.source)/texts/3.txt"))
            let missing = failure {
                try customer.list(id, path: Array("noise/9".utf8), isRecursive: false) { _, _ in }
            }
            #expect(missing?.code == "BD-NO-SUCH-PATH")
        }
    }
}
