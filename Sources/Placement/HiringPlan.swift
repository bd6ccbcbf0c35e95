package import Model

/// Whom to hire of those that could be, so that the family fails as seldom together as it can.
///
/// The best come first, but one of a range of addresses that the family has already only when
/// nobody of a new range is left: what is in one place fails together. Nobody is hired twice, and of
/// the nodes of one operator only the best: no two fragments of a block go to the same hands.
package struct HiringPlan: Hashable, Sendable {
    package struct Hire: Hashable, Sendable {
        package let candidate: Candidate
        package let score: CandidateScore
    }

    /// Why somebody is not hired.
    package enum Refusal: Hashable, Sendable {
        case isOneself
        case isInFamily
        /// Another node of the same operator is, or is better.
        case sameOperator
        case tooLittleRoom
        case failedAudits
        /// There are enough better ones.
        case notNeeded
    }

    /// In the order in which they were chosen.
    package let hires: [Hire]
    package let passedOver: [SupplierID: Refusal]

    /// - Parameters:
    ///   - own: the user who hires.
    ///   - family: who is employed already.
    ///   - count: how many are wanted beside them.
    ///   - room: bytes that each must have.
    package init(
        _ candidates: [Candidate], own: UserID, family: [Candidate], count: Int, room: Int
    ) {
        var passedOver: [SupplierID: Refusal] = [:]
        let employed = Set(family.map(\.supplier))
        var operators = Set(family.map(\.operatorID))
        var ranges = Set(family.compactMap(\.range))
        var open: [Hire] = []
        for candidate in candidates where !open.contains(where: { $0.candidate == candidate }) {
            let refusal = HiringPlan.refusal(
                candidate, own: own, employed: employed, operators: operators, room: room)
            if let refusal {
                passedOver[candidate.supplier] = refusal
            } else {
                open.append(Hire(candidate: candidate, score: CandidateScore(candidate)))
            }
        }
        var hires: [Hire] = []
        while hires.count < count {
            open.removeAll { hire in
                guard operators.contains(hire.candidate.operatorID) else { return false }
                passedOver[hire.candidate.supplier] = .sameOperator
                return true
            }
            guard let best = HiringPlan.best(of: open, ranges: ranges) else { break }
            hires.append(best)
            operators.insert(best.candidate.operatorID)
            if let range = best.candidate.range { ranges.insert(range) }
            passedOver[best.candidate.supplier] = nil
            open.removeAll { $0.candidate.supplier == best.candidate.supplier }
        }
        for hire in open { passedOver[hire.candidate.supplier] = .notNeeded }
        self.hires = hires
        self.passedOver = passedOver
    }

    private static func refusal(
        _ candidate: Candidate, own: UserID, employed: Set<SupplierID>, operators: Set<UserID>,
        room: Int
    ) -> Refusal? {
        if candidate.operatorID == own { return .isOneself }
        if employed.contains(candidate.supplier) { return .isInFamily }
        if operators.contains(candidate.operatorID) { return .sameOperator }
        if candidate.auditsFailed > 0 { return .failedAudits }
        return candidate.free < room ? .tooLittleRoom : nil
    }

    /// Equal ones are told apart by their ids: the same candidates always give the same plan.
    private static func best(of hires: [Hire], ranges: Set<IPAddress>) -> Hire? {
        func worth(_ hire: Hire) -> (Int, Int) {
            let isShared = hire.candidate.range.map { ranges.contains($0) } ?? false
            return (isShared ? 0 : 1, hire.score.points)
        }
        return hires.max { left, right in
            let (one, other) = (worth(left), worth(right))
            return one != other ? one < other : left.candidate.supplier > right.candidate.supplier
        }
    }
}
