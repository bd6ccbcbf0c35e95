import Glibc
import Model
import Pipelines
import Placement
import Simulation
import Testing

@Suite struct RebuildTests {
    private static let hour: UInt64 = 3_600_000_000_000

    private func rebuild(
        _ station: Station, _ change: (inout RebuildRequest) -> Void = { _ in },
        _ before: (Customer) throws -> Void = { _ in }
    ) throws -> RebuildReport {
        var request = RebuildRequest()
        // Few audits where they are not what is tested.
        request.auditBytesPerDay = 4 * Limits.auditByteCount
        change(&request)
        return try station.with {
            try before($0)
            return try $0.rebuild(request, cancellation: Cancellation()) { _ in }
        }
    }

    private func health(_ station: Station) throws -> HealthReport {
        try station.with { try $0.health() }
    }

    private func filled() throws -> (Station, ManualTime) {
        let time = ManualTime()
        time.jump(days: 20_000)
        let station = try Station(time: time)
        station.fillSource()
        try station.backup()
        return (station, time)
    }

    @Test func `a whole backup is safe and a round finds nothing to do`() throws {
        let (station, _) = try filled()
        let health = try health(station)
        #expect(health.status == .done && health.lossesTolerated == 2 && health.blocksLost == 0)
        #expect(health.groups.map(\.kind) == [.catalog, .tree, .data])
        #expect(health.groups.allSatisfy { $0.stored == 4 * $0.blockCount && $0.spare == 0 })
        let report = try rebuild(station) { $0.auditBytesPerDay = Limits.auditBytesPerDay }
        #expect(report.fragmentsStored == 0 && report.fragmentsFoundLost == 0)
        #expect(report.auditsPassed > 100 && report.auditsFailed == 0)
        #expect(report.auditsUnanswered == 0 && report.bytesStored == 0)
    }

    @Test func `what a supplier lost is found by asking and rebuilt in place`() throws {
        let (station, _) = try filled()
        for number in [0, 1] {
            for path in station.segments(number) { prepared(truncate(path, 0)) }
        }
        let report = try rebuild(station)
        #expect(report.fragmentsFoundLost > 0)
        #expect(report.fragmentsStored == report.fragmentsFoundLost)
        #expect(report.health.status == .done && report.health.lossesTolerated == 2)
        for number in [2, 3] { station.deleteSupplier(number) }
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }

    @Test func `a silent supplier is waited for, then replaced, and counts when it returns`() throws
    {
        let (station, time) = try filled()
        let away = station.scratch["away"]
        prepared(rename(station.supplier(1), away))
        let fifth = station.scratch.bytes("supplier4")
        let early = try rebuild(station) { _ in
        } _: {
            _ = try $0.useSuppliers([fifth])
        }
        #expect(early.fragmentsStored == 0 && early.health.fragmentsDoubtful > 0)
        #expect(early.health.lossesTolerated == 1)
        for _ in 0..<2 {
            time.advance(nanoseconds: 10 * RebuildTests.hour)
            #expect(try rebuild(station).fragmentsStored == 0)
        }
        time.advance(nanoseconds: 5 * RebuildTests.hour)
        let late = try rebuild(station)
        let blockCount = late.health.groups.reduce(0) { $0 + $1.blockCount }
        #expect(late.fragmentsStored > 0 && late.health.status == .done)
        #expect(late.health.lossesTolerated == 2)
        #expect(late.health.groups.allSatisfy { $0.lost == 0 && $0.doubtful == 0 })
        // Everything can be read without the one that is gone and any two others.
        #expect(try station.restore().status == .done)
        // It comes back: its copies are spares, and nothing moves.
        prepared(rename(away, station.supplier(1)))
        let back = try rebuild(station)
        #expect(back.fragmentsStored == 0 && back.health.status == .done)
        let spares = back.health.groups.reduce(0) { $0 + $1.spare }
        #expect(spares > 0 && spares <= blockCount)
        // Its replacement goes for good: the spares count again and no byte moves for them.
        Files.remove(station.scratch["supplier4"])
        for _ in 0..<3 {
            time.advance(nanoseconds: 10 * RebuildTests.hour)
            _ = try rebuild(station)
        }
        time.advance(nanoseconds: 10 * RebuildTests.hour)
        let again = try rebuild(station)
        #expect(again.health.lossesTolerated == 2 && again.health.status == .done)
        #expect(try station.restore(to: "last").status == .done)
        #expect(station.differences(in: "last") == [])
    }

    @Test func `a dismissed supplier is emptied and then needed no more`() throws {
        let (station, _) = try filled()
        let fifth = station.scratch.bytes("supplier4")
        let report = try rebuild(station) { _ in
        } _: {
            _ = try $0.useSuppliers([fifth])
            try $0.setLeaving(true, $0.supplier(named: station.supplier(2)).id)
        }
        #expect(report.fragmentsCopied > 0 && report.fragmentsCopied == report.fragmentsStored)
        #expect(report.health.status == .done && report.health.lossesTolerated == 2)
        for number in [2, 3] { station.deleteSupplier(number) }
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
        #expect(
            failure { try station.with { _ = try $0.supplier(named: "zz") } }?.code
                == "BD-SUPPLIER-UNKNOWN")
    }

    @Test func `a machine that recovers finds fragments where they were moved`() throws {
        let (station, time) = try filled()
        try station.with {
            try $0.saveKeyFile(
                to: station.scratch.bytes("key"), passphrase: nil, keepsRoot: false)
        }
        station.deleteSupplier(0)
        let fifth = station.scratch.bytes("supplier4")
        let report = try rebuild(station) {
            $0.grace = 0
        } _: {
            _ = try $0.useSuppliers([fifth])
        }
        _ = time
        #expect(report.fragmentsStored > 0 && report.health.status == .done)
        Files.remove(station.scratch["home"])
        station.deleteSupplier(3)
        let directories = [1, 2].map { station.scratch.bytes("supplier\($0)") } + [fifth]
        let (customer, recovery) = try Customer.recover(
            home: station.home, keyFile: station.scratch.bytes("key"),
            supplierDirectories: directories, deviceName: "new", adapters: station.adapters
        ) { [] }
        customer.close()
        #expect(recovery.snapshots.count == 1)
        // Two of the old four and the new one: without the moves one fragment would be left of
        // some.
        station.deleteSupplier(1)
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }

    @Test func `a rebuild hides no snapshot that another machine has stored since`() throws {
        let (station, _) = try filled()
        try station.with {
            try $0.saveKeyFile(
                to: station.scratch.bytes("key"), passphrase: nil, keepsRoot: false)
        }
        let directories = (0..<4).map { station.scratch.bytes("supplier\($0)") }
        func recover(_ name: String) throws -> (Customer, RecoveryReport) {
            try Customer.recover(
                home: Home(path: station.scratch.bytes(name)),
                keyFile: station.scratch.bytes("key"), supplierDirectories: directories,
                deviceName: name, adapters: station.adapters
            ) { [] }
        }
        let (other, _) = try recover("other")
        station.write("from another machine", "other")
        var request = BackupRequest(paths: [Array(station.source.utf8)])
        request.setName = "other"
        _ = try other.backup(request, cancellation: Cancellation()) { _ in }
        other.close()
        for path in station.segments(2) { prepared(truncate(path, 0)) }
        let fifth = station.scratch.bytes("supplier4")
        let report = try rebuild(station) { _ in
        } _: {
            _ = try $0.useSuppliers([fifth])
            try $0.setLeaving(true, $0.supplier(named: station.supplier(3)).id)
        }
        #expect(report.fragmentsStored > 0 && report.health.status == .done)
        #expect(try station.snapshots().count == 2)
        let (third, recovery) = try recover("third")
        third.close()
        #expect(recovery.snapshots.count == 2)
    }

    @Test func `what is lost is said, what can be kept is kept, and it goes on when one returns`()
        throws
    {
        let (station, time) = try filled()
        for number in [1, 2, 3] {
            prepared(rename(station.supplier(number), station.scratch["away\(number)"]))
        }
        let gone = try rebuild(station) { $0.grace = 0 }
        #expect(gone.fragmentsStored == 0 && gone.health.status == .filesDamaged)
        #expect(gone.health.blocksLost > 0 && gone.health.lossesTolerated == -1)
        let fifth = station.scratch.bytes("supplier4")
        prepared(rename(station.scratch["away2"], station.supplier(2)))
        time.advance(nanoseconds: RebuildTests.hour)
        let back = try rebuild(station) {
            $0.grace = 0
        } _: {
            _ = try $0.useSuppliers([fifth])
        }
        #expect(back.fragmentsStored > 0 && back.health.blocksLost == 0)
        #expect(back.health.lossesTolerated == 1)
        station.deleteSupplier(0)
        #expect(try station.restore().status == .done)
    }

    @Test func `a jump of the clock makes nobody gone`() throws {
        let (station, time) = try filled()
        _ = try rebuild(station)
        prepared(rename(station.supplier(1), station.scratch["away"]))
        let fifth = station.scratch.bytes("supplier4")
        _ = try rebuild(station) { _ in
        } _: {
            _ = try $0.useSuppliers([fifth])
        }
        time.jump(days: 365)
        #expect(try rebuild(station).health.groups.allSatisfy { $0.doubtful > 0 && $0.lost == 0 })
        time.jump(days: -700)
        #expect(try rebuild(station).fragmentsStored == 0)
    }

    @Test func `bytes that went bad are found by audits alone`() throws {
        let (station, time) = try filled()
        for path in station.segments(2) {
            guard var bytes = Files.read(path) else { continue }
            for offset in stride(from: bytes.count / 2, to: bytes.count, by: 1024) {
                bytes[offset] ^= 4
            }
            Files.write(bytes, to: path)
        }
        var found = 0
        for _ in 0..<8 {
            time.advance(days: 1)
            found += try rebuild(station) {
                $0.auditBytesPerDay = Limits.auditBytesPerDay
            }.auditsFailed
        }
        #expect(found > 0)
        let read = try station.check(readsData: true)
        #expect(read.fragmentsDamaged + read.fragmentsMissing == 0, "all was found and rebuilt")
    }

    @Test func `another scheme is taken step by step and nothing is less safe in between`() throws {
        let (station, _) = try filled()
        try station.with {
            _ = try $0.useSuppliers((4..<6).map { station.scratch.bytes("supplier\($0)") })
        }
        let scheme = try #require(ErasureScheme("2+4"))
        // Stopped after the first blocks: both codings are there, and all of it can be read.
        let cancellation = Cancellation()
        #expect(throws: CancelledError.self) {
            _ = try station.with {
                try $0.reshape(.scheme(scheme), cancellation: cancellation) { done, _ in
                    if done == 2 { cancellation.cancel() }
                }
            }
        }
        let between = try health(station)
        #expect(Set(between.groups.map(\.scheme)).count == 2 && between.lossesTolerated == 2)
        #expect(try station.restore(to: "between").status == .done)
        let report = try station.with {
            try $0.reshape(.scheme(scheme), cancellation: Cancellation()) { _, _ in }
        }
        #expect(report.blocksReshaped > 0 && report.blocksSame >= 2 && report.blocksLeft == 0)
        #expect(report.fragmentsRetired >= 4 * (report.blocksReshaped + 2))
        let health = try health(station)
        #expect(health.status == .done && health.lossesTolerated == 4)
        #expect(health.groups.allSatisfy { $0.scheme == scheme })
        let again = try station.with {
            try $0.reshape(.scheme(scheme), cancellation: Cancellation()) { _, _ in }
        }
        #expect(again.blocksReshaped == 0 && again.bytesStored == 0)
        for number in [0, 1, 2, 5] { Files.remove(station.scratch["supplier\(number)"]) }
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }

    @Test func `a block that cannot be stored by the new scheme keeps its old fragments`() throws {
        let (station, _) = try filled()
        let scheme = try #require(ErasureScheme("3+1"))
        station.deleteSupplier(0)
        let few = failure {
            try station.with {
                _ = try $0.reshape(.scheme(scheme), cancellation: Cancellation()) { _, _ in }
            }
        }
        #expect(few?.code == "BD-TOO-FEW-SUPPLIERS")
        #expect(try health(station).lossesTolerated == 1)
    }

    @Test func `a round in the background gives way to a command`() throws {
        let (station, _) = try filled()
        let background = try Customer.open(
            home: station.home, adapters: station.adapters, isBackground: true)
        #expect(!background.isWanted)
        let command = WorkerThread {
            _ = try? station.status()
        }
        while !background.isWanted { sched_yield() }
        background.close()
        command.join()
        // Who does not give way is not waited for.
        let other = try Customer.open(home: station.home, adapters: station.adapters)
        #expect(failure { _ = try station.status() }?.code == "BD-BUSY")
        other.close()
    }
}
