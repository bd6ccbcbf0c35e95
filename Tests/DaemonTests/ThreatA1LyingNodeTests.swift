import Foundation
import Model
import Networking
import Pipelines
import Simulation
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// Threat A1 over real sessions: one of four nodes lies, in each of the twelve ways, and everything
/// comes back.
@Suite(.serialized) struct ThreatA1LyingNodeTests {
    private func expectRestored(_ station: NetworkStation, _ lie: Lie) async throws {
        let target = "\(station.path)/target"
        let restored = try await station.restore()
        #expect(restored.problems.isEmpty, "\(lie)")
        #expect(
            try NetworkStation.files(station.source) == NetworkStation.files(target), "\(lie)")
        try FileManager.default.removeItem(atPath: target)
    }

    @Test(arguments: Lie.allCases)
    func `a node that lies harms neither a backup nor a restore`(_ lie: Lie) async throws {
        let station = try await NetworkStation(suppliers: 4)
        try station.fill(fileCount: 4)
        try await station.hireAll()
        let liar = station.nodes[1]
        liar.lie.withLock { $0 = lie }
        let report = try await station.backup()
        #expect(liar.lieCount > 0, "\(lie)")
        #expect(report.lossesTolerated >= 1, "\(lie)")
        try await expectRestored(station, lie)
        // What the three others have is enough without it.
        await liar.stop()
        try await expectRestored(station, lie)
        await station.end()
    }

    @Test(arguments: Lie.allCases)
    func `a node that begins to lie changes nothing that comes back`(_ lie: Lie) async throws {
        let station = try await NetworkStation(suppliers: 4)
        try station.fill(fileCount: 4)
        try await station.hireAll()
        #expect(try await station.backup().lossesTolerated == 2)
        let liar = station.nodes[0]
        liar.lie.withLock { $0 = lie }
        try await expectRestored(station, lie)
        #expect(liar.lieCount > 0, "\(lie)")
        // Nor when one of the honest ones is gone as well.
        await station.nodes[3].stop()
        try await expectRestored(station, lie)
        await station.end()
    }
}
