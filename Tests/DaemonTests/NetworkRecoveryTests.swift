import Foundation
import Model
import Networking
import Pipelines
import Suppliers
import Testing

@testable import Daemon

/// Everything lost but the key file: what is found through the network, and given back.
@Suite(.serialized) struct NetworkRecoveryTests {
    /// A backup on `count` nodes; the key file is written before or after it, the home erased.
    private func lost(
        suppliers count: Int, keyFirst: Bool
    ) async throws -> NetworkStation {
        let station = try await NetworkStation(suppliers: count)
        try station.fill()
        let (home, key) = (station.home(), Array("\(station.path)/alice.key".utf8))
        let save: @Sendable (Adapters) throws -> Void = { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            try customer.saveKeyFile(to: key, passphrase: nil, keepsRoot: true)
        }
        if keyFirst {
            try await station.command { adapters in
                let customer = try Customer.create(
                    home: home, name: "alice", deviceName: "laptop", adapters: adapters)
                defer { customer.close() }
                try customer.saveKeyFile(to: key, passphrase: nil, keepsRoot: true)
            }
            let addresses = station.nodes.map(\.address)
            try await station.command { adapters in
                let customer = try Customer.open(home: home, adapters: adapters)
                defer { customer.close() }
                guard try customer.hire(addresses).failed.isEmpty else {
                    throw StoreError.invalid(field: "hire")
                }
            }
        } else {
            try await station.hireAll()
            try await station.command(save)
        }
        _ = try await station.backup()
        return station
    }

    private func recover(
        _ station: NetworkStation,
        search: @escaping @Sendable (RecoverySearch) throws -> [String] = { _ in [] }
    ) async throws -> RecoveryReport {
        let path = station.path
        let home = station.home("new")
        return try await station.command { adapters in
            let (customer, report) = try Customer.recover(
                home: home, keyFile: Array("\(path)/alice.key".utf8), supplierDirectories: [],
                deviceName: "second", adapters: adapters, findSuppliers: search
            ) { [] }
            customer.close()
            return report
        }
    }

    private func expectRestored(_ station: NetworkStation) async throws {
        let restored = try await station.restore(from: "new")
        #expect(restored.problems.isEmpty)
        #expect(
            try NetworkStation.files(station.source)
                == NetworkStation.files("\(station.path)/target"))
        await station.end()
    }

    @Test func `a key file that names suppliers is enough, any two of four gone`() async throws {
        let station = try await lost(suppliers: 4, keyFirst: false)
        try FileManager.default.removeItem(atPath: "\(station.path)/home")
        for node in [station.nodes[0], station.nodes[3]] { await node.stop() }
        let report = try await recover(station)
        #expect(report.suppliersAnswered == 2)
        #expect(report.suppliersTotal == 4)
        #expect(report.snapshots.count == 1)
        try await expectRestored(station)
    }

    @Test func `a sealed pointer to one supplier that lives leads to the others`() async throws {
        let station = try await lost(suppliers: 5, keyFirst: true)
        let home = station.home()
        let pointer = try await station.command { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            return try customer.pointer()
        }
        let sealed = try #require(pointer)
        try FileManager.default.removeItem(atPath: "\(station.path)/home")
        for node in station.nodes.prefix(2) { await node.stop() }
        let report = try await recover(station) { search in
            guard let pointer = search.open(sealed.bytes) else { return [] }
            var damaged = sealed.bytes
            damaged[60] ^= 1
            guard search.open(damaged) == nil else { return [] }
            // Two that are gone, and one that lives.
            return pointer.nodes.filter { node in
                station.nodes.prefix(3).contains { $0.user == node.user }
            }.map(\.description)
        }
        #expect(report.suppliersAnswered == 3)
        #expect(report.suppliersTotal == 5)
        try await expectRestored(station)
    }

    @Test func `whoever is asked and holds nothing of ours gets no contract`() async throws {
        let station = try await lost(suppliers: 3, keyFirst: true)
        let stranger = try await SupplierNode(
            number: 99, below: station.path, threads: station.threads)
        try FileManager.default.removeItem(atPath: "\(station.path)/home")
        let places = ([stranger] + station.nodes.suffix(2)).map(\.address)
        let report = try await recover(station) { _ in places }
        #expect(report.suppliersAnswered == 3)
        #expect(stranger.customerCount == 0)
        await stranger.end()
        try await expectRestored(station)
    }

    @Test func `too few suppliers are said, and the home stays as it was`() async throws {
        let station = try await lost(suppliers: 4, keyFirst: false)
        try FileManager.default.removeItem(atPath: "\(station.path)/home")
        for node in station.nodes { await node.stop() }
        await #expect {
            _ = try await recover(station)
        } throws: { error in
            (error as? Failure)?.code == "BD-TOO-FEW-SUPPLIERS"
        }
        #expect(!Customer.exists(home: station.home("new")))
        await station.end()
    }
}
