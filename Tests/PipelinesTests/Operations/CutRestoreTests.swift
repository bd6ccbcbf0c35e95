import Model
import Pipelines
import Simulation
import Suppliers
import Synchronization
import Testing

/// Suppliers that stop answering in the middle of a restore, and come back, or do not.
@Suite struct CutRestoreTests {
    private func stored() throws -> Station {
        let station = try Station()
        let random = SeededRandom(seed: 8)
        for number in 0..<12 { station.write(random.bytes(1_500_000), "\(number)") }
        try station.backup()
        return station
    }

    private func restore(
        _ station: Station, _ adapters: Adapters, cancellation: Cancellation = Cancellation(),
        progress: @escaping @Sendable (RestoreProgress) -> Void = { _ in },
        waiting: @escaping @Sendable (SupplierWait) -> Void = { _ in }
    ) throws -> RestoreReport {
        try station.with(adapters) {
            try $0.restore(
                RestoreRequest(
                    snapshot: .latest(setName: nil), target: Array(station.target.utf8)),
                cancellation: cancellation, progress: progress, waiting: waiting)
        }
    }

    @Test func `a network that is gone for a while costs a restore no file`() throws {
        let station = try stored()
        let gets = Mutex(0)
        let adapters = station.adapters(patience: .patience(hold: 0)) {
            _, call throws(ChannelError) in
            guard [.get, .has].contains(call.code) else { return }
            let count = gets.withLock { gets in
                gets += 1
                return gets
            }
            if (6...60).contains(count) { throw .unreachable(reason: "no network") }
        }
        let online = Mutex<Set<Int>>([])
        let waits = Mutex<[SupplierWait]>([])
        let report = try restore(
            station, adapters,
            progress: { progress in
                online.withLock { _ = $0.insert(progress.suppliersOnline) }
            }, waiting: { wait in waits.withLock { $0.append(wait) } })
        #expect(gets.withLock { $0 } > 60)
        #expect(report.status == .done && report.problems.isEmpty)
        #expect(station.differences() == [])
        // Nobody has lost anything, it was seen that nobody answered, and all are back.
        #expect(report.fragmentsHealed.isEmpty && report.suppliersAway.isEmpty)
        #expect(online.withLock { $0 }.isSuperset(of: [0, 4]))
        #expect(waits.withLock { $0 }.allSatisfy { !$0.suppliers.isEmpty })
        #expect(waits.withLock { !$0.isEmpty })
    }

    @Test(arguments: [1...1, 1...Int.max])
    func `a supplier is away at the end only when it has not come back`(
        cut: ClosedRange<Int>
    ) throws {
        let station = try stored()
        let gets = Mutex(0)
        let adapters = station.adapters(patience: .none) { address, call throws(ChannelError) in
            guard [.get, .has].contains(call.code), address == station.supplier(0) else { return }
            let count = gets.withLock { gets in
                gets += 1
                return gets
            }
            if cut.contains(count) { throw .unreachable(reason: "away") }
        }
        let report = try restore(station, adapters)
        #expect(report.status == .done && station.differences() == [])
        // The others were enough: nobody has asked it again before the end.
        let away = report.suppliersAway.map(\.supplier.address)
        #expect(away == (cut.upperBound == .max ? [station.supplier(0)] : []))
    }

    @Test func `files that could not be had are not called lost, and come with the next run`()
        throws
    {
        let station = try stored()
        let gets = Mutex(0)
        // Trees come first; then nobody answers any more, and nobody waits.
        let adapters = station.adapters(patience: .none) { _, call throws(ChannelError) in
            guard [.get, .has].contains(call.code) else { return }
            let count = gets.withLock { gets in
                gets += 1
                return gets
            }
            if count > 6 { throw .timedOut }
        }
        let report = try restore(station, adapters)
        #expect(report.status == .tooFewSuppliers)
        #expect(!report.problems.isEmpty && report.filesAway == report.problems.count)
        #expect(report.problems.allSatisfy { $0.reason.contains("do not answer") })
        #expect(report.fragmentsHealed.isEmpty && !report.suppliersAway.isEmpty)
        let second = try restore(station, station.adapters)
        #expect(second.status == .done && station.differences() == [])
    }

    @Test func `when the tree itself is out of reach it is said who is missing`() throws {
        let station = try stored()
        let adapters = station.adapters(patience: .none) { _, call throws(ChannelError) in
            if [.get, .has].contains(call.code) { throw .timedOut }
        }
        let failure = failure { _ = try restore(station, adapters) }
        #expect(failure?.code == "BD-SUPPLIERS-AWAY" && failure?.status == .tooFewSuppliers)
    }

    @Test func `a block that is lost is not waited for, whoever is away`() throws {
        let station = try stored()
        let isStored = Mutex(false)
        // Three have it no more: the fourth, who is away, would not be enough.
        let adapters = station.adapters(patience: .patience(hold: 0)) {
            address, call throws(ChannelError) in
            guard [.get, .has].contains(call.code) else { return }
            isStored.withLock { $0 = true }
            if address == station.supplier(3) { throw .unreachable(reason: "away") }
        }
        for number in 0..<3 {
            for path in station.segments(number) { Files.remove(path) }
        }
        let failure = failure { _ = try restore(station, adapters) }
        #expect(isStored.withLock { $0 } && failure?.code == "BD-DATA-LOST")
    }

    @Test func `waiting for the network ends when it is asked to`() throws {
        let station = try stored()
        let cancellation = Cancellation()
        let adapters = station.adapters(patience: .patience(hold: 0)) {
            _, call throws(ChannelError) in
            guard [.get, .has].contains(call.code) else { return }
            cancellation.cancel()
            throw .unreachable(reason: "no network")
        }
        #expect(throws: CancelledError.self) {
            try restore(station, adapters, cancellation: cancellation)
        }
    }
}
