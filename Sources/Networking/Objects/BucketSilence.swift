internal import Model

/// Whether a bucket answers, as a value: who may ask it, when it fell silent, and who tries whether
/// it is back.
///
/// While it is silent one request at a time is let through, each some time after the last; all
/// others are refused at once, so that nobody waits for what does not come.
struct BucketSilence {
    /// What a request may do.
    enum Permission: Equatable {
        /// It is asked as usual.
        case ask
        /// Asked once, to see whether it answers again.
        case tryOnce
        case refused(ObjectError)
    }

    private struct Silence {
        let since: Timestamp
        var reason: String
        /// Uptime in nanoseconds.
        var nextTrial: UInt64
        var isTried = false
    }

    private var silence: Silence?

    /// ``ObjectError/silent(reason:)`` while it is.
    var error: ObjectError? {
        silence.map { silence in
            let moment = silence.since.description.prefix(19)
                .replacing("T", with: " ", maxReplacements: 1)
            return .silent(reason: "since \(moment) UTC: \(silence.reason)")
        }
    }

    mutating func ask(at uptime: UInt64) -> Permission {
        guard let error, let silence else { return .ask }
        guard !silence.isTried, uptime >= silence.nextTrial else { return .refused(error) }
        self.silence?.isTried = true
        return .tryOnce
    }

    /// It said something, whatever that was.
    mutating func answered() { silence = nil }

    /// Nothing came.
    mutating func stayedSilent(_ error: ObjectError, at now: Timestamp, uptime: UInt64) {
        let reason = if case .silent(let reason) = error { reason } else { error.text }
        silence = Silence(
            since: silence?.since ?? now, reason: reason,
            nextTrial: uptime + Limits.objectTrialInterval)
    }
}
