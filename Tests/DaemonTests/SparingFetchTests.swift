import Foundation
import Model
import Pipelines
import Synchronization
import Testing

@testable import Daemon

/// A few files out of many: no more is fetched of the network than they need.
@Suite(.serialized) struct SparingFetchTests {
    private func restoreOne(_ station: NetworkStation) async throws -> RestoreReport {
        let (home, path) = (station.home(), station.path)
        return try await station.command { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            var request = RestoreRequest(
                snapshot: .latest(setName: nil), target: Array("\(path)/target".utf8))
            request.paths = [Array("file-3".utf8)]
            return try customer.restore(request, cancellation: Cancellation()) { _ in }
        }
    }

    private func expectRestored(_ station: NetworkStation) throws {
        let files = try NetworkStation.files("\(station.path)/target")
        #expect(files.count == 1)
        #expect(try files["file-3"] == NetworkStation.files(station.source)["file-3"])
    }

    private func given(_ station: NetworkStation) -> Int {
        station.nodes.reduce(0) { sum, node in sum + node.given.withLock { $0 } }
    }

    @Test func `one file of a large block takes a part of it, all files all`() async throws {
        let station = try await NetworkStation(suppliers: 4)
        try station.fill(fileCount: 24, byteCount: 300_000)
        try await station.hireAll()
        _ = try await station.backup()
        let before = given(station)
        let problems = try await restoreOne(station).problems
        #expect(problems.isEmpty, "\(problems)")
        let few = given(station) - before
        try expectRestored(station)
        // A frame of 1 MiB, or two, and the tree; the block has 8.
        #expect(few < 3 << 20, "\(few)")
        #expect(few > 300_000)
        try FileManager.default.removeItem(atPath: "\(station.path)/target")
        #expect(try await station.restore().problems.isEmpty)
        #expect(given(station) - before - few > 7 << 20)
        #expect(
            try NetworkStation.files(station.source)
                == NetworkStation.files("\(station.path)/target"))
        await station.end()
    }

    @Test func `a part that cannot be had comes back from parity`() async throws {
        let station = try await NetworkStation(suppliers: 4)
        try station.fill(fileCount: 24, byteCount: 300_000)
        try await station.hireAll()
        _ = try await station.backup()
        for node in station.nodes.prefix(2) { await node.stop() }
        #expect(try await restoreOne(station).problems.isEmpty)
        try expectRestored(station)
        await station.end()
    }
}
