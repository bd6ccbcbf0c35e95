import DHT
import Foundation
import Model
import Simulation
import Testing

/// The figures that the DHT has to reach; minutes each. `make sim-dht` runs them and prints what
/// was measured.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["BITDUST_SIM_DHT"] != nil,
        "set BITDUST_SIM_DHT=1, or run make sim-dht"), .serialized)
struct LargeSimulationTests {
    /// The seed is printed, so that a run can be repeated.
    private let seed = UInt64(ProcessInfo.processInfo.environment["BITDUST_SIM_SEED"] ?? "") ?? 1

    private func run(_ scenario: DHTScenario, _ name: String) throws -> DHTScenario.Report {
        var scenario = scenario
        scenario.seed = seed
        let report = try scenario.run()
        print(
            """
            \(name), seed \(seed): found \(report.foundCount) of \(report.lookupCount), median \
            \(report.medianHopCount) hops, \(report.medianQueryCount) queries, \
            \(report.medianCopyCount) copies; \(report.deliveredCount) datagrams, \
            \(Int(report.contactCountMean)) contacts each, trace \(report.traceHash)
            """)
        return report
    }

    @Test func `10,000 nodes, a fifth of them replaced each hour`() throws {
        var scenario = DHTScenario(nodeCount: 10_000)
        scenario.lookupCount = 2000
        let report = try run(scenario, "10,000 nodes")
        #expect(report.successRate >= 0.999)
        #expect(report.medianHopCount <= 3)
    }

    @Test(arguments: [(20, 0.99), (30, 0.95)])
    func `10,000 nodes, many of them hostile together`(
        _ percent: Int, _ least: Double
    ) throws {
        var scenario = DHTScenario(nodeCount: 10_000)
        scenario.hostilePercent = percent
        scenario.minutes = 15
        let report = try run(scenario, "10,000 nodes, \(percent) % colluding")
        #expect(report.successRate >= least)
    }

    @Test func `10,000 nodes, a fifth hostile, each in its own way`() throws {
        var scenario = DHTScenario(nodeCount: 10_000)
        scenario.hostilePercent = 20
        scenario.behaviours = HostileBehaviour.allCases
        scenario.minutes = 15
        let report = try run(scenario, "10,000 nodes, 20 % drop, collude, invent, lie")
        #expect(report.successRate >= 0.99)
    }

    @Test func `100,000 nodes fit into 8 GB`() throws {
        var scenario = DHTScenario(nodeCount: 100_000)
        scenario.minutes = 2
        scenario.lookupCount = 300
        let report = try run(scenario, "100,000 nodes")
        #expect(report.successRate >= 0.999)
        let status = try String(contentsOf: URL(filePath: "/proc/self/status"), encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        let kibibytes = try #require(line.split(whereSeparator: { !$0.isNumber }).first)
        print("100,000 nodes: \(kibibytes) KiB at most")
        #expect(try #require(Int(kibibytes)) < 8_000_000)
    }
}
