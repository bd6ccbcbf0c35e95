internal import Model

/// What became of a simulated network.
package struct RepairReport: Sendable {
    package let scenario: RepairScenario
    /// Groups of blocks of which fewer than `dataCount` fragments were left, all alike in a group.
    package var lostGroupCount = 0
    package var lostCustomerCount = 0
    package var deathCount = 0
    /// Downtimes of suppliers longer than grace.
    package var longSilenceCount = 0
    /// Hours from the death of a supplier until what it held of a customer is stored elsewhere.
    package var repairHours: [Double] = []
    /// Hours from the death of a supplier until all blocks of a customer are whole.
    package var healthHours: [Double] = []
    /// Deaths whose repair was not done when the time was up.
    package var unfinishedCount = 0
    /// Fragments whose supplier was given up, or was found to have lost them.
    package var fragmentsGivenUp = 0
    package var fragmentsStored = 0
    /// Fragments that were there again: their supplier came back.
    package var fragmentsAdopted = 0
    package var byteCountFetched = 0.0
    /// Fetched for rebuilds that came to nothing, since a source or a target went meanwhile.
    package var byteCountWasted = 0.0
    package var byteCountStored = 0.0
    /// Fewest fragments beyond `dataCount` that any block ever had.
    package var marginMin: Int
    /// Blocks with two fragments on one supplier, looked for after each rebuild.
    package var doubledCount = 0
    package var eventCount = 0
    /// Of all events in their order: the same for the same seed.
    package var traceHash: UInt64 = 0xCBF2_9CE4_8422_2325

    init(scenario: RepairScenario) {
        self.scenario = scenario
        marginMin = scenario.scheme.parityCount
    }

    /// The hours that a share of the repairs did not exceed.
    package func repairHours(quantile: Double) -> Double {
        RepairReport.quantile(repairHours, quantile)
    }

    package func healthHours(quantile: Double) -> Double {
        RepairReport.quantile(healthHours, quantile)
    }

    package var repairHoursMean: Double {
        repairHours.isEmpty ? 0 : repairHours.reduce(0, +) / Double(repairHours.count)
    }

    /// Fetched bytes for each byte of the fragments given up, beside the optimum of `dataCount`.
    package var fetchedPerGivenUp: Double {
        byteCountFetched / max(1, Double(fragmentsGivenUp) * Double(scenario.fragmentLength))
    }

    /// Fetched bytes for each byte of the fragments that were stored anew.
    package var fetchedPerStored: Double { byteCountFetched / max(1, byteCountStored) }

    /// Bytes fetched in a year for each sealed byte of a customer.
    package var trafficPerByteYear: Double {
        let bytes = Double(scenario.customerCount) * Double(scenario.customerByteCount)
        return byteCountFetched / bytes / scenario.years
    }

    private static func quantile(_ values: [Double], _ share: Double) -> Double {
        let sorted = values.sorted()
        guard let last = sorted.last else { return 0 }
        let index = Int(share * Double(sorted.count))
        return index < sorted.count ? sorted[index] : last
    }
}
