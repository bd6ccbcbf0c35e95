import Model
import Pipelines
import Simulation
import Suppliers
import Synchronization
import Testing

/// Suppliers that stop answering in the middle of a backup, and come back, or do not.
@Suite struct InterruptedSupplierTests {
    private static let long: UInt64 = 600_000_000_000

    private func filled() throws -> Station {
        let station = try Station()
        let random = SeededRandom(seed: 7)
        for number in 0..<24 { station.write(random.bytes(1_000_000), "\(number)") }
        return station
    }

    private func expectWhole(_ station: Station, _ report: BackupReport) throws {
        #expect(report.status == .done)
        #expect(report.suppliersFailed.isEmpty)
        #expect(report.lossesTolerated == 2)
        let check = try station.check()
        #expect(check.fragmentsMissing == 0 && check.lossesTolerated == 2)
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }

    @Test func `a supplier that is back soon gets all of its fragments`() throws {
        let station = try filled()
        let victim = station.supplier(1)
        let puts = Mutex(0)
        let adapters = station.adapters(patience: .patience(hold: InterruptedSupplierTests.long)) {
            address, call throws(ChannelError) in
            guard address == victim, call.code == .put else { return }
            let count = puts.withLock { puts in
                puts += 1
                return puts
            }
            if (2...6).contains(count) { throw .unreachable(reason: "cut") }
        }
        let report = try station.backup(adapters)
        #expect(puts.withLock { $0 } > 6)
        try expectWhole(station, report)
    }

    @Test func `one that is back when the others are done is caught up with`() throws {
        let station = try filled()
        let victim = station.supplier(2)
        let isDown = Mutex(true)
        let adapters = station.adapters(patience: .patience(hold: 0)) {
            address, call throws(ChannelError) in
            guard address == victim else { return }
            // Asked when nothing is left but waiting.
            if call.code == .usage { isDown.withLock { $0 = false } }
            if call.code == .put, isDown.withLock({ $0 }) { throw .timedOut }
        }
        let report = try station.backup(adapters)
        #expect(isDown.withLock { !$0 })
        try expectWhole(station, report)
    }

    @Test func `one that stays away is left out, and told`() throws {
        let station = try filled()
        let victim = station.supplier(0)
        let adapters = station.adapters(patience: .patience(hold: 0)) {
            address, call throws(ChannelError) in
            if address == victim, [.put, .usage].contains(call.code) {
                throw .unreachable(reason: "gone")
            }
        }
        let report = try station.backup(adapters)
        #expect(report.status == .belowTarget)
        #expect(report.suppliersFailed.map(\.supplier.address) == [victim])
        #expect(report.lossesTolerated == 1)
        station.deleteSupplier(3)
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }

    @Test func `a network that is gone for a while stops nothing for good`() throws {
        let station = try filled()
        let puts = Mutex(0)
        // No supplier holds up the others, but too few are no use.
        let adapters = station.adapters(patience: .patience(hold: 0)) {
            _, call throws(ChannelError) in
            guard call.code == .put else { return }
            let count = puts.withLock { puts in
                puts += 1
                return puts
            }
            if (5...40).contains(count) { throw .unreachable(reason: "no network") }
        }
        let report = try station.backup(adapters)
        #expect(puts.withLock { $0 } > 40)
        try expectWhole(station, report)
    }

    @Test func `waiting for the network ends when it is asked to`() throws {
        let station = try filled()
        let cancellation = Cancellation()
        let adapters = station.adapters(patience: .patience(hold: 0)) {
            _, call throws(ChannelError) in
            guard call.code == .put else { return }
            cancellation.cancel()
            throw .unreachable(reason: "no network")
        }
        #expect(throws: (any Error).self) {
            try station.backup(adapters, cancellation: cancellation)
        }
    }

    @Test func `without patience a lost network is told with what to do`() throws {
        let station = try filled()
        let adapters = station.adapters(patience: .none) { _, call throws(ChannelError) in
            if call.code == .put { throw .unreachable(reason: "no network") }
        }
        let failure = failure { _ = try station.backup(adapters) }
        #expect(failure?.code == "BD-TOO-FEW-SUPPLIERS")
        #expect(failure?.remedy?.contains("run the backup again") == true)
        // The next run goes on.
        try expectWhole(station, try station.backup())
    }

    @Test func `one that takes nothing holds up the others, and memory stays what it is`() throws {
        let station = try filled()
        let victim = station.supplier(3)
        let blockCountMax = 4
        let gate = PutGate(suppliers: (0..<4).map { station.supplier($0) })
        let adapters = station.adapters(patience: .patience(hold: 0)) {
            address, call throws(ChannelError) in
            guard case .put(let headers) = call else { return }
            gate.begin(headers.count, at: address, waits: address == victim, until: 2)
        }
        let report = try station.backup(adapters)
        // As far ahead as there are stripes, three, and one that is on its way to its pool.
        #expect((2...blockCountMax).contains(gate.aheadMax))
        try expectWhole(station, report)
    }

    /// Counts fragments that were sent, and lets one supplier take its first when others are ahead.
    private final class PutGate: Sendable {
        private let counts: Mutex<(sent: [String: Int], aheadMax: Int)>

        init(suppliers: [String]) {
            counts = Mutex(
                (Dictionary(uniqueKeysWithValues: suppliers.map { ($0, 0) }), 0))
        }

        var aheadMax: Int { counts.withLock { $0.aheadMax } }

        func begin(_ count: Int, at address: String, waits: Bool, until lead: Int) {
            while waits, counts.withLock({ ($0.sent.values.max() ?? 0) < lead }) {
                SystemPause.pause(nanoseconds: 100_000)
            }
            counts.withLock { counts in
                counts.sent[address, default: 0] += count
                let most = counts.sent.values.max() ?? 0
                let least = counts.sent.values.min() ?? 0
                counts.aheadMax = max(counts.aheadMax, most - least)
            }
        }
    }

    @Test func `a built-in network that was begun is completed`() throws {
        let station = try Station(suppliers: 0)
        try Customer.create(
            home: station.home, name: "test", deviceName: "station", adapters: station.adapters
        ).close()
        let paths = (1...4).map { station.scratch.bytes("home/suppliers/\($0)") }
        _ = try station.with { try $0.useSuppliers(Array(paths.prefix(2))) }
        #expect(try station.with { try $0.useSuppliers(nil).records.count } == 4)
        #expect(try station.with { try $0.useSuppliers(nil).records.count } == 4)
        let other = station.scratch.bytes("other")
        #expect(try station.with { try $0.useSuppliers([other]).records.count } == 5)
    }

    @Test func `suppliers that were named are not joined by built-in ones`() throws {
        let station = try Station(suppliers: 2)
        #expect(try station.with { try $0.useSuppliers(nil).records.count } == 2)
    }
}
