import Foundation
import Model
import Pipelines
import Placement
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// Clocks that are a day or a year off: nothing is lost, nobody is locked out, and it is told.
@Suite(.serialized) struct WrongClockTests {
    private func expectRestored(_ station: NetworkStation, from home: String = "home") async throws
    {
        let restored = try await station.restore(from: home)
        #expect(restored.problems.isEmpty)
        let target = "\(station.path)/target"
        #expect(
            try NetworkStation.files(station.source) == NetworkStation.files(target))
        try FileManager.default.removeItem(atPath: target)
    }

    private func clocks(_ station: NetworkStation) async throws -> ClockReview {
        let home = station.home()
        return try await station.command { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            return ClockReview(
                Dictionary(
                    uniqueKeysWithValues: try customer.family().map {
                        ($0.record.id, $0.clockAhead ?? .max)
                    }))
        }
    }

    @Test func `suppliers whose clocks are off keep everything, and are named`() async throws {
        let station = try await NetworkStation(suppliers: 6, clocks: [365, -365, 1, 0, 0, 0])
        try station.fill(fileCount: 4)
        try await station.hireAll()
        #expect(try await station.backup().lossesTolerated == 3)
        let review = try await clocks(station)
        #expect(review.own == nil)
        let days = Dictionary(
            uniqueKeysWithValues: review.wrong.map { ($0, Int(($1 + 43_200) / 86_400)) })
        let nodes = station.nodes.map(\.supplier)
        #expect(days[nodes[0]] == 365 && days[nodes[2]] == 1)
        // Rounded towards nothing.
        #expect(days[nodes[1]].map { (-365 ... -364).contains($0) } == true)
        #expect(days.count == 3)
        let home = station.home()
        let rounds = try await station.command { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            return try (0..<2).map { _ in
                try customer.rebuild(RebuildRequest(), cancellation: Cancellation()) { _ in }
            }
        }
        for round in rounds {
            #expect(round.fragmentsStored == 0 && round.health.blocksLost == 0)
        }
        // Those that are right are gone: what is left has three kinds of wrong clocks.
        for node in station.nodes.suffix(3) { await node.stop() }
        try await expectRestored(station)
        await station.end()
    }

    @Test(arguments: [-365, -1, 1, 365])
    func `a customer whose clock is off backs up, and hears of it`(_ days: Int) async throws {
        let station = try await NetworkStation(suppliers: 3)
        try station.fill(fileCount: 2)
        try await station.hireAll()
        _ = try await station.backup()
        station.clock.days.withLock { $0 = days }
        try Data("more".utf8).write(to: URL(filePath: "\(station.source)/more"))
        let report = try await station.backup()
        #expect(report.suppliersFailed.isEmpty && report.lossesTolerated == 1)
        let review = try await clocks(station)
        #expect(review.own.map { Int(($0.magnitude + 43_200) / 86_400) } == abs(days))
        #expect(review.own.map { ($0 > 0) == (days > 0) } == true)
        #expect(review.wrong.isEmpty)
        try await expectRestored(station)
        // Put right again: the newest snapshot is still the newest.
        station.clock.days.withLock { $0 = 0 }
        try Data("and more".utf8).write(to: URL(filePath: "\(station.source)/more"))
        #expect(try await station.backup().lossesTolerated == 1)
        try await expectRestored(station)
        await station.end()
    }

    @Test(arguments: [-365, 365])
    func `a machine with a wrong clock recovers, and goes on`(_ days: Int) async throws {
        let station = try await NetworkStation(suppliers: 4, clocks: [0, 365, -365, 0])
        try station.fill(fileCount: 2)
        try await station.hireAll()
        let (home, key) = (station.home(), Array("\(station.path)/alice.key".utf8))
        try await station.command { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            try customer.saveKeyFile(to: key, passphrase: nil, keepsRoot: true)
        }
        _ = try await station.backup()
        try FileManager.default.removeItem(atPath: "\(station.path)/home")
        station.clock.days.withLock { $0 = days }
        try await station.command { adapters in
            let (customer, _) = try Customer.recover(
                home: home, keyFile: key, supplierDirectories: [], deviceName: "second",
                adapters: adapters, findSuppliers: { _ in [] }
            ) { [] }
            customer.close()
        }
        try await expectRestored(station)
        try Data("more".utf8).write(to: URL(filePath: "\(station.source)/more"))
        #expect(try await station.backup().suppliersFailed.isEmpty)
        for node in [station.nodes[0], station.nodes[3]] { await node.stop() }
        try await expectRestored(station)
        await station.end()
    }
}
