package import Model

/// Who of a family has been away or full for so long that another is to be hired in its place.
///
/// Nobody is replaced at once: most who are away come back, and moving what they hold costs more
/// than waiting. Who is replaced is not given up: what it gives back counts, and when it returns it
/// gets new blocks again.
package struct FamilyReview: Hashable, Sendable {
    /// One of the family, as it was seen.
    package struct Member: Hashable, Sendable {
        package let supplier: SupplierID
        package let absence: Absence
        /// Whether audits speak for it.
        package let isTrusted: Bool

        package init(supplier: SupplierID, absence: Absence, isTrusted: Bool = true) {
            self.supplier = supplier
            self.absence = absence
            self.isTrusted = isTrusted
        }
    }

    package let kept: [SupplierID]
    package let replaced: [SupplierID]
    /// How many are to be hired.
    package let vacancyCount: Int
    /// Of those that are replaced, who gets new blocks for as long as there are too few others: who
    /// is full and answers, since a full supplier may have room again.
    package let standIns: [SupplierID]

    /// - Parameters:
    ///   - need: suppliers that the widest block needs, one for each of its fragments.
    ///   - grace: nanoseconds of absence after which somebody is replaced.
    package init(_ members: [Member], need: Int, grace: UInt64) {
        let isKept = { (member: Member) in member.isTrusted && member.absence.idle <= grace }
        kept = members.filter(isKept).map(\.supplier)
        replaced = members.filter { !isKept($0) }.map(\.supplier)
        let vacancyCount = max(0, need - kept.count)
        self.vacancyCount = vacancyCount
        standIns =
            vacancyCount == 0
            ? []
            : members.filter {
                !isKept($0) && $0.isTrusted && $0.absence.silence <= grace
            }.map(\.supplier)
    }
}
