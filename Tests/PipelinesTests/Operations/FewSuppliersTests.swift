import Glibc
import Model
import Pipelines
import Placement
import Simulation
import Testing

@Suite struct FewSuppliersTests {
    @Test func `with one of four suppliers missing the snapshot is saved below its target`() throws
    {
        let station = try Station()
        station.fillSource()
        station.deleteSupplier(2)
        let report = try station.backup()
        #expect(report.status == .belowTarget && report.status.rawValue == 4)
        #expect(report.snapshotID != nil && report.lossesTolerated == 1)
        #expect(report.suppliersFailed.map(\.supplier.address) == [station.supplier(2)])
        #expect(report.suppliersFailed[0].reason.contains("no supplier is there"))
        #expect(try station.status().lossesTolerated == 1)
        station.deleteSupplier(0)
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }

    @Test func `with two of four suppliers missing there is no snapshot`() throws {
        let station = try Station()
        station.fillSource()
        for number in [1, 2] { station.deleteSupplier(number) }
        let failed = failure { try station.backup() }
        #expect(failed?.status == .tooFewSuppliers && failed?.status.rawValue == 13)
        #expect(failed?.message.contains("2 of 4") == true)
        #expect(try station.snapshots().isEmpty)
        #expect(try station.status().suppliers.allSatisfy { $0.fragmentCount == 0 })
    }

    @Test func `a missing supplier that comes back is used again`() throws {
        let station = try Station()
        station.fillSource()
        let away = station.scratch["away"]
        prepared(rename(station.supplier(2), away))
        #expect(try station.backup().status == .belowTarget)
        prepared(rename(away, station.supplier(2)))
        station.write("more", "more")
        #expect(try station.backup().status == .done)
        #expect(try station.status().lossesTolerated == 1)
        let repaired = try station.check(repairs: true)
        #expect(repaired.fragmentsRebuilt > 0 && repaired.lossesTolerated == 2)
        #expect(try station.status().lossesTolerated == 2)
    }

    @Test(.enabled(if: isRoot, "remounting takes root"))
    func `a supplier on a read-only disk gives back but takes nothing`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        station.write("more", "more")
        let path = station.supplier(1)
        let bind: UInt = 4096, remountReadOnly: UInt = 32 | 4096 | 1
        prepared(mount(path, path, nil, bind, nil), "mount")
        defer { prepared(umount2(path, 2)) }
        prepared(mount(nil, path, nil, remountReadOnly, nil), "remount")
        let report = try station.backup()
        #expect(report.status == .belowTarget)
        #expect(report.suppliersFailed.map(\.supplier.address) == [path])
        #expect(report.suppliersFailed[0].reason.contains("read-only"))
        for number in [0, 2] {
            prepared(rename(station.supplier(number), station.scratch["away\(number)"]))
        }
        // Suppliers 1 and 3 have all of the first snapshot.
        let first = try station.snapshots()[0].id
        #expect(try station.restore(snapshot: .prefix("\(first)")).status == .done)
    }

    @Test(.enabled(if: isRoot, "mounting takes root"))
    func `a supplier on a full disk is left out and four of them end the backup`() throws {
        let station = try Station(suppliers: 0)
        station.fillSource()
        let disks = (0..<4).map { station.scratch["disk\($0)"] }
        for disk in disks { Files.makeDirectory(disk) }
        defer { for disk in disks { _ = umount2(disk, 2) } }
        prepared(mount("tmpfs", disks[3], "tmpfs", 0, "size=6m"))
        let customer = try Customer.create(
            home: station.home, name: "test", deviceName: "station", adapters: station.adapters)
        _ = try customer.useSuppliers(disks.map { Array("\($0)/supplier".utf8) })
        customer.close()
        let report = try station.backup()
        #expect(report.status == .belowTarget && report.lossesTolerated == 1)
        #expect(report.suppliersFailed.map(\.supplier.address) == ["\(disks[3])/supplier"])
        // 6 MiB and less is within what is left free: nothing was written there.
        let reserve = "MiB free, and 64.0 MiB stay free"
        let reason = report.suppliersFailed[0].reason
        #expect(reason.hasPrefix("its disk has 5.") && reason.hasSuffix(reserve), "\(reason)")
        try station.restore()
        #expect(station.differences() == [])
        for disk in disks[..<3] {
            let kept = disk + ".kept"
            prepared(rename(disk, kept))
            Files.makeDirectory(disk)
            prepared(mount("tmpfs", disk, "tmpfs", 0, "size=6m"))
            run("/bin/cp", "-a", "\(kept)/supplier", disk)
        }
        station.write(SeededRandom(seed: 77).bytes(1 << 20), "more")
        let full = failure { try station.backup() }
        #expect(full?.status == .quotaExceeded && full?.code == "BD-NO-SPACE")
        #expect(full?.cause?.hasSuffix(reserve) == true, "\(full?.cause ?? "")")
        #expect(try station.snapshots().count == 1)
        try station.restore(to: "again")
        #expect(Files.length("\(station.scratch["again"])/more") == -1)
    }

    @Test func `a file where a supplier should be is no supplier`() throws {
        let station = try Station()
        Files.write("x", to: station.scratch["file"])
        let failed = failure {
            try station.with { _ = try $0.useSuppliers([station.scratch.bytes("file")]) }
        }
        #expect(failed?.code == "BD-SUPPLIER" && failed?.status == .cannotCreate)
    }

    @Test(arguments: ["1+0", "1+1", "2+1", "3+1", "8+12", "29+51", "1+40"])
    func `a scheme gives everything back with as many losses as it has parity`(
        _ text: String
    ) throws {
        let scheme = try #require(ErasureScheme(text))
        let station = try Station(suppliers: scheme.fragmentCount, memoryByteCount: 48 << 20)
        station.fillSource()
        station.write(SeededRandom(seed: 40).text(9 << 20), "long")
        let report = try station.backup { $0.redundancy = .scheme(scheme) }
        #expect(report.scheme == scheme && report.status == .done)
        #expect(report.lossesTolerated == scheme.parityCount)
        let random = SeededRandom(seed: 11)
        var numbers = Array(0..<scheme.fragmentCount)
        for _ in 0..<scheme.parityCount {
            station.deleteSupplier(numbers.remove(at: random.below(numbers.indices)))
        }
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
        station.deleteSupplier(numbers.removeFirst())
        // Among 29 data fragments some are nothing but padding: they are alike, and who holds one
        // makes up for who has lost another.
        let isSpare = scheme.dataCount == 29
        if isSpare { for number in numbers.dropFirst() { station.deleteSupplier(number) } }
        #expect(failure { try station.restore(to: "again") }?.status == .filesDamaged)
    }

    @Test func `more parity than suppliers is refused before anything is read`() throws {
        let station = try Station()
        station.write("x", "file")
        let failed = failure { try station.backup { $0.redundancy = .survive(4) } }
        #expect(failed?.code == "BD-TOO-FEW-SUPPLIERS")
        #expect(failed?.status == .tooFewSuppliers)
    }
}
