import Glibc
import Model
import Pipelines
import Placement
import Simulation
import Suppliers
import Testing

/// Suppliers that make a rebuild hard in ways of their own.
@Suite struct TroubledRebuildTests {
    /// Gives back every fragment as it is, and answers audits with other bytes.
    private final class AuditFailer: RequestChannel {
        private let honest: any RequestChannel
        private let liar: LyingSupplier

        init(_ honest: any RequestChannel) {
            self.honest = honest
            liar = LyingSupplier(.bitFlip, before: honest)
        }

        var payloadByteCountMax: Int { honest.payloadByteCountMax }
        func close() { honest.close() }

        func exchange(
            _ request: ChannelRequest, into target: UnsafeMutableRawBufferPointer?
        ) throws(ChannelError) -> ChannelAnswer {
            guard case .audit? = try? SupplierRequest(request.header).call else {
                return try honest.exchange(request, into: target)
            }
            return try liar.exchange(request, into: target)
        }
    }

    private struct Network: SupplierConnector {
        let honest: any SupplierConnector
        let failer: String

        func connect(
            to address: String, as caller: SupplierCaller, creates: Bool
        ) throws -> SupplierConnection {
            let way = try honest.connect(to: address, as: caller, creates: creates)
            guard address == failer else { return way }
            return SupplierConnection(
                supplier: way.supplier, channel: AuditFailer(way.channel))
        }
    }

    private func filled() throws -> (Station, ManualTime) {
        let time = ManualTime()
        time.jump(days: 20_000)
        let station = try Station(time: time)
        station.fillSource()
        try station.backup()
        return (station, time)
    }

    @Test func `who serves and fails audits is emptied`() throws {
        let (station, time) = try filled()
        var adapters = station.adapters
        adapters.suppliers = Network(honest: adapters.suppliers, failer: station.supplier(1))
        let fifth = station.scratch.bytes("supplier4")
        var last = RebuildReport()
        for _ in 0..<4 {
            time.advance(days: 1)
            let customer = try Customer.open(home: station.home, adapters: adapters)
            defer { customer.close() }
            _ = try customer.useSuppliers([fifth])
            last = try customer.rebuild(RebuildRequest(), cancellation: Cancellation()) { _ in }
        }
        let failer = try #require(
            last.health.suppliers.first { $0.record.address == station.supplier(1) })
        #expect(failer.view.isDistrusted && failer.score.value < 0.9)
        #expect(last.health.word == "safe", "what it held is with the fifth")
        for number in [1, 2] { station.deleteSupplier(number) }
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }

    @Test func `a supplier is replaced twice in an hour, and both come back`() throws {
        let (station, time) = try filled()
        var request = RebuildRequest()
        request.grace = 0
        request.auditBytesPerDay = 0
        func round(adding number: Int?) throws -> RebuildReport {
            time.advance(nanoseconds: 1_200_000_000_000)
            return try station.with { customer in
                if let number {
                    _ = try customer.useSuppliers([station.scratch.bytes("supplier\(number)")])
                }
                return try customer.rebuild(request, cancellation: Cancellation()) { _ in }
            }
        }
        prepared(rename(station.supplier(1), station.scratch["away1"]))
        let first = try round(adding: 4)
        prepared(rename(station.scratch["supplier4"], station.scratch["away4"]))
        let second = try round(adding: 5)
        #expect(first.fragmentsStored > 0 && second.fragmentsStored >= first.fragmentsStored)
        #expect(second.health.word == "safe")
        prepared(rename(station.scratch["away1"], station.supplier(1)))
        prepared(rename(station.scratch["away4"], station.scratch["supplier4"]))
        let both = try round(adding: nil)
        #expect(both.fragmentsStored == 0 && both.fragmentsAdopted == 0, "nothing moves to and fro")
        // Each round that moved something stored a catalog block of its own, which is newer.
        let old = both.health.groups.filter { $0.kind != .catalog }
        #expect(old.allSatisfy { $0.spare == 2 * $0.blockCount })
        // What was rebuilt last goes for good: a copy of before counts again, and no byte moves.
        Files.remove(station.scratch["supplier5"])
        let third = try round(adding: nil)
        let newBlocks = third.health.groups.filter { $0.kind == .catalog }.map(\.blockCount)
        #expect(third.fragmentsAdopted >= old.reduce(0) { $0 + $1.blockCount })
        #expect(third.fragmentsStored <= newBlocks.reduce(0, +))
        #expect(third.health.word == "safe")
        for number in [0, 2] { station.deleteSupplier(number) }
        #expect(try station.restore().status == .done)
        #expect(station.differences() == [])
    }
}
