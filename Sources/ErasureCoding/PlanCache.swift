internal import Model
internal import Synchronization

/// The coding plans used last, for the whole process: a plan depends on its key alone.
///
/// Thread rules: any thread. A plan that two threads miss at once is made twice and kept once.
final class PlanCache: Sendable {
    static let shared = PlanCache(countMax: Limits.codingPlanCountMax)

    private let countMax: Int
    /// The most recently used plan last.
    private let plans = Mutex<[CodingPlan]>([])

    init(countMax: Int) {
        self.countMax = countMax
    }

    func plan(_ key: CodingPlan.Key) -> CodingPlan {
        if let plan = touch(key) { return plan }
        let plan = CodingPlan(key)
        plans.withLock { plans in
            plans.removeAll { $0.key == key }
            plans.append(plan)
            if plans.count > countMax { plans.removeFirst(plans.count - countMax) }
        }
        return plan
    }

    var count: Int { plans.withLock { $0.count } }

    private func touch(_ key: CodingPlan.Key) -> CodingPlan? {
        plans.withLock { plans in
            guard let index = plans.lastIndex(where: { $0.key == key }) else { return nil }
            let plan = plans.remove(at: index)
            plans.append(plan)
            return plan
        }
    }
}
