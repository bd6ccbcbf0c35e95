import Foundation
import Model
import Networking
import Pipelines
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// Suppliers whom nobody can dial, behind a router that cannot be trusted and one that can.
@Suite(.serialized) struct ThreatA4HostileRouterTests {
    /// Where the suppliers wait, the hostile router first.
    private struct KnownRouters: NodeLookup {
        let routers: [Endpoint]

        func endpoints(of user: UserID) async -> [Endpoint] { [] }
        func routers(of user: UserID) async -> [Endpoint] { routers }
    }

    private struct Place {
        let station: NetworkStation
        let hostile: HostileRouter
        let honest: HostileRouter

        init(_ fault: HostileRouter.Fault, behind offset: Int) async throws {
            station = try await NetworkStation(suppliers: 3)
            hostile = try await HostileRouter(fault, behind: offset, threads: station.threads)
            honest = try await HostileRouter(.none, behind: 0, threads: station.threads)
            for node in station.nodes { await node.hide(at: [hostile.endpoint, honest.endpoint]) }
        }

        var lookup: some NodeLookup {
            KnownRouters(routers: [hostile.endpoint, honest.endpoint])
        }

        func end() async {
            for node in station.nodes { await node.stop() }
            await hostile.close()
            await honest.close()
            await station.end()
        }
    }

    @Test(arguments: [HostileRouter.Fault.flip, .swap, .drop, .cut])
    func `what a router damages goes another way, and nothing wrong is stored`(
        _ fault: HostileRouter.Fault
    ) async throws {
        let place = try await Place(fault, behind: 200_000)
        let station = place.station
        try station.fill()
        try await station.hireAll(lookup: place.lookup)
        let report = try await station.backup(lookup: place.lookup)
        #expect(place.hostile.faultCount > 0)
        #expect(place.honest.movedByteCount > 1_000_000)
        #expect(report.suppliersFailed.isEmpty)
        #expect(report.lossesTolerated == 1)
        let before = place.hostile.faultCount
        let restored = try await station.restore(lookup: place.lookup)
        #expect(place.hostile.faultCount > before)
        #expect(restored.problems.isEmpty)
        #expect(
            try NetworkStation.files(station.source)
                == NetworkStation.files("\(station.path)/target"))
        // Nothing that is stored is other than it should be.
        let home = station.home()
        let check = try await station.command(lookup: place.lookup) { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            return try customer.check(
                readsData: true, repairs: false, cancellation: Cancellation()
            ) { _, _ in }
        }
        #expect(check.status == .done && check.fragmentsChecked > 0, "\(check)")
        await place.end()
    }

    @Test func `a router that keeps the bytes is left for another one`() async throws {
        let place = try await Place(.hold, behind: 100_000)
        let station = place.station
        let node = station.nodes[0]
        let (adapters, network) = station.adapters(lookup: place.lookup)
        let customer = try StoreCustomer(seed: 1)
        let caller = SupplierCaller(
            certificate: customer.certificate, device: customer.device)
        let uploads = try (0..<24).map { try customer.upload(seed: $0, pageCount: 16) }
        let address = node.address
        let (lost, kept) = try await onThread {
            let way = try adapters.suppliers.connect(to: address, as: caller, creates: false)
            let time = HastyTime()
            let store = RemoteFragmentStore(
                supplier: way.supplier, user: customer.owner, channel: way.channel, time: time)
            try store.admit(customer.contract(quota: 8 << 20, with: way.supplier))
            var (lost, kept) = (0, 0)
            for upload in uploads {
                do {
                    kept += try store.put([upload]).count
                } catch {
                    lost += 1
                    // The second attempt goes another way.
                    kept += try store.put([upload]).count
                }
            }
            return (lost, kept)
        }
        #expect(lost == 1 && kept == uploads.count)
        #expect(place.hostile.faultCount > 0 && place.honest.movedByteCount > 1_000_000)
        await network.close()
        await place.end()
    }

    /// Each request takes two ways there and back, of four seconds: nobody is called silent for it.
    @Test func `a router that passes everything on two seconds late is only slow`() async throws {
        let place = try await Place(.delay, behind: 100_000)
        let lookup = KnownRouters(routers: [place.hostile.endpoint])
        let (adapters, network) = place.station.adapters(lookup: lookup)
        let customer = try StoreCustomer(seed: 1)
        let caller = SupplierCaller(
            certificate: customer.certificate, device: customer.device)
        let uploads = try (0..<3).map { try customer.upload(seed: $0, pageCount: 32) }
        let address = place.station.nodes[0].address
        let kept = try await onThread {
            let way = try adapters.suppliers.connect(to: address, as: caller, creates: false)
            let store = RemoteFragmentStore(
                supplier: way.supplier, user: customer.owner, channel: way.channel,
                time: SystemTime())
            try store.admit(customer.contract(quota: 8 << 20, with: way.supplier))
            return try uploads.map { try store.put([$0]).count }
        }
        #expect(kept == [1, 1, 1])
        #expect(place.hostile.faultCount > 0)
        await network.close()
        await place.end()
    }

    @Test func `the only router there is, and it cannot be trusted: that is said`() async throws {
        let place = try await Place(.flip, behind: 100_000)
        let station = place.station
        try station.fill()
        let lookup = KnownRouters(routers: [place.hostile.endpoint])
        try await station.hireAll(lookup: lookup)
        await #expect {
            _ = try await station.backup(lookup: lookup)
        } throws: { error in
            "\(error)".contains("the connection by router \(place.hostile.endpoint) ended")
        }
        // With another one the backup goes on where it was.
        let (report, rebuilt) = try await station.backupAndRebuild(lookup: place.lookup)
        #expect(report.suppliersFailed.isEmpty)
        #expect(rebuilt.health.word == "safe")
        await place.end()
    }
}

/// A clock by which every request has a second.
private struct HastyTime: TimeSource {
    var now: Timestamp { SystemTime().now }
    var uptime: UInt64 { SystemTime().uptime &+ 1_000_000_000 &- Limits.requestTime }
}
