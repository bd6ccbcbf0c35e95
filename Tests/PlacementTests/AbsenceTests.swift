import Model
import Placement
import Testing

/// Absence is time that was observed.
@Suite struct AbsenceTests {
    private static let hour: UInt64 = 3_600_000_000_000

    /// A machine with two clocks and a supplier that is looked at.
    private struct Watch {
        var absence = Absence()
        var wall: Int64 = 1_800_000_000_000_000_000
        var uptime: UInt64 = 1000
        var boot: UInt64 = 1

        mutating func look(after hours: UInt64 = 0, answers: Bool = false, isFull: Bool = false) {
            pass(hours)
            absence.note(
                answers: answers, isUseful: answers && !isFull,
                at: Absence.Moment(wall: wall, uptime: uptime, boot: boot))
        }

        mutating func pass(_ hours: UInt64) {
            wall += Int64(hours * AbsenceTests.hour)
            uptime += hours * AbsenceTests.hour
        }

        mutating func jump(hours: Int64) { wall += hours * Int64(AbsenceTests.hour) }

        mutating func restart(offFor hours: Int64) {
            jump(hours: hours)
            uptime = 1000
            boot += 1
        }

        var hours: UInt64 { absence.silence / AbsenceTests.hour }
    }

    @Test func `silence begins with the first look that finds it and ends with an answer`() {
        var watch = Watch()
        watch.look(answers: true)
        #expect(watch.absence.away == nil && watch.absence.seen == watch.wall)
        let seen = watch.wall
        watch.look(after: 5)
        #expect(watch.absence.silence == 1, "it may have gone a moment ago")
        watch.look(after: 5)
        watch.look(after: 2)
        #expect(watch.hours == 7)
        #expect(watch.absence.away == Away(seen: seen, silence: watch.absence.silence))
        watch.look(after: 1, answers: true, isFull: true)
        #expect(watch.absence.away == nil && watch.absence.idle / AbsenceTests.hour == 8)
        watch.look(after: 1, answers: true)
        #expect(watch.absence.idle == 0)
    }

    @Test(arguments: [-8760, -25, 25, 72, 8760, 90_000] as [Int64])
    func `a jump of the own clock adds nothing`(hours: Int64) {
        var watch = Watch()
        watch.look()
        watch.look(after: 11)
        watch.jump(hours: hours)
        watch.look(after: 1)
        watch.jump(hours: -hours)
        watch.look(after: 1)
        #expect(watch.hours == 13)
    }

    @Test func `a machine that was off counts half a day at most`() {
        var watch = Watch()
        watch.look()
        watch.restart(offFor: 3)
        watch.look()
        #expect(watch.hours == 3)
        watch.restart(offFor: 24 * 365)
        watch.look()
        #expect(watch.hours == 3 + 12)
        watch.restart(offFor: -24 * 365)
        watch.look()
        #expect(watch.hours == 15)
        // The machine ran, and nobody looked.
        watch.look(after: 500)
        #expect(watch.hours == 15 + 12)
    }

    @Test func `a clock at the end of time is no trap`() {
        var absence = Absence()
        for (number, wall) in [Int64.min, .max, 0, .min, .max].enumerated() {
            absence.note(
                answers: false, isUseful: false,
                at: Absence.Moment(wall: wall, uptime: .max, boot: UInt64(number)))
        }
        #expect(absence.silence <= 1 + 2 * Limits.silenceStepMax)
    }

    @Test func `looks near to each other count once, and old ones fade`() {
        var watch = Watch()
        watch.look(answers: true)
        for _ in 0..<50 { watch.look(answers: true) }
        #expect(watch.absence.lookCount == 1 && watch.absence.answeredPerMille == nil)
        watch.look()
        watch.look()
        watch.look(answers: true)
        #expect(watch.absence.lookCount == 2 && watch.absence.answerCount == 1)
        for _ in 0..<3000 { watch.look(after: 1) }
        #expect(watch.absence.lookCount < Limits.lookCountMax)
        #expect(watch.absence.answeredPerMille == 0)
    }
}
