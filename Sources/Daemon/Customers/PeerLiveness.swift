internal import Model

/// Whether a peer that owes an answer is still at it, as a value: times are nanoseconds of uptime.
///
/// A session pings a peer that it does not hear while something is under way
/// (`Limits.customerPingInterval`), so that one that lives is heard.
///
/// | since | nothing but | for | it is |
/// |---|---|---|---|
/// | it was last heard, or bytes last left for it | silence | `deafTime`, and the drain | deaf |
/// | bytes last came or left that are progress | signs of life | its answer time, and the drain | \
/// stuck |
///
/// The drain is `drainFactor` times as long as the bytes took to leave that it has not answered.
/// A slow line takes bytes slowly too, as long as they are more than the kernel keeps: what took
/// long to leave may take long to arrive. Whoever was sent nothing owes no sign of life: a limit of
/// ours may hold everything back.
struct PeerLiveness {
    enum Verdict: Equatable {
        case fine
        /// Its machine, its program or the way to it does nothing any more.
        case deaf
        /// It lives, and does not get on with what was asked.
        case stuck
    }

    /// Bytes of a session so far.
    struct Counts: Equatable {
        var received: UInt64
        var sent: UInt64
    }

    private var counts: Counts
    private var heardAt: UInt64
    private var sentWhenHeard: UInt64
    private var movedAt: UInt64
    private var progressAt: UInt64
    /// Since when bytes leave without much coming back.
    private var burstAt: UInt64
    private var answers: [UInt64] = []

    init(_ counts: Counts, at uptime: UInt64) {
        self.counts = counts
        (heardAt, movedAt, progressAt, burstAt) = (uptime, uptime, uptime, uptime)
        sentWhenHeard = counts.sent
    }

    /// Something is asked while nothing was under way.
    mutating func began(_ now: Counts, at uptime: UInt64) {
        let known = answers
        self = PeerLiveness(now, at: uptime)
        answers = known
    }

    /// An answer came, so long after it was asked for.
    mutating func answered(after nanoseconds: UInt64, at uptime: UInt64) {
        answers.append(nanoseconds)
        if answers.count > Limits.answerTimesKept { answers.removeFirst() }
        (progressAt, burstAt) = (uptime, uptime)
    }

    /// How long it may take to get on: what a supplier has shown to need, several times.
    var answerTime: UInt64 {
        guard answers.count >= Limits.answerTimesNeeded, let slowest = answers.max() else {
            return Limits.requestTime
        }
        let (time, isTooMuch) = slowest.multipliedReportingOverflow(by: Limits.answerTimeFactor)
        return isTooMuch
            ? Limits.requestTime : min(Limits.requestTime, max(Limits.answerTimeMin, time))
    }

    mutating func verdict(_ now: Counts, at uptime: UInt64) -> Verdict {
        let came = now.received &- counts.received
        let left = now.sent &- counts.sent
        if came > 0 { (heardAt, sentWhenHeard) = (uptime, now.sent) }
        if left > 0 { movedAt = uptime }
        if came >= Limits.progressLengthMin { burstAt = uptime }
        if max(came, left) >= Limits.progressLengthMin { progressAt = uptime }
        counts = now
        let drain = Limits.drainFactor * (max(progressAt, burstAt) - burstAt)
        if now.sent > sentWhenHeard,
            uptime >= max(heardAt, movedAt) + Limits.deafTime + drain
        {
            return .deaf
        }
        return uptime >= progressAt + answerTime + drain ? .stuck : .fine
    }
}
