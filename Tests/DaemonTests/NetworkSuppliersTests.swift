import Foundation
import Model
import Networking
import Pipelines
import Placement
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// The customer's side over real sessions: backups, losses, liars, and what a supplier learns.
@Suite(.serialized) struct NetworkSuppliersTests {
    @Test func `four nodes keep a backup, and two of them give it back`() async throws {
        let station = try await NetworkStation(suppliers: 4)
        try station.fill()
        try await station.hireAll()
        let report = try await station.backup()
        #expect(report.scheme.description == "2+2")
        #expect(report.lossesTolerated == 2)
        #expect(report.suppliersFailed.isEmpty)
        for node in station.nodes.prefix(2) { await node.stop() }
        let restored = try await station.restore()
        #expect(restored.problems.isEmpty)
        #expect(
            try NetworkStation.files(station.source)
                == NetworkStation.files("\(station.path)/target"))
        await station.end()
    }

    @Test func `a supplier cut off in the middle of a backup costs nothing but itself`()
        async throws
    {
        let station = try await NetworkStation(suppliers: 4)
        try station.fill(fileCount: 20, byteCount: 1_000_000)
        try await station.hireAll()
        let victim = station.nodes[1]
        let before = victim.answered.withLock { $0 }
        victim.afterRequest.withLock { action in
            action = { count in
                if count == before + 4 { Task { await victim.stop() } }
            }
        }
        let report = try await station.backup()
        #expect(report.suppliersFailed.map(\.supplier.id) == [victim.supplier])
        #expect(report.lossesTolerated == 1)
        #expect(report.status == .belowTarget)
        let restored = try await station.restore()
        #expect(restored.problems.isEmpty)
        #expect(
            try NetworkStation.files(station.source)
                == NetworkStation.files("\(station.path)/target"))
        await station.end()
    }

    @Test func `a network that is cut stops a backup, and the next one goes on`() async throws {
        let station = try await NetworkStation(suppliers: 3)
        try station.fill(fileCount: 20, byteCount: 1_000_000)
        try await station.hireAll()
        let counts = station.nodes.map { $0.answered.withLock { $0 } }
        let first = station.nodes[0]
        first.afterRequest.withLock { action in
            action = { [station] count in
                guard count == counts[0] + 4 else { return }
                Task { for node in station.nodes { await node.stop() } }
            }
        }
        await #expect(throws: Failure.self) { try await station.backup() }
        first.afterRequest.withLock { $0 = nil }
        for node in station.nodes { try await node.listen() }
        let places = Dictionary(
            uniqueKeysWithValues: station.nodes.map { ($0.user, [$0.endpoint!]) })
        let lookup = KnownPlaces(places: places)
        let (report, rebuilt) = try await station.backupAndRebuild(lookup: lookup)
        #expect(report.suppliersFailed.isEmpty)
        #expect(rebuilt.health.word == "safe")
        // The new addresses are remembered: nobody needs to be asked again.
        let restored = try await station.restore()
        #expect(restored.problems.isEmpty)
        #expect(
            try NetworkStation.files(station.source)
                == NetworkStation.files("\(station.path)/target"))
        await station.end()
    }

    @Test func `suppliers learn no name, no text and no key`() async throws {
        let canary = "canary-7f3a91c4"
        let station = try await NetworkStation(suppliers: 3)
        try station.fill(canary: canary)
        try await station.hireAll()
        _ = try await station.backup()
        let keys = try Data(
            contentsOf: URL(filePath: "\(station.path)/home/identity/machine.keys"))
        // User id and identity key are public; the two secrets follow.
        let secrets = [keys[72..<104], keys[104..<136]]
        for node in station.nodes {
            let files = try NetworkStation.files(node.directory)
            #expect(files.values.contains { $0.count > 10_000 }, "something is stored")
            for (name, bytes) in files {
                #expect(bytes.range(of: Data(canary.utf8)) == nil, "\(name)")
                for secret in secrets { #expect(bytes.range(of: secret) == nil, "\(name)") }
            }
        }
        await station.end()
    }

    @Test func `one who is fired gets nothing new and still gives back`() async throws {
        let station = try await NetworkStation(suppliers: 3)
        try station.fill()
        try await station.hireAll()
        _ = try await station.backup()
        let (home, id) = (station.home(), station.nodes[2].supplier)
        try await station.command { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            try customer.setLeaving(true, id)
        }
        try station.fill(fileCount: 14)
        let report = try await station.backup()
        #expect(report.scheme.description == "1+1")
        #expect(report.suppliersTotal == 2)
        let family = try await station.command { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            return try customer.family()
        }
        #expect(family.map(\.isFired) == family.map { $0.record.id == id })
        #expect(family.allSatisfy { $0.fragmentCount > 0 && $0.usedByteCount ?? 0 > 0 })
        let restored = try await station.restore()
        #expect(restored.problems.isEmpty)
        await station.end()
    }

    @Test func `a contract that is full grows while the backup goes on`() async throws {
        let station = try await NetworkStation(suppliers: 1, firstQuota: 64 << 20)
        try station.fill(fileCount: 9, byteCount: 10_000_000)
        try await station.hireAll()
        let node = station.nodes[0]
        node.allowed.quota.withLock { $0 = 2 << 30 }
        let report = try await station.backup()
        #expect(report.suppliersFailed.isEmpty)
        let (home, id) = (station.home(), node.supplier)
        let family = try await station.command { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            return try customer.family()
        }
        #expect(family.map(\.record.id) == [id])
        #expect(family.first?.quota == 128 << 20)
        #expect(family.first?.usedByteCount ?? 0 > 90_000_000)
        await station.end()
    }

    @Test func `another node at a supplier's address is not taken for it`() async throws {
        let station = try await NetworkStation(suppliers: 2)
        let (one, two) = (station.nodes[0], station.nodes[1])
        let address = NodeAddress(user: one.user, endpoints: [two.endpoint!]).description
        let home = station.home()
        let report = try await station.command { adapters in
            let customer = try Customer.create(
                home: home, name: "alice", deviceName: "laptop", adapters: adapters)
            defer { customer.close() }
            return try customer.hire([address])
        }
        #expect(report.hired.isEmpty)
        #expect(report.failed.count == 1)
        await station.end()
    }

    @Test func `addresses of nodes are read as they are written`() throws {
        let user = UserID(Bytes32(words: (1, 2, 3, 4)))
        let endpoints = ["1.2.3.4:7771", "[2001:db8::5]:80"].compactMap { Endpoint($0) }
        for address in [NodeAddress(user: user), NodeAddress(user: user, endpoints: endpoints)] {
            #expect(NodeAddress(address.description) == address)
        }
        for text in [
            "/tmp/a", "node:", "node:12", "node:\(user)@", "node:\(user)@1.2.3.4",
            "node:\(user)@1.2.3.4:0", "node:\(user)@1.2.3.4:1,", "node:\(user) ",
        ] { #expect(NodeAddress(text) == nil, "\(text)") }
    }
}

struct KnownPlaces: NodeLookup {
    let places: [UserID: [Endpoint]]

    func endpoints(of user: UserID) async -> [Endpoint] { places[user] ?? [] }
}
