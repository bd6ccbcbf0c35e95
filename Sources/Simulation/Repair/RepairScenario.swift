package import Model
internal import Placement

/// A network whose suppliers die, sleep and lie, as numbers; see docs/durability.md.
///
/// Customers store on families of suppliers, and replace what is lost with the planner of the
/// product. Sizes and rates only decide how long transfers take.
package struct RepairScenario: Sendable {
    /// Suppliers at any time; who dies is followed by a new one.
    package var supplierCount = 500
    package var customerCount = 500
    package var years = 10.0
    package var seed: UInt64 = 1

    /// Suppliers in a family, and with that the automatic scheme.
    package var familySize = 20
    /// Groups of blocks of a customer that are placed alike and rebuilt as one.
    package var blockGroupCount = 4
    /// Sealed bytes of a customer.
    package var customerByteCount = 256 << 30

    package var lifetimeDays = 180.0
    /// Deaths of which the supplier goes on answering, but has lost what it held.
    package var emptyShare = 0.1
    /// Mean time between two downtimes of a supplier.
    package var uptimeDays = 2.0
    /// Downtimes: most are short (a restart), some long (a move, a holiday).
    package var shortDowntimeHours = 1.0
    package var longDowntimeHours = 8.0
    package var longDowntimeShare = 0.1

    /// Silence after which a supplier counts as gone.
    package var grace = Limits.supplierGrace
    /// Bytes that the rebuilder of a customer moves each second, in and out.
    package var rebuildByteRate = Double(Limits.rebuildByteRateDefault)
    /// Bytes that a supplier sends each second: a line of 20 Mbit/s up.
    package var supplierByteRate = 2.5e6
    /// Silence after which a customer lets a supplier go from its family for good.
    package var dismissalDays = 30.0

    /// At these days a shock takes suppliers at one moment.
    package var shockDays: [Double] = []
    package var shockShare = 1.0 / 3

    package init() {}

    /// Plays the scenario from its seed.
    package func run() -> RepairReport {
        var network = RepairNetwork(scenario: self)
        return network.run()
    }

    package var scheme: ErasureScheme {
        guard let scheme = ErasureScheme.automatic(supplierCount: familySize) else {
            preconditionFailure("a family has suppliers")
        }
        return scheme
    }

    /// Bytes of the fragments of one group on one supplier.
    package var fragmentLength: Int {
        max(1, customerByteCount / blockGroupCount / scheme.dataCount)
    }

    // MARK: What the model expects

    /// The chance that a downtime is longer than so many hours.
    func downtimeChance(longerThan hours: Double) -> Double {
        (1 - longDowntimeShare) * exponential(-hours / shortDowntimeHours)
            + longDowntimeShare * exponential(-hours / longDowntimeHours)
    }

    /// Hours that the rebuilder takes for what one supplier holds of a customer.
    package var transferHours: Double {
        let length = Double(fragmentLength)
        let moved = Double(scheme.dataCount + 1) * length / rebuildByteRate
        return Double(blockGroupCount) * max(moved, length / supplierByteRate) / 3600
    }

    /// Fragments of a block that are rebuilt in a year: of suppliers that die, and of those that
    /// are silent for longer than grace and not back when it is the fragment's turn, which is half
    /// of the transfer later on average.
    package var rebuildsPerBlockYear: Double {
        let hours = Double(grace) / 3.6e12 + transferHours / 2
        let perDay = 1 / lifetimeDays + downtimeChance(longerThan: hours) / uptimeDays
        return Double(scheme.fragmentCount) * perDay * DurabilityModel.yearDays
    }

    /// Bytes fetched in a year for each sealed byte of a customer: a rebuild takes `dataCount`
    /// fragments, which are as long as the block.
    package var modelTraffic: Double { rebuildsPerBlockYear }
}
