import Compressing
import Glibc
import Model
import Pipelines
import Simulation
import Testing

@Suite struct SupplierLossTests {
    static let pairs = (0..<4).flatMap { first in ((first + 1)..<4).map { [first, $0] } }

    @Test func `any two of four suppliers may be gone`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        for pair in SupplierLossTests.pairs {
            for number in pair {
                prepared(rename(station.supplier(number), station.scratch["away\(number)"]))
            }
            let report = try station.restore(to: "target\(pair)")
            #expect(report.status == .done, "\(pair)")
            #expect(station.differences(in: "target\(pair)") == [])
            let away = report.suppliersAway.map(\.supplier.address)
            #expect(
                !away.isEmpty
                    && away.allSatisfy { address in
                        pair.contains { station.supplier($0) == address }
                    })
            #expect(report.suppliersAway.allSatisfy { $0.fragmentCount > 0 })
            #expect(report.fragmentsHealed.isEmpty)
            #expect(try station.status().lossesTolerated == 0)
            for number in pair {
                prepared(rename(station.scratch["away\(number)"], station.supplier(number)))
            }
        }
        #expect(try station.status().lossesTolerated == 2)
    }

    @Test func `with three suppliers gone the files that are lost are named`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        for number in [0, 2, 3] { station.deleteSupplier(number) }
        // The tree of the snapshot is lost as well: there is nothing that could be named.
        let restore = failure { try station.restore() }
        #expect(restore?.status == .filesDamaged && restore?.code == "BD-DATA-LOST")
        #expect(restore?.cause?.contains("it needs 2 fragments, 1 left") == true)
        let check = try station.check()
        #expect(check.status == .filesDamaged && check.lossesTolerated == -1)
        #expect(UInt64(check.blocksLost.count) == check.blocksChecked)
        #expect(try station.status().lossesTolerated == -1)
        let backup = failure { try station.backup() }
        #expect(backup?.status == .tooFewSuppliers)
    }

    @Test func `what does not need a lost block is restored and the rest is named`() throws {
        let station = try Station()
        station.write(SeededRandom(seed: 1).bytes(300_000), "first")
        station.write("tiny", "small")
        try station.backup()
        let lengths = (0..<4).map { number in station.segments(number).map { Files.length($0) } }
        station.write(SeededRandom(seed: 2).bytes(300_000), "second")
        try station.backup { $0.setName = "other" }
        let before = TreePicture(station.source)
        // Each supplier keeps its fragments of the first backup and of the last trees.
        for number in 0..<3 {
            let (path, start) = (station.segments(number)[0], lengths[number][0])
            Files.overwrite([UInt8](repeating: 0xEE, count: 150_000), in: path, at: start)
        }
        let report = try station.restore()
        #expect(report.status == .filesDamaged)
        #expect(report.problems.map { displayText($0.path) } == ["\(station.target)/second"])
        #expect(report.problems[0].reason.contains("is lost: it needs 2 fragments, 1 left"))
        let after = TreePicture(station.target)
        #expect(Set(before.paths).subtracting(after.paths) == ["/second"])
        #expect(after["first"]?.content == before["first"]?.content)
        #expect(after["small"]?.content == Array("tiny".utf8))
        #expect(Files.names(station.target) == ["first", "small"], "no temporary file is left")
        let check = try station.check(readsData: true)
        #expect(check.status == .filesDamaged && check.blocksLost.count == 1)
        #expect(check.pathsLost.map { displayText($0.path) } == ["second"])
        // Those that the restore has met are known to their suppliers as gone.
        #expect(check.fragmentsDamaged + check.fragmentsMissing == 3)
    }

    @Test func `a long file that lost one of its blocks is named and leaves nothing half`() throws {
        // One worker, so that every supplier has the blocks in the same order.
        let station = try Station(workerCount: 1)
        station.write(SeededRandom(seed: 3).bytes(40 << 20), "long")
        station.write("small", "small")
        let first = try #require(try station.backup { $0.compression = .none }.snapshotID)
        for number in 0..<3 {
            let garbage = [UInt8](repeating: 0xEE, count: 8192)
            Files.overwrite(garbage, in: station.segments(number)[0], at: 5 << 20)
        }
        Files.makeDirectory(station.target)
        Files.write("an older long file", to: "\(station.target)/long")
        let report = try station.restore()
        #expect(report.status == .filesDamaged && report.filesRestored == 1)
        #expect(report.problems.map { displayText($0.path) } == ["\(station.target)/long"])
        #expect(Files.names(station.target) == ["long", "small"])
        #expect(Files.text("\(station.target)/long") == "an older long file")
        let check = try station.check(readsData: true)
        #expect(check.blocksLost.count == 1 && check.pathsLost.map(\.snapshot) == [first])
    }

    @Test(arguments: ["garbage", "truncated", "empty", "deleted"])
    func `two suppliers with ruined segments are healed`(_ ruin: String) throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        for number in [1, 3] {
            for path in station.segments(number) { SupplierLossTests.apply(ruin, to: path) }
        }
        let report = try station.restore()
        #expect(report.status == .done)
        #expect(station.differences() == [])
        #expect(report.fragmentsHealed.reduce(0) { $0 + $1.count } > 0)
        for path in station.segments(0) { SupplierLossTests.apply(ruin, to: path) }
        let lost = failure { try station.restore(to: "again") }
        #expect(lost?.code == "BD-DATA-LOST" && lost?.status == .filesDamaged)
    }

    private static func apply(_ ruin: String, to path: String) {
        let length = Files.length(path)
        switch ruin {
        case "garbage": Files.write(SeededRandom(seed: 4).bytes(length), to: path)
        case "truncated": prepared(truncate(path, 4097))
        case "empty": prepared(truncate(path, 0))
        default: prepared(unlink(path))
        }
    }

    @Test(arguments: 1...6)
    func `flipped bits at random places never give wrong bytes`(_ seed: Int) throws {
        let station = try Station()
        station.fillSource(seed: UInt64(seed))
        try station.backup()
        let random = SeededRandom(seed: UInt64(seed))
        let chosen = SupplierLossTests.pairs[seed % 6]
        for number in chosen {
            for path in station.segments(number) {
                var bytes = try #require(Files.read(path))
                for _ in 0..<40 {
                    bytes[random.below(bytes.indices)] ^= 1 << UInt8(random.below(0..<8))
                }
                Files.write(bytes, to: path)
            }
        }
        let report = try station.restore()
        #expect(report.status == .done)
        #expect(station.differences() == [])
        // One more: what comes back is right, what does not is named.
        let third = try #require((0..<4).first { !chosen.contains($0) })
        for path in station.segments(third) {
            Files.write(random.bytes(Files.length(path)), to: path)
        }
        let source = TreePicture(station.source)
        do {
            let report = try station.restore(to: "again")
            let found = TreePicture(station.scratch["again"])
            for (path, item) in found.items where item.mode & S_IFMT == S_IFREG {
                #expect(item.content == source.items[path]?.content)
            }
            #expect(report.filesRestored + UInt64(report.problems.count) >= 40)
        } catch let error as Failure {
            #expect(error.status == .filesDamaged)
        }
    }

    @Test func `segments that two suppliers swapped are not believed`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        let (first, second) = (station.segments(0)[0], station.segments(2)[0])
        let between = station.scratch["between"]
        prepared(rename(first, between))
        prepared(rename(second, first))
        prepared(rename(between, second))
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }

    @Test func `whole directories that were swapped are said to be others`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        let between = station.scratch["between"]
        prepared(rename(station.supplier(0), between))
        prepared(rename(station.supplier(2), station.supplier(0)))
        prepared(rename(between, station.supplier(2)))
        let report = try station.restore()
        #expect(report.status == .done && station.differences() == [])
        let failures = try station.status().suppliers.map { $0.failure ?? "" }
        #expect(failures.map(\.isEmpty) == [false, true, false, true])
        #expect(failures[0].contains("another supplier"))
    }

    @Test func `the directory of another owner in its place is made up for and named`() throws {
        let station = try Station()
        let stranger = try Station()
        station.fillSource()
        stranger.fillSource(seed: 99)
        try station.backup()
        try stranger.backup()
        for number in [0, 1] {
            station.deleteSupplier(number)
            prepared(rename(stranger.supplier(number), station.supplier(number)))
        }
        let report = try station.restore()
        #expect(report.status == .done && station.differences() == [])
        #expect(
            report.suppliersAway.map(\.supplier.address) == [0, 1].map { station.supplier($0) })
        #expect(report.suppliersAway.allSatisfy { $0.reason?.contains("another supplier") == true })
    }

    @Test func `segments of another owner below our supplier give nothing wrong`() throws {
        let station = try Station()
        let stranger = try Station()
        station.fillSource()
        stranger.fillSource(seed: 99)
        try station.backup()
        try stranger.backup()
        for number in [2, 3] {
            Files.remove("\(station.supplier(number))/segments")
            prepared(
                rename(
                    "\(stranger.supplier(number))/segments",
                    "\(station.supplier(number))/segments"))
        }
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }
}
