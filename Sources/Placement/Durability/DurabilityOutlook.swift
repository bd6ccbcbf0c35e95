internal import Glibc
package import Model

/// What the model says of blocks of one scheme on so many suppliers, and what would change it.
package struct DurabilityOutlook: Sendable {
    package let model: DurabilityModel
    package let supplierCount: Int
    /// The chance that a block is lost within a year, by the chain.
    package let lossPerYear: Double
    /// The same without shocks.
    package let lossWithoutShocks: Double
    /// The same by trials; `nil` where losses are too rare for them to say anything.
    package let trials: DurabilityTrials.Estimate?
    /// The same by trials with repairs that all take the mean.
    package let fixedTrials: DurabilityTrials.Estimate?
    /// The chance that a block is lost when a shock comes; `nil` without shocks.
    package let lossByShock: Double?

    /// - Parameters:
    ///   - eventCount: work of the trials; 20 million take about a second. None for no trials.
    ///   - seed: repeats the trials.
    package init(model: DurabilityModel, supplierCount: Int, eventCount: Int, seed: UInt64) {
        let chain = DurabilityChain(model: model)
        self.model = model
        self.supplierCount = max(supplierCount, model.scheme.fragmentCount)
        lossPerYear = chain.lossPerYear
        let calm = model.with(shocks: .some(nil)).map { DurabilityChain(model: $0).lossPerYear }
        lossWithoutShocks = model.shocks == nil ? lossPerYear : calm ?? lossPerYear
        lossByShock = model.shocks.map { chain.lossByShock(share: $0.share) }
        func estimate(_ timing: DurabilityTrials.Timing) -> DurabilityTrials.Estimate {
            let trials = DurabilityTrials(model: model, timing: timing, seed: seed)
            return trials.estimate(effort: trials.effort(eventCount: eventCount))
        }
        let isWorth = eventCount > 0 && lossPerYear >= DurabilityOutlook.credibleLoss
        trials = isWorth ? estimate(.exponential) : nil
        fixedTrials = isWorth ? estimate(.fixed) : nil
    }

    /// Below this chance of loss a year, what the model leaves out (faults of programs, lost keys,
    /// shocks) is what loses data, and a smaller number says no more.
    package static let credibleLoss = 1e-9

    // MARK: The whole repository

    /// Different sets of suppliers that blocks are on: with as many suppliers as fragments one, so
    /// that all blocks are lost together or none; positions rotate over a larger family.
    package var supplierSetCount: Int {
        supplierCount == model.scheme.fragmentCount ? 1 : supplierCount
    }

    /// An upper bound of the chance that any block of a repository is lost within a year.
    package func repositoryLoss(blockCount: Int) -> Double {
        min(1, Double(min(max(1, blockCount), supplierSetCount)) * lossPerYear)
    }

    /// The same if each block were on suppliers of its own, as in networks that place at random.
    package func scatteredLoss(blockCount: Int) -> Double {
        lossPerYear >= 1 ? 1 : -expm1(Double(max(1, blockCount)) * log1p(-lossPerYear))
    }

    // MARK: What would help

    /// Something that could be changed.
    package enum Change: Hashable, Sendable {
        /// One parity fragment more, on one supplier more.
        case parity(ErasureScheme)
        /// One data fragment less and one parity fragment more, on the same suppliers.
        case balance(ErasureScheme)
        /// More suppliers, with the scheme that follows them.
        case suppliers(count: Int, ErasureScheme)
        /// Repairs in half the time.
        case repair(days: Double)
        /// Suppliers that stay twice as long.
        case lifetime(days: Double)
    }

    /// A change and what it would do.
    package struct Effect: Hashable, Sendable {
        package let change: Change
        package let lossPerYear: Double
        /// Bytes stored for each byte.
        package let expansion: Double
    }

    /// What each change would make of the loss; the strongest first.
    package var effects: [Effect] {
        changes.compactMap { change, model in
            guard let model else { return nil }
            return Effect(
                change: change, lossPerYear: DurabilityChain(model: model).lossPerYear,
                expansion: DurabilityOutlook.expansion(model.scheme))
        }
        .enumerated()
        .sorted { ($0.element.lossPerYear, $0.offset) < ($1.element.lossPerYear, $1.offset) }
        .map(\.element)
    }

    package var expansion: Double { DurabilityOutlook.expansion(model.scheme) }

    private static func expansion(_ scheme: ErasureScheme) -> Double {
        Double(scheme.fragmentCount) / Double(scheme.dataCount)
    }

    private var changes: [(Change, DurabilityModel?)] {
        let scheme = model.scheme
        var changes: [(Change, DurabilityModel?)] = [
            (.repair(days: model.repairDays / 2), model.with(repairDays: model.repairDays / 2)),
            (
                .lifetime(days: model.lifetimeDays * 2),
                model.with(lifetimeDays: model.lifetimeDays * 2)
            ),
        ]
        let (data, parity) = (scheme.dataCount, scheme.parityCount)
        if let more = ErasureScheme(dataCount: data, parityCount: parity + 1) {
            changes.append((.parity(more), model.with(scheme: more)))
        }
        if let balanced = ErasureScheme(dataCount: data - 1, parityCount: parity + 1) {
            changes.append((.balance(balanced), model.with(scheme: balanced)))
        }
        let count = supplierCount + max(2, supplierCount / 4)
        if let wider = ErasureScheme.automatic(supplierCount: count), wider != scheme,
            wider.fragmentCount > scheme.fragmentCount
        {
            changes.append((.suppliers(count: count, wider), model.with(scheme: wider)))
        }
        return changes
    }
}
