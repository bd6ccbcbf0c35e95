import DHT
import Foundation
import Model
import Simulation
import Testing

@Suite struct SimulationTests {
    @Test func `a small network finds what is stored in it`() throws {
        var scenario = DHTScenario(nodeCount: 300)
        scenario.itemCount = 20
        scenario.lookupCount = 200
        scenario.minutes = 10
        let report = try scenario.run()
        print(report.successRate, report.medianHopCount, report.medianQueryCount, report.medianCopyCount, report.eventCount, report.contactCountMean, report.traceHash)
        #expect(report.successRate >= 0.999)
        #expect(report.medianHopCount <= 3)
        #expect(report.medianCopyCount >= 8)
    }
}
