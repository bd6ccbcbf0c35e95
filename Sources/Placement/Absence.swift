package import Model

/// For how long a supplier has been away or full, in time that somebody was here to notice.
///
/// It is the time between looks at both of which it was away: by the machine's uptime, which no
/// setting of the clock changes, and across a restart by the wall clock, at most
/// `Limits.silenceStepMax`. A machine that was off for a month, or a clock that jumps, says nothing
/// about a supplier.
package struct Absence: Hashable, Sendable {
    /// When a look was taken.
    package struct Moment: Hashable, Sendable {
        /// Nanoseconds since 1970.
        package let wall: Int64
        package let uptime: UInt64
        package let boot: UInt64

        package init(wall: Int64, uptime: UInt64, boot: UInt64) {
            self.wall = wall
            self.uptime = uptime
            self.boot = boot
        }

        package init(_ time: any TimeSource) {
            self.init(wall: time.now.nanoseconds, uptime: time.uptime, boot: time.boot)
        }
    }

    /// Nanoseconds without an answer; 0 when it answered last time.
    package var silence: UInt64 = 0
    /// Nanoseconds without an answer or without room for anything new.
    package var idle: UInt64 = 0
    /// The wall clock when it answered last, nanoseconds since 1970; 0 when it never did.
    package var seen: Int64 = 0
    package var lookCount = 0
    package var answerCount = 0
    /// `nil` before the first.
    package var lastLook: Moment?

    package init() {}

    /// Takes in a look.
    ///
    /// - Parameter isUseful: whether it answers and takes something new.
    package mutating func note(answers: Bool, isUseful: Bool, at now: Moment) {
        let step = lastLook.map { Absence.step(from: $0, to: now) }
        func lasted(_ before: UInt64) -> UInt64 {
            // What begins between two looks begins with the later one.
            before == 0 ? 1 : before &+ (step ?? 0)
        }
        let hasJustGone = silence == 0 && !answers
        silence = answers ? 0 : lasted(silence)
        idle = isUseful ? 0 : lasted(idle)
        if answers { seen = now.wall }
        // Looks near to each other say no more than one, unless it has just gone.
        if lookCount == 0 || hasJustGone || step ?? .max >= Limits.lookInterval {
            lookCount += 1
            answerCount += answers ? 1 : 0
        }
        if lookCount >= Limits.lookCountMax {
            lookCount /= 2
            answerCount /= 2
        }
        lastLook = now
    }

    /// Time that has passed for sure.
    private static func step(from last: Moment, to now: Moment) -> UInt64 {
        if last.boot == now.boot, now.uptime >= last.uptime {
            return min(now.uptime - last.uptime, Limits.silenceStepMax)
        }
        let (passed, isOverflow) = now.wall.subtractingReportingOverflow(last.wall)
        return isOverflow || passed <= 0 ? 0 : min(UInt64(passed), Limits.silenceStepMax)
    }

    /// `nil` while it answers.
    package var away: Away? { silence == 0 ? nil : Away(seen: seen, silence: silence) }

    /// How often it answered; `nil` before there is enough to tell.
    package var answeredPerMille: Int? {
        lookCount < 4 ? nil : answerCount * 1000 / lookCount
    }
}

/// Since when a supplier is away, and what of that counts: the same wherever it is told.
package struct Away: Hashable, Sendable {
    /// The wall clock when it answered last, nanoseconds since 1970; 0 when it never did.
    package let seen: Int64
    /// Nanoseconds of silence that were noticed: what grace is held against.
    package let silence: UInt64

    package init(seen: Int64, silence: UInt64) {
        self.seen = seen
        self.silence = silence
    }
}
