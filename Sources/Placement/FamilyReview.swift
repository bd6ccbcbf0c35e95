package import Model

/// Who of a family has been away or full for so long that another is to be hired in its place.
///
/// Nobody is replaced at once: most who are away come back, and moving what they hold costs more
/// than waiting. Who is given up still counts for what it gives back.
package struct FamilyReview: Hashable, Sendable {
    /// One of the family, as it was seen.
    package struct Member: Hashable, Sendable {
        package let supplier: SupplierID
        /// When it last answered and had room: seconds since 1970.
        package let lastUseful: Int64

        package init(supplier: SupplierID, lastUseful: Int64) {
            self.supplier = supplier
            self.lastUseful = lastUseful
        }
    }

    package let kept: [SupplierID]
    package let replaced: [SupplierID]

    /// - Parameter now: seconds since 1970. A clock that was put back replaces nobody.
    package init(_ members: [Member], now: Int64, grace: Int64 = Limits.supplierGraceSeconds) {
        var (kept, replaced): ([SupplierID], [SupplierID]) = ([], [])
        for member in members {
            let (away, isOverflow) = now.subtractingReportingOverflow(member.lastUseful)
            if !isOverflow && away > grace {
                replaced.append(member.supplier)
            } else {
                kept.append(member.supplier)
            }
        }
        self.kept = kept
        self.replaced = replaced
    }
}
