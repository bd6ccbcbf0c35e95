import Foundation
import Model
import Placement
import Simulation
import Testing

/// The figures that repair has to reach; minutes of one core. `make sim` runs it.
@Suite(
    .enabled(
        if: ProcessInfo.processInfo.environment["BITDUST_SIM_REPAIR"] != nil,
        "set BITDUST_SIM_REPAIR=1, or run make sim"), .serialized)
struct LargeRepairTests {
    private static func number(_ variable: String, _ usual: Int) -> Int {
        Int(ProcessInfo.processInfo.environment[variable] ?? "") ?? usual
    }

    private static func text(_ value: Double) -> String { String(format: "%.2f", value) }

    private static func line(_ report: RepairReport) -> String {
        "| \(report.scenario.seed) | \(report.deathCount) | \(report.longSilenceCount) "
            + "| \(report.lostGroupCount) | \(report.marginMin) "
            + "| \(text(report.repairHours(quantile: 0.5))) "
            + "| \(text(report.repairHours(quantile: 0.99))) "
            + "| \(text(report.healthHours(quantile: 0.99))) "
            + "| \(text(report.fetchedPerGivenUp)) | \(text(report.fetchedPerStored)) "
            + "| \(text(report.trafficPerByteYear)) |"
    }

    @Test func `500 suppliers, ten years`() throws {
        let seedCount = LargeRepairTests.number("BITDUST_SIM_SEEDS", 20)
        var scenario = RepairScenario()
        scenario.customerCount = LargeRepairTests.number("BITDUST_SIM_CUSTOMERS", 100)
        print(
            """
            \(scenario.supplierCount) suppliers, \(scenario.customerCount) customers of \
            \(scenario.scheme), \(scenario.years) years; the model fetches \
            \(scenario.scheme.dataCount) fragments for each lost one, \
            \(LargeRepairTests.text(scenario.modelTraffic)) bytes a year for each byte
            | seed | deaths | long silences | lost | least margin | repair h p50 | p99 \
            | all whole h p99 | fetched/lost | fetched/stored | fetched/byte/year |
            |---|---|---|---|---|---|---|---|---|---|---|
            """)
        var reports: [RepairReport] = []
        for seed in 1...seedCount {
            scenario.seed = UInt64(seed)
            let report = scenario.run()
            print(LargeRepairTests.line(report))
            reports.append(report)
        }
        let hours = reports.map(\.repairHoursMean).reduce(0, +) / Double(seedCount)
        let model = try #require(
            DurabilityModel(
                scheme: scenario.scheme, lifetimeDays: scenario.lifetimeDays,
                repairDays: hours / 24))
        let loss = Chance(DurabilityChain(model: model).lossPerYear)
        print("with the mean repair of \(LargeRepairTests.text(hours)) h the chain says \(loss)")

        for report in reports {
            #expect(report.lostGroupCount == 0, "seed \(report.scenario.seed)")
            #expect(report.doubledCount == 0, "seed \(report.scenario.seed)")
            #expect(report.repairHours(quantile: 0.99) < 48, "seed \(report.scenario.seed)")
        }
        let optimum = Double(scenario.scheme.dataCount)
        let perGivenUp = reports.map(\.fetchedPerGivenUp).reduce(0, +) / Double(seedCount)
        let perYear = reports.map(\.trafficPerByteYear).reduce(0, +) / Double(seedCount)
        #expect(abs(perGivenUp / optimum - 1) < 0.1)
        #expect(abs(perYear / scenario.modelTraffic - 1) < 0.1)
    }

    private struct Chance: CustomStringConvertible {
        let value: Double
        init(_ value: Double) { self.value = value }
        var description: String { String(format: "%.1e a block and year", value) }
    }
}
