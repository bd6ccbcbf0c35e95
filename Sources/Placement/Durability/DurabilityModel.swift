internal import Glibc
package import Model

/// What the loss of one block depends on: its scheme, how long suppliers live, how long a repair
/// takes.
///
/// Suppliers die independently of each other, each after an exponentially distributed time; a lost
/// fragment is rebuilt after an exponentially distributed time. Beside that shocks may come: each
/// takes every supplier with the same chance, at one moment (a bug, a region, a fashion).
///
/// - SeeAlso: Patterson, Gibson, Katz, “A case for redundant arrays of inexpensive disks”, 1988,
///   for the chain; Giroire, Monteiro, Pérennes, “Peer-to-peer storage systems: a practical
///   guideline to be lazy”, 2010, for repairs that wait; Nath et al., “Subtleties in tolerating
///   correlated failures in wide-area storage systems”, 2006, for shocks.
package struct DurabilityModel: Hashable, Sendable {
    /// How the repairs of one block go along with each other.
    package enum Repair: Hashable, Sendable {
        /// Each lost fragment has a repair of its own: right where most of the time is the grace of
        /// its supplier, which runs for each supplier separately.
        case parallel
        /// One fragment after the other: right where most of the time is the transfer.
        case serial
        /// Nothing while more than `threshold` fragments are there, then all at once.
        case lazy(threshold: Int)
    }

    /// Losses of many suppliers at one moment.
    package struct Shocks: Hashable, Sendable {
        /// The chance of each supplier to go with a shock.
        package let share: Double
        /// Mean days between two of them.
        package let intervalDays: Double

        /// `nil` unless the share is within 0 and 1 and the interval positive.
        package init?(share: Double, intervalDays: Double) {
            guard (0...1).contains(share), intervalDays > 0, intervalDays.isFinite else {
                return nil
            }
            self.share = share
            self.intervalDays = intervalDays
        }
    }

    package let scheme: ErasureScheme
    /// Mean time that a supplier lives.
    package let lifetimeDays: Double
    /// Mean time from the loss of a fragment until it is there again: noticing, grace and
    /// rebuilding.
    package let repairDays: Double
    package let repair: Repair
    package let shocks: Shocks?

    /// `nil` unless the lifetime is within ``Limits/supplierLifetimeDays`` and the repair within
    /// ``Limits/repairDays``.
    package init?(
        scheme: ErasureScheme, lifetimeDays: Double, repairDays: Double,
        repair: Repair = .parallel, shocks: Shocks? = nil
    ) {
        guard Limits.supplierLifetimeDays.contains(lifetimeDays),
            Limits.repairDays.contains(repairDays)
        else { return nil }
        self.scheme = scheme
        self.lifetimeDays = lifetimeDays
        self.repairDays = repairDays
        self.repair = repair
        self.shocks = shocks
    }

    /// A year of this model.
    package static let yearDays = 365.0

    /// Missing fragments with which a block is lost.
    var lossState: Int { scheme.parityCount + 1 }

    /// Deaths each day while `missing` fragments are missing.
    func deathRate(missing: Int) -> Double {
        Double(scheme.fragmentCount - missing) / lifetimeDays
    }

    /// Repairs each day while `missing` fragments are missing, and how many are left after one.
    func repairRate(missing: Int) -> (rate: Double, left: Int) {
        guard missing > 0 else { return (0, 0) }
        switch repair {
        case .parallel: return (Double(missing) / repairDays, missing - 1)
        case .serial: return (1 / repairDays, missing - 1)
        case .lazy(let threshold):
            let isDue = scheme.fragmentCount - missing <= threshold
            return (isDue ? 1 / repairDays : 0, 0)
        }
    }

    var shockRate: Double { shocks.map { 1 / $0.intervalDays } ?? 0 }
}

extension DurabilityModel {
    /// The same with another scheme, repair time or lifetime; `nil` when that is out of range.
    package func with(
        scheme: ErasureScheme? = nil, lifetimeDays: Double? = nil, repairDays: Double? = nil,
        shocks: Shocks?? = nil
    ) -> DurabilityModel? {
        DurabilityModel(
            scheme: scheme ?? self.scheme, lifetimeDays: lifetimeDays ?? self.lifetimeDays,
            repairDays: repairDays ?? self.repairDays, repair: repair,
            shocks: shocks ?? self.shocks)
    }
}

/// The chance of each number of hits among `count` trials that hit with chance `share`.
///
/// Sums of logarithms, so that no factor leaves the range of a `Double`.
func binomialChances(count: Int, share: Double) -> [Double] {
    guard share > 0 else { return [1] + [Double](repeating: 0, count: count) }
    guard share < 1 else { return [Double](repeating: 0, count: count) + [1] }
    var logarithm = Double(count) * log1p(-share)
    var chances = [exp(logarithm)]
    for hits in 1...max(1, count) where count > 0 {
        let ways = Double(count - hits + 1) / Double(hits)
        logarithm += log(ways) + log(share) - log1p(-share)
        chances.append(exp(logarithm))
    }
    return chances
}
