package import Model

/// What a plan needs to know of a supplier.
package struct SupplierView: Hashable, Sendable {
    package enum Presence: Hashable, Sendable {
        case answers
        /// No answer for so many nanoseconds.
        case silent(UInt64)
    }

    package let id: SupplierID
    package var presence: Presence
    /// It is to hold nothing any more: it leaves or was dismissed. What it still gives back is
    /// used.
    package var isLeaving: Bool
    /// It has lost our trust: what it holds is moved away where somebody else can take it. Where
    /// nobody can, it gets back what it lost.
    package var isDistrusted = false
    /// Bytes that it still takes.
    package var freeByteCount: Int
    /// Bytes that it may be sent in one plan: bandwidth times the time between two plans.
    package var byteBudget: Int

    package init(
        id: SupplierID, presence: Presence = .answers, isLeaving: Bool = false,
        freeByteCount: Int = .max, byteBudget: Int = .max
    ) {
        self.id = id
        self.presence = presence
        self.isLeaving = isLeaving
        self.freeByteCount = freeByteCount
        self.byteBudget = byteBudget
    }

    package var answers: Bool { presence == .answers }
}
