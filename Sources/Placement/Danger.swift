internal import Glibc
internal import Model

/// How near a block is to being lost, to say which is rebuilt first.
///
/// The model: `s` suppliers hold what is left of the block, and each of them goes with the same
/// small chance `p` before the block is rebuilt, on its own. The block is lost when `f`, one more
/// than it tolerates, have gone: with a chance of about `C(s, f) · p^f`. Danger is the logarithm
/// of that. One loss less to tolerate weighs a hundred times as much as all that the number of
/// suppliers adds; among blocks that tolerate equally many, the wide ones, with more suppliers of
/// which any may go, come first. For `p` the two days that a repair may take of the 180 that a
/// supplier lasts are taken; the order hardly depends on it.
///
/// Blocks of the catalog come before all others: they are few, and everything hangs on them.
///
/// - SeeAlso: Giroire et al., “Peer-to-Peer Storage Systems: a Practical Guideline to be Lazy”,
///   2010, for the chain of which this is one step.
package struct Danger: Comparable, Hashable, Sendable {
    /// Natural logarithm of the chance that the block is lost before it is rebuilt.
    package let logChance: Double
    private let isCatalog: Bool
    private let row: Int64

    private static let chanceToGo = 2.0 / 180

    package init(_ block: BlockAssessment) {
        isCatalog = block.holdings.kind == .catalog
        row = block.holdings.row
        let count = block.readable.count
        let needed = max(0, block.lossesTolerated + 1)
        logChance =
            needed > count
            ? 0 : Danger.logBinomial(count, needed) + Double(needed) * log(Danger.chanceToGo)
    }

    /// Less dangerous first; the older of equals is the more dangerous, so that no two are equal.
    package static func < (left: Danger, right: Danger) -> Bool {
        if left.isCatalog != right.isCatalog { return right.isCatalog }
        if left.logChance != right.logChance { return left.logChance < right.logChance }
        return left.row > right.row
    }

    private static func logBinomial(_ count: Int, _ chosen: Int) -> Double {
        guard chosen > 0 else { return 0 }
        return (1...chosen).reduce(0) { $0 + log(Double(count - chosen + $1)) - log(Double($1)) }
    }
}
