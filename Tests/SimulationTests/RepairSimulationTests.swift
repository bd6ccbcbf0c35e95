import Model
import Testing

@testable import Simulation

/// Small networks whose suppliers die, sleep and lie; `make sim` plays large ones.
@Suite struct RepairSimulationTests {
    private static func small(seed: UInt64) -> RepairScenario {
        var scenario = RepairScenario()
        scenario.supplierCount = 80
        scenario.customerCount = 8
        scenario.years = 1
        scenario.seed = seed
        return scenario
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `a year of deaths, sleep and empty disks loses nothing`(seed: UInt64) {
        let report = RepairSimulationTests.small(seed: seed).run()
        #expect(report.deathCount > 100)
        #expect(report.longSilenceCount > 20)
        #expect(report.lostGroupCount == 0)
        #expect(report.marginMin > 0)
        #expect(report.doubledCount == 0)
        #expect(report.repairHours.count > 200)
        #expect(report.repairHours(quantile: 0.99) < 48)
        // What died in the last days is still being mended.
        #expect(report.unfinishedCount < report.repairHours.count / 10)
    }

    @Test func `a rebuild fetches k fragments for each that is lost`() {
        let reports = (1...4).map { RepairSimulationTests.small(seed: $0).run() }
        let scenario = reports[0].scenario
        let perGivenUp = reports.map(\.fetchedPerGivenUp).reduce(0, +) / 4
        let perYear = reports.map(\.trafficPerByteYear).reduce(0, +) / 4
        let optimum = Double(scenario.scheme.dataCount)
        #expect(abs(perGivenUp / optimum - 1) < 0.1, "\(perGivenUp)")
        #expect(abs(perYear / scenario.modelTraffic - 1) < 0.1, "\(perYear)")
        for report in reports { #expect(report.byteCountWasted < 0.05 * report.byteCountFetched) }
    }

    @Test func `a seed repeats its run`() {
        let first = RepairSimulationTests.small(seed: 5).run()
        let second = RepairSimulationTests.small(seed: 5).run()
        let other = RepairSimulationTests.small(seed: 6).run()
        #expect(first.traceHash == second.traceHash)
        #expect(first.repairHours == second.repairHours)
        #expect(first.traceHash != other.traceHash)
    }

    /// The oracle sees losses where there are any.
    @Test func `without repair everything is lost`() {
        var scenario = RepairSimulationTests.small(seed: 1)
        // 1 kB/s: a transfer takes years.
        scenario.rebuildByteRate = 1000
        let report = scenario.run()
        #expect(report.fragmentsStored == 0)
        #expect(report.lostCustomerCount > scenario.customerCount / 2)
        #expect(report.marginMin < 0)
    }

    // MARK: What goes wrong on purpose

    @Test func `fragments of suppliers that come back count again`() {
        var scenario = RepairSimulationTests.small(seed: 2)
        // Nobody dies, many sleep for longer than grace.
        scenario.lifetimeDays = 100_000
        scenario.longDowntimeHours = 30
        let report = scenario.run()
        #expect(report.longSilenceCount > 300)
        #expect(report.fragmentsAdopted > 0)
        #expect(report.fragmentsStored < report.fragmentsGivenUp)
        #expect(report.lostGroupCount == 0)
        #expect(report.doubledCount == 0)
    }

    @Test func `a shock that takes a third is mended, or loses a whole family`() {
        var scenario = RepairSimulationTests.small(seed: 3)
        scenario.supplierCount = 200
        scenario.customerCount = 40
        scenario.years = 0.25
        scenario.shockDays = [30]
        let report = scenario.run()
        // A third of 200, and those that die by themselves in three months.
        #expect((130...260).contains(report.deathCount), "\(report.deathCount)")
        #expect(report.marginMin <= 4)
        // By the binomial a family is lost once in 300; stable families fail whole.
        #expect(report.lostCustomerCount <= 3)
        #expect(report.lostGroupCount <= report.lostCustomerCount * scenario.blockGroupCount)
        #expect(report.healthHours.count > 200)
        #expect(report.doubledCount == 0)
    }

    @Test func `slow suppliers make repairs late and lose nothing`() {
        var scenario = RepairSimulationTests.small(seed: 4)
        // 2 Mbit/s up: 36 hours for what one supplier has of a customer.
        scenario.supplierByteRate = 250_000
        let report = scenario.run()
        #expect(scenario.transferHours > 36)
        #expect(report.lostGroupCount == 0)
        #expect(report.repairHours(quantile: 0.5) > 48)
        #expect(report.repairHours.count > 150)
    }
}
