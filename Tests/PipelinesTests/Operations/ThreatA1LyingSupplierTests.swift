import Model
import Pipelines
import Simulation
import Suppliers
import Testing

/// Threat A1: one of four suppliers lies, in each of the twelve ways, and everything comes back.
@Suite struct ThreatA1LyingSupplierTests {
    /// Reaches one supplier through a liar.
    private struct LyingNetwork: SupplierConnector {
        let honest: any SupplierConnector
        let lie: Lie
        let liar: String

        func connect(
            to address: String, as caller: SupplierCaller, creates: Bool
        ) throws -> SupplierConnection {
            let way = try honest.connect(to: address, as: caller, creates: creates)
            guard address == liar else { return way }
            return SupplierConnection(
                supplier: way.supplier, channel: LyingSupplier(lie, before: way.channel))
        }
    }

    @Test(arguments: Lie.allCases)
    func `a backup with a liar among four is restored exactly`(_ lie: Lie) throws {
        let station = try Station()
        station.fillSource()
        var adapters = station.adapters
        adapters.suppliers = LyingNetwork(
            honest: adapters.suppliers, lie: lie, liar: station.supplier(1))
        func with<Result>(_ body: (Customer) throws -> Result) throws -> Result {
            let customer = try Customer.open(home: station.home, adapters: adapters)
            defer { customer.close() }
            return try body(customer)
        }
        let request = BackupRequest(paths: [Array(station.source.utf8)])
        _ = try with { try $0.backup(request, cancellation: Cancellation()) { _ in } }
        let restore = RestoreRequest(
            snapshot: .latest(setName: nil), target: station.scratch.bytes("target"))
        let report = try with { try $0.restore(restore, cancellation: Cancellation()) { _ in } }
        #expect(report.status == .done, "\(lie)")
        #expect(station.differences() == [], "\(lie)")
        _ = try with {
            try $0.check(readsData: true, repairs: false, cancellation: Cancellation()) { _, _ in }
        }
        // What the liar has kept from the other three is enough as well.
        station.deleteSupplier(1)
        #expect(try station.restore(to: "again").status == .done, "\(lie)")
        #expect(station.differences(in: "again") == [], "\(lie)")
    }

    @Test(arguments: Lie.allCases)
    func `a supplier that begins to lie later changes nothing that comes back`(_ lie: Lie) throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        for number in [0, 2] {
            var adapters = station.adapters
            adapters.suppliers = LyingNetwork(
                honest: adapters.suppliers, lie: lie, liar: station.supplier(number))
            let customer = try Customer.open(home: station.home, adapters: adapters)
            defer { customer.close() }
            let restore = RestoreRequest(
                snapshot: .latest(setName: nil),
                target: station.scratch.bytes("target\(number)"))
            let report = try customer.restore(restore, cancellation: Cancellation()) { _ in }
            #expect(report.status == .done, "\(lie)")
            #expect(station.differences(in: "target\(number)") == [], "\(lie)")
        }
    }

    /// Lies that keep from us what the supplier holds, and that audits or reads show.
    @Test(arguments: [Lie.bitFlip, .swapFragments, .truncate, .answerAuditsOnly])
    func `what a liar holds is moved to an honest supplier`(_ lie: Lie) throws {
        let time = ManualTime()
        time.jump(days: 20_000)
        let station = try Station(time: time)
        station.fillSource()
        try station.backup()
        var adapters = station.adapters
        adapters.suppliers = LyingNetwork(
            honest: adapters.suppliers, lie: lie, liar: station.supplier(1))
        let fifth = station.scratch.bytes("supplier4")
        for _ in 0..<4 {
            time.advance(days: 1)
            let customer = try Customer.open(home: station.home, adapters: adapters)
            defer { customer.close() }
            _ = try customer.useSuppliers([fifth])
            var request = RebuildRequest()
            request.grace = 0
            _ = try customer.rebuild(request, cancellation: Cancellation()) { _ in }
        }
        // Without the liar any two of the others are enough.
        for number in [0, 1, 2] { Files.remove(station.scratch["supplier\(number)"]) }
        #expect(try station.restore().status == .done, "\(lie)")
        #expect(station.differences() == [], "\(lie)")
    }
}
