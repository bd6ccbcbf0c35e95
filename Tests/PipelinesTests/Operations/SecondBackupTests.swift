import Compressing
import Glibc
import Model
import Pipelines
import Simulation
import Testing

@Suite struct SecondBackupTests {
    @Test func `an unchanged tree is neither opened nor stored again`() throws {
        let station = try Station()
        station.fillSource()
        let first = try station.backup()
        #expect(first.snapshot.counts.filesNew == 40 && first.snapshot.counts.bytesNew > 1 << 20)
        let watch = OpenWatch(["", "texts", "noise"].map { "\(station.source)/\($0)" })
        let second = try station.backup()
        #expect(watch.opened() == [])
        let counts = second.snapshot.counts
        #expect(counts.filesSame == 40 && counts.filesNew == 0 && counts.filesChanged == 0)
        #expect(counts.bytesNew == 0 && counts.bytesTotal == first.snapshot.counts.bytesTotal)
        #expect(second.snapshot.roots == first.snapshot.roots)
        #expect(second.snapshot.parent == first.snapshotID)
    }

    @Test func `only what changed is opened`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        station.write("changed, and of another length", "texts/0.txt")
        station.write("new", "texts/new")
        prepared(unlink("\(station.source)/texts/1.txt"))
        prepared(rename("\(station.source)/noise/1", "\(station.source)/noise/renamed"))
        Files.touch("\(station.source)/noise/2", seconds: 1_500_000_000)
        prepared(chmod("\(station.source)/noise/3", 0o600))
        let watch = OpenWatch(["texts", "noise"].map { "\(station.source)/\($0)" })
        let counts = try station.backup().snapshot.counts
        #expect(watch.opened() == ["0.txt", "2", "3", "new", "renamed"])
        #expect(counts.filesNew == 2 && counts.filesChanged == 3 && counts.filesSame == 35)
        try station.restore()
        #expect(station.differences() == [])
    }

    @Test func `a file of the same size and time but another content is noticed`() throws {
        let station = try Station()
        station.write("content one", "file")
        Files.touch("\(station.source)/file", seconds: 1_500_000_000)
        try station.backup()
        station.write("content two", "file")
        Files.touch("\(station.source)/file", seconds: 1_500_000_000)
        let counts = try station.backup().snapshot.counts
        #expect(counts.filesChanged == 1)
        try station.restore()
        #expect(Files.text("\(station.target)/file") == "content two")
    }

    @Test func `what was deleted is gone from the new snapshot and kept in the old one`() throws {
        let station = try Station()
        station.fillSource()
        let first = try #require(try station.backup().snapshotID)
        let before = TreePicture(station.source)
        Files.remove("\(station.source)/texts")
        try station.backup()
        try station.restore()
        #expect(station.differences() == [])
        try station.restore(to: "old", snapshot: .prefix("\(first)"))
        #expect(before.differences(from: TreePicture(station.scratch["old"])) == [])
    }

    @Test func `a directory that becomes a file and back is what it is each time`() throws {
        let station = try Station()
        station.directory("thing")
        station.write("inside", "thing/file")
        try station.backup()
        Files.remove("\(station.source)/thing")
        station.write("a file", "thing")
        try station.backup()
        try station.restore(to: "second")
        #expect(station.differences(in: "second") == [])
        prepared(unlink("\(station.source)/thing"))
        station.directory("thing")
        station.write("again inside", "thing/file")
        try station.backup()
        try station.restore(to: "third")
        #expect(station.differences(in: "third") == [])
    }

    @Test func `a dry run stores nothing and the next run is a first one`() throws {
        let station = try Station()
        station.fillSource()
        let dry = try station.backup { $0.isDryRun = true }
        #expect(dry.snapshotID == nil && dry.snapshot.counts.bytesNew > 1 << 20)
        #expect(try station.snapshots().isEmpty)
        let status = try station.status()
        #expect(status.blockCount == 0 && status.suppliers.allSatisfy { $0.fragmentCount == 0 })
        let real = try station.backup()
        #expect(real.snapshot.counts.bytesNew == dry.snapshot.counts.bytesNew)
        #expect(real.snapshot.counts.filesNew == 40)
    }

    @Test func `a backup that was cancelled leaves no snapshot and loses no time`() throws {
        let station = try Station(time: SteppingTime())
        station.fillSource()
        station.write(SeededRandom(seed: 9).bytes(48 << 20), "long")
        let cancellation = Cancellation()
        var request = BackupRequest(paths: [Array(station.source.utf8)])
        request.compression = .none
        #expect(throws: CancelledError.self) {
            try station.with { customer in
                _ = try customer.backup(request, cancellation: cancellation) { progress in
                    if progress.fragmentsAcknowledged > 0 { cancellation.cancel() }
                }
            }
        }
        #expect(try station.snapshots().isEmpty)
        let again = try station.backup()
        #expect(again.snapshot.counts.filesNew == 41)
        #expect(again.snapshot.counts.bytesNew < again.snapshot.counts.bytesTotal)
        try station.restore()
        #expect(station.differences() == [])
    }
}

@Suite struct DeduplicationTests {
    @Test func `a file that is there twice is stored once`() throws {
        let station = try Station()
        let bytes = SeededRandom(seed: 5).bytes(5_000_000)
        station.write(bytes, "one")
        let first = try station.backup().snapshot.counts
        #expect(first.bytesNew >= 5_000_000 && first.bytesNew < 5_010_000)
        station.write(bytes, "two")
        let second = try station.backup().snapshot.counts
        #expect(second.filesNew == 1 && second.bytesNew < 10_000)
        try station.restore()
        #expect(station.differences() == [])
    }

    @Test func `both copies in one backup are stored once too`() throws {
        let station = try Station()
        let bytes = SeededRandom(seed: 6).bytes(2_000_000)
        for number in 0..<5 { station.write(bytes, "\(number)") }
        for number in 0..<50 { station.write("the same small text", "small\(number)") }
        let counts = try station.backup().snapshot.counts
        #expect(counts.bytesNew < 2_020_000 && counts.bytesTotal > 10_000_000)
        try station.restore()
        #expect(station.differences() == [])
    }

    @Test func `an edit in a long file stores little`() throws {
        let station = try Station()
        let random = SeededRandom(seed: 8)
        var bytes = random.bytes(8 << 20)
        station.write(bytes, "long")
        try station.backup()
        bytes.insert(contentsOf: random.bytes(100), at: 3_000_000)
        bytes[6_000_000] ^= 1
        station.write(bytes, "long")
        let counts = try station.backup().snapshot.counts
        #expect(counts.filesChanged == 1)
        #expect(counts.bytesNew < 2 << 20)
        try station.restore()
        #expect(station.differences() == [])
    }
}

/// Tells which files of some directories were opened.
final class OpenWatch {
    private let descriptor: Int32
    private static let open: UInt32 = 0x20
    private static let isDirectory: UInt32 = 0x4000_0000

    init(_ directories: [String]) {
        descriptor = inotify_init1(O_NONBLOCK | O_CLOEXEC)
        prepared(descriptor)
        for directory in directories {
            prepared(inotify_add_watch(descriptor, directory, OpenWatch.open), directory)
        }
    }

    deinit {
        close(descriptor)
    }

    /// Names of files, sorted, each once.
    func opened() -> [String] {
        var names: Set<String> = []
        var events = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &events, events.count)
            guard count > 0 else { return names.sorted() }
            var offset = 0
            while offset < count {
                // watch 4, mask 4, cookie 4, length 4, name
                let (mask, length) = events.withUnsafeBytes {
                    (
                        $0.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self),
                        Int($0.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
                    )
                }
                let name = events[offset + 16..<offset + 16 + length].prefix { $0 != 0 }
                if mask & OpenWatch.isDirectory == 0, !name.isEmpty {
                    names.insert(String(decoding: name, as: UTF8.self))
                }
                offset += 16 + length
            }
        }
    }
}
