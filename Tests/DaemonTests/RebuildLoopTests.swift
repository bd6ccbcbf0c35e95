import Foundation
import Model
import Pipelines
import Testing

@testable import Daemon

@Suite struct RebuildLoopTests {
    private func end(_ end: RebuildLoop.End) -> String {
        switch end {
        case .done(let round): "done \(round.report.health.status)"
        case .gaveWay: "gave way"
        case .busy: "busy"
        case .nothing: "nothing"
        case .failed(let reason): reason
        }
    }

    @Test func `a round waits for an identity, for the home, and then looks after it`() async throws
    {
        let scratch = try HomeScratch()
        let home = Home(path: Array(scratch.home.path.utf8))
        let adapters = scratch.setting().adapters
        let loop = RebuildLoop(home: home, adapters: adapters)
        #expect(end(await loop.round()) == "nothing")
        let customer = try Customer.create(
            home: home, name: "alice", deviceName: "laptop", adapters: adapters)
        #expect(end(await loop.round()) == "busy")
        _ = try customer.useSuppliers(nil)
        _ = try customer.backup(
            BackupRequest(paths: [Array(#filePath.utf8)]), cancellation: Cancellation()
        ) { _ in }
        customer.close()
        #expect(end(await loop.round()) == "done done")
        try FileManager.default.removeItem(atPath: "\(scratch.home.path)/suppliers/2/segments")
        #expect(end(await loop.round()) == "done done")
        for number in [1, 3] {
            try FileManager.default.removeItem(atPath: "\(scratch.home.path)/suppliers/\(number)")
        }
        #expect(end(await loop.round()) == "done belowTarget")
    }
}
