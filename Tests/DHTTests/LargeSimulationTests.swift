import DHT
import Foundation
import Model
import Simulation
import Testing

/// The figures of the requirements: `make sim-dht`.
@Suite(.enabled(if: LargeScenario.isWanted, "set BITDUST_SIM_DHT=1, or run make sim-dht"))
struct LargeSimulationTests {
    @Test func scenario() throws {
        let e = ProcessInfo.processInfo.environment
        var scenario = DHTScenario(nodeCount: Int(e["N"] ?? "10000")!)
        scenario.hostilePercent = Int(e["H"] ?? "0")!
        scenario.minutes = Int(e["M"] ?? "60")!
        scenario.lookupCount = Int(e["L"] ?? "1000")!
        scenario.seed = UInt64(e["S"] ?? "1")!
        if e["B"] == "all" { scenario.behaviours = HostileBehaviour.allCases }
        if e["B"] == "junk" { scenario.behaviours = [.junk] }
        if e["B"] == "lie" { scenario.behaviours = [.lie] }
        if e["B"] == "drop" { scenario.behaviours = [.drop] }
        let report = try scenario.run()
        print(
            report.successRate, "hops", report.medianHopCount, "queries", report.medianQueryCount,
            "copies", report.medianCopyCount, "events", report.eventCount, "contacts",
            report.contactCountMean, report.traceHash)
    }
}
enum LargeScenario {
    static var isWanted: Bool { ProcessInfo.processInfo.environment["BITDUST_SIM_DHT"] != nil }
}
