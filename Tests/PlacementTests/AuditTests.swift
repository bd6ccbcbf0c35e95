import Model
import Testing

@testable import Placement

@Suite struct AuditTests {
    /// How a supplier answers; a share of its fragments is gone.
    private enum Manner { case honest, stonewalling, lying }

    /// Days until an audit has shown a loss, at the default budget; `nil` when none did.
    private static func daysUntilCaught(
        gone: Double, manner: Manner, timeouts: Double = 0, days: Int,
        _ random: inout SeededGenerator
    ) -> Int? {
        var schedule = AuditSchedule()
        let perDay = AuditSchedule.count(
            bytesPerDay: Limits.auditBytesPerDay, nanoseconds: 86_400_000_000_000)
        let fragmentCount = 10_000
        for day in 1...days {
            for _ in 0..<perDay {
                let challenge = schedule.next(fragmentCount: fragmentCount) { random.next() }
                let isGone = Double(challenge.fragment) < gone * Double(fragmentCount)
                let isLate = Double.random(in: 0..<1, using: &random) < timeouts
                let answer: AuditSchedule.Answer =
                    if isLate || (isGone && manner == .stonewalling) {
                        .none
                    } else if !isGone {
                        .proved
                    } else { manner == .lying ? .wrong : .missing }
                if let verdict = schedule.answered(answer), verdict != .passed { return day }
            }
        }
        return nil
    }

    @Test func `the default budget puts 64 challenges a day`() {
        let day: UInt64 = 86_400_000_000_000
        let count = AuditSchedule.count(bytesPerDay: Limits.auditBytesPerDay, nanoseconds: day)
        #expect(count == 64)
        #expect(AuditSchedule.count(bytesPerDay: 0, nanoseconds: day) == 0)
    }

    @Test(arguments: [(0.1, 1), (0.01, 8)])
    func `a supplier that dropped a share is caught in time`(_ gone: Double, _ days: Int) {
        for manner in [Manner.honest, .stonewalling, .lying] {
            var random = SeededGenerator(seed: 7)
            let count = 1000
            let caught = (0..<count).count { _ in
                AuditTests.daysUntilCaught(gone: gone, manner: manner, days: days, &random) != nil
            }
            // 1 - (1 - ρ)^64·days: 99.88 % and 99.42 %; a stonewaller has 12 challenges less.
            #expect(caught >= 985, "\(manner): \(caught) of \(count)")
        }
    }

    @Test func `time-outs alone convict nobody`() {
        // Worked out: a challenge goes wrong when all its attempts do, 64 of them a day.
        var chance = 64.0
        for _ in 0..<Limits.auditAttemptsMax { chance *= 0.2 }
        #expect(chance < 1e-6)
        // And played: as many days as a worse line, with half of all answers late, stands.
        var random = SeededGenerator(seed: 3)
        let convicted = (0..<40).count { _ in
            AuditTests.daysUntilCaught(
                gone: 0, manner: .honest, timeouts: 0.2, days: 200, &random) != nil
        }
        #expect(convicted == 0)
        let attempts = (0..<200).count { _ in
            AuditTests.daysUntilCaught(
                gone: 0, manner: .honest, timeouts: 0.9, days: 2, &random) != nil
        }
        #expect(attempts > 100, "a supplier that hardly ever answers does not pass")
    }

    @Test func `a challenge without answer is the next one until it has one`() {
        var random = SeededGenerator(seed: 1)
        var schedule = AuditSchedule()
        let first = schedule.next(fragmentCount: 1000) { random.next() }
        #expect(schedule.answered(.none) == nil)
        let second = schedule.next(fragmentCount: 1000) { random.next() }
        #expect(second.fragment == first.fragment && second.offset == first.offset)
        #expect(second.silences == 1)
        #expect(schedule.answered(.proved) == .passed && schedule.contained == nil)
        #expect(schedule.answered(.wrong) == nil, "an answer to nothing")
    }

    @Test func `every leaf of a fragment can be asked for and none beyond`() {
        for length in [4096, 8192, 100 * 4096] {
            var seen: Set<Int> = []
            for step in 0..<1000 {
                let range = AuditSchedule.Challenge(fragment: 0, offset: Double(step) / 1000)
                    .range(length: length)
                #expect(range.count == 1024 && range.upperBound <= length)
                seen.insert(range.lowerBound / 1024)
            }
            #expect(seen.count == min(1000, length / 1024))
        }
    }

    @Test func `a score falls with losses, forgets them and says why`() {
        var score = SupplierScore()
        #expect(score.reason == "not audited yet" && score.isTrusted)
        for _ in 0..<100 { score.note(.passed) }
        #expect(score.value == 1 && score.reason == "100 % of its audits passed lately")
        score.note(.lost)
        #expect(score.isTrusted && score.hasLost && score.value < 1)
        #expect(score.reason == "99 % of its audits passed lately, 1 shown to be lost")
        for _ in 0..<20 { score.note(.lied) }
        #expect(!score.isTrusted && score.reason.hasSuffix("20 answered with wrong bytes"))
        score.settle()
        for _ in 0..<500 { score.note(.passed) }
        #expect(score.isTrusted && !score.hasLost && score.value > 0.98)
    }

    @Test func `a challenge of one of some rows waits for its answer, unless its row is gone`() {
        var number: UInt64 = 0
        func next() -> UInt64 {
            number += 1 << 40
            return number
        }
        let rows: [Int64] = [3, 7, 900, 4000]
        var schedule = AuditSchedule()
        let first = schedule.next(of: rows, random: next)
        #expect(rows.contains(Int64(first.fragment)))
        #expect(schedule.answered(.none) == nil)
        let again = schedule.next(of: rows, random: next)
        #expect(again.fragment == first.fragment && again.offset == first.offset)
        #expect(again.silences == 1)
        let others = rows.filter { $0 != Int64(first.fragment) }
        let other = schedule.next(of: others, random: next)
        #expect(others.contains(Int64(other.fragment)) && other.silences == 0)
        for _ in 1..<Limits.auditAttemptsMax { #expect(schedule.answered(.none) == nil) }
        #expect(schedule.answered(.none) == .lost, "silence is no way out")
        #expect(schedule.contained == nil)
    }
}
