package import Model
package import Placement

/// How it stands with one supplier: what `suppliers`, `status`, `health` and the local interface
/// say of it, each from one look.
package struct SupplierStanding: Sendable {
    package let record: SupplierRecord
    /// Why it cannot be used; `nil` when it can.
    package let failure: String?
    /// `nil` while it answers.
    package let away: Away?
    /// It was given up.
    package let isFired: Bool
    /// When it ends, as it says itself: seconds since 1970.
    package let leaves: Int64?
    /// Whether audits speak for it.
    package let isTrusted: Bool

    package init(
        record: SupplierRecord, failure: String? = nil, away: Away? = nil, isFired: Bool = false,
        leaves: Int64? = nil, isTrusted: Bool = true
    ) {
        self.record = record
        self.failure = failure
        self.away = away
        self.isFired = isFired
        self.leaves = leaves
        self.isTrusted = isTrusted
    }

    package var answers: Bool { away == nil }

    /// In a word or two, the same everywhere.
    package var word: String {
        let going = isFired ? "fired" : leaves != nil ? "leaving" : nil
        guard answers else { return going.map { "\($0), away" } ?? "AWAY" }
        return going ?? (isTrusted ? "ok" : "loses things")
    }
}
