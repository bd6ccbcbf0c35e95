import DHT
import Model
import Simulation
import Testing

/// Small networks from a seed; the large ones are in ``LargeSimulationTests``.
@Suite struct SimulationTests {
    private func scenario(_ nodeCount: Int, hostile: Int = 0) -> DHTScenario {
        var scenario = DHTScenario(nodeCount: nodeCount)
        scenario.hostilePercent = hostile
        scenario.itemCount = 20
        scenario.lookupCount = 200
        scenario.minutes = 5
        return scenario
    }

    @Test func `a small network finds what is stored in it while nodes come and go`() throws {
        let report = try scenario(300).run()
        #expect(report.lookupCount == 200)
        #expect(report.successRate >= 0.995)
        #expect(report.medianHopCount <= 3)
        #expect(report.medianCopyCount >= 8)
    }

    @Test func `the same seed gives the same datagrams in the same order`() throws {
        var small = scenario(60, hostile: 20)
        small.minutes = 2
        let one = try small.run()
        let again = try small.run()
        #expect(one.traceHash == again.traceHash && one.deliveredCount == again.deliveredCount)
        small.seed = 2
        #expect(try small.run().traceHash != one.traceHash)
    }

    @Test(arguments: HostileBehaviour.allCases)
    func `every fifth node is hostile and items are found`(
        _ behaviour: HostileBehaviour
    ) throws {
        var hostile = scenario(250, hostile: 20)
        hostile.behaviours = [behaviour]
        let report = try hostile.run()
        #expect(report.successRate >= 0.97, "\(behaviour): \(report.successRate)")
    }

    @Test func `one path alone is led astray more often than eight`() throws {
        var hostile = scenario(400, hostile: 30)
        let eight = try hostile.run()
        hostile.pathCount = 1
        let one = try hostile.run()
        #expect(eight.foundCount > one.foundCount)
        #expect(eight.successRate >= 0.95 && one.successRate < 0.9)
    }
}
