import Model
import Testing

@testable import ErasureCoding

@Suite struct PlanCacheTests {
    private func key(_ targets: [Int]) -> CodingPlan.Key {
        CodingPlan.Key(
            scheme: scheme("4+4"), kernel: .best, sources: [0, 1, 2, 3], targets: targets)
    }

    @Test func `a plan in use is kept and the one not used longest goes`() {
        let cache = PlanCache(countMax: 2)
        let first = cache.plan(key([4]))
        let second = cache.plan(key([5]))
        #expect(cache.plan(key([4])) === first)
        _ = cache.plan(key([6]))
        #expect(cache.count == 2)
        #expect(cache.plan(key([4])) === first)
        #expect(cache.plan(key([5])) !== second)
    }

    @Test func `all instances of one scheme share its plan`() {
        let cache = PlanCache(countMax: 8)
        #expect(cache.plan(key([4, 5, 6, 7])) === cache.plan(key([4, 5, 6, 7])))
        #expect(cache.count == 1)
    }

    @Test func `hundreds of loss patterns leave a bounded number of plans`() throws {
        let code = ReedSolomon(scheme: scheme("6+6"))
        let stripe = try Stripe(code, length: 2, seed: 1)
        var random = Seeded(1)
        for _ in 0..<300 {
            _ = try stripe.survives(on: random.positions(6, below: 12), code: code)
        }
        #expect(PlanCache.shared.count <= Limits.codingPlanCountMax)
    }

    @Test func `a wide shape takes the transform and a narrow one the matrix`() {
        #expect(TransformPlan.serves("64+64"))
        #expect(TransformPlan.serves("29+51"))
        #expect(!TransformPlan.serves("10+6"))
        #expect(!TransformPlan.serves("200+55"))
    }
}

extension TransformPlan {
    /// Whether the parity of a scheme is computed by a transform, on the fastest vector kernel.
    fileprivate static func serves(_ text: String) -> Bool {
        let scheme = ErasureCodingTests.scheme(text)
        let sources = Array(0..<scheme.dataCount)
        let key = CodingPlan.Key(
            scheme: scheme, kernel: .best, sources: sources,
            targets: Array(scheme.dataCount..<scheme.fragmentCount))
        return TransformPlan(key, weights: FragmentWeights(scheme: scheme, sources: sources)) != nil
    }
}
