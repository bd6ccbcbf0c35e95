import Foundation
import Model
import Placement
import Testing

/// Whom to hire, as a function of what is known.
@Suite struct HiringTests {
    private static let own = UserID(Bytes32(words: (99, 0, 0, 0)))

    /// - Parameter operator: 1 to 98.
    private static func candidate(
        _ number: UInt64, operator operatorNumber: UInt64? = nil, at address: String? = nil,
        free: Int = 64 << 30, milliseconds: UInt64 = 5, answered: Int? = nil, failed: Int = 0
    ) -> Candidate {
        Candidate(
            supplier: SupplierID(Bytes32(words: (number, 0, 0, 0))),
            operatorID: UserID(Bytes32(words: (operatorNumber ?? number, 0, 0, 0))),
            address: address.flatMap { IPAddress($0) }, free: free,
            latency: milliseconds * 1_000_000, answeredPerMille: answered, auditsFailed: failed)
    }

    /// Candidates drawn by a seed: some share operators, ranges or faults.
    private static func drawn(_ seed: UInt64, count: Int) -> [Candidate] {
        var state = seed &+ 1
        func next(_ limit: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % limit
        }
        return (1...count).map { number in
            candidate(
                UInt64(number), operator: 1 + next(UInt64(count)),
                at: "\(next(3) + 11).0.\(next(4)).\(next(200) + 1)", free: Int(next(1 << 31)),
                milliseconds: next(600), answered: next(3) == 0 ? nil : Int(next(1001)),
                failed: next(9) == 0 ? 1 : 0)
        }
    }

    @Test(arguments: 0..<200)
    func `a plan keeps its rules whatever the candidates are`(_ seed: Int) {
        let candidates = HiringTests.drawn(UInt64(seed), count: 3 + seed % 30)
        let family = Array(candidates.prefix(seed % 3))
        let count = seed % 12
        let plan = HiringPlan(
            candidates, own: HiringTests.own, family: family, count: count, room: 64 << 20)
        let hired = plan.hires.map(\.candidate)
        #expect(hired.count <= count)
        #expect(Set(hired.map(\.supplier)).count == hired.count)
        let operators = (hired + family).map(\.operatorID)
        #expect(Set(hired.map(\.operatorID)).count == hired.count)
        #expect(Set(operators).count >= hired.count + Set(family.map(\.operatorID)).count)
        #expect(hired.allSatisfy { $0.free >= 64 << 20 && $0.auditsFailed == 0 })
        #expect(Set(hired.map(\.supplier)).isDisjoint(with: family.map(\.supplier)))
        // Everybody is hired or told why not.
        #expect(
            Set(plan.passedOver.keys).union(hired.map(\.supplier))
                == Set(candidates.map(\.supplier)))
        // Nobody is left out while there is room for one.
        if hired.count < count {
            #expect(!plan.passedOver.values.contains(.notNeeded))
        }
        // The order in which they were found says nothing.
        let reversed = HiringPlan(
            candidates.reversed(), own: HiringTests.own, family: family, count: count,
            room: 64 << 20)
        #expect(reversed == plan)
    }

    /// Nobody shares a range with another, or with the family, while somebody of a free range who
    /// could be hired is left out.
    @Test(arguments: 0..<200)
    func `a range is shared only when no other is left`(_ seed: Int) {
        let candidates = HiringTests.drawn(UInt64(seed) &+ 1000, count: 4 + seed % 40)
        let family = Array(candidates.prefix(seed % 4))
        let plan = HiringPlan(
            candidates, own: HiringTests.own, family: family, count: 1 + seed % 9, room: 64 << 20)
        let taken = Set(family.compactMap(\.range))
        let hired = plan.hires.map(\.candidate)
        var ranges = taken
        var sharing = 0
        for candidate in hired {
            if let range = candidate.range, !ranges.insert(range).inserted { sharing += 1 }
        }
        guard sharing > 0 else { return }
        let left = candidates.filter { plan.passedOver[$0.supplier] == .notNeeded }
        #expect(left.allSatisfy { $0.range.map { ranges.contains($0) } ?? false })
    }

    @Test func `a worse one of another range comes before a better one of the same`() {
        let plan = HiringPlan(
            [
                HiringTests.candidate(1, at: "11.0.0.1", milliseconds: 1, answered: 1000),
                HiringTests.candidate(2, at: "11.0.0.2", milliseconds: 1, answered: 1000),
                HiringTests.candidate(
                    3, at: "12.0.0.1", free: 64 << 20, milliseconds: 900, answered: 0),
            ], own: HiringTests.own, family: [], count: 2, room: 1)
        #expect(
            plan.hires.map { $0.candidate.address.map { "\($0)" } ?? "" }
                == ["11.0.0.1", "12.0.0.1"])
    }

    @Test func `of equals one of another address range comes first`() {
        let plan = HiringPlan(
            [
                HiringTests.candidate(1, at: "11.0.0.1", milliseconds: 1),
                HiringTests.candidate(2, at: "11.0.0.2", milliseconds: 1),
                HiringTests.candidate(3, at: "12.0.0.1", milliseconds: 100),
                HiringTests.candidate(4, at: "2a01:db8:1::1", milliseconds: 120),
                HiringTests.candidate(5, at: "2a01:db8:1:2::1", milliseconds: 1),
            ], own: HiringTests.own, family: [], count: 3, room: 1)
        #expect(
            plan.hires.map { $0.candidate.address.map { "\($0)" } ?? "" }
                == ["11.0.0.1", "2a01:db8:1:2::1", "12.0.0.1"])
    }

    @Test func `within a home network all addresses are as good`() {
        let all = (1...3).map { HiringTests.candidate($0, at: "192.168.1.\($0)") }
        let plan = HiringPlan(all, own: HiringTests.own, family: [], count: 3, room: 1)
        #expect(plan.hires.map(\.candidate) == all)
    }

    @Test func `oneself is never hired`() {
        let plan = HiringPlan(
            [HiringTests.candidate(1, operator: 99)], own: HiringTests.own, family: [], count: 1,
            room: 1)
        #expect(plan.hires.isEmpty)
        #expect(Array(plan.passedOver.values) == [.isOneself])
    }

    @Test func `plans are as in their golden file`() throws {
        var lines: [String] = []
        for seed in 0..<6 {
            let plan = HiringPlan(
                HiringTests.drawn(UInt64(seed), count: 12), own: HiringTests.own, family: [],
                count: 4, room: 64 << 20)
            lines.append("seed \(seed)")
            for hire in plan.hires {
                lines.append(
                    "  hire \(hire.candidate.supplier.short) \(hire.score.points): "
                        + hire.score.reasons.map { "\($0.points) \($0.text)" }
                        .joined(separator: ", "))
            }
            for (supplier, reason) in plan.passedOver.sorted(by: { $0.key < $1.key }) {
                lines.append("  not  \(supplier.short) \(reason)")
            }
        }
        let text = lines.joined(separator: "\n") + "\n"
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "fixtures/hiring/plans.txt")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: url)
        }
        #expect(try String(contentsOf: url, encoding: .utf8) == text)
    }

    @Test func `one that does not answer is not said to be so far away`() {
        let silent = CandidateScore(
            Candidate(
                supplier: SupplierID(.zero), operatorID: UserID(.zero), address: nil, free: 0,
                latency: .max))
        #expect(silent.reasons.map(\.text).contains("does not answer"))
    }

    @Test func `a score has its reasons, and a failed audit costs everything`() {
        let good = CandidateScore(HiringTests.candidate(1, answered: 1000))
        #expect(good.points == 50 + 20 + 20 + 5)
        let lost = CandidateScore(HiringTests.candidate(1, answered: 1000, failed: 1))
        #expect(lost.points == 0)
        #expect(lost.reasons.contains { $0.text == "failed 1 audit" })
    }

    @Test func `who is away or full is replaced after grace and not before`() {
        let id = { (number: UInt64) in SupplierID(Bytes32(words: (number, 0, 0, 0))) }
        let grace: UInt64 = 24 * 3_600_000_000_000
        func member(
            _ number: UInt64, silence: UInt64 = 0, idle: UInt64 = 0, isTrusted: Bool = true
        ) -> FamilyReview.Member {
            var absence = Absence()
            (absence.silence, absence.idle) = (silence, max(idle, silence))
            return .init(supplier: id(number), absence: absence, isTrusted: isTrusted)
        }
        let members = [
            member(1), member(2, silence: grace), member(3, silence: grace + 1),
            member(4, idle: grace + 1), member(5, isTrusted: false),
        ]
        let review = FamilyReview(members, need: 4, grace: grace)
        #expect(review.kept == [id(1), id(2)] && review.replaced == [id(3), id(4), id(5)])
        #expect(review.vacancyCount == 2)
        #expect(review.standIns == [id(4)], "better one that is full than nobody")
        let enough = FamilyReview(members, need: 2, grace: grace)
        #expect(enough.vacancyCount == 0 && enough.standIns == [])
    }
}
