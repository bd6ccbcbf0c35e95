package import Model
internal import Synchronization

/// How many bytes may move in one direction: what has moved is paid for before more may.
///
/// Thread rules: any thread.
package final class TransferRate: Sendable {
    private struct State {
        var schedule: RateSchedule
        /// Uptime at which what has moved so far has had its time.
        var paidUntil: UInt64 = 0

        mutating func pay(_ byteCount: Int, _ rate: UInt64, at now: UInt64) {
            let saved = now > Limits.rateBurstTime ? now - Limits.rateBurstTime : 0
            paidUntil = max(paidUntil, saved) + UInt64(Double(byteCount) / Double(rate) * 1e9)
        }
    }

    private let time: any TimeSource
    private let minuteOfDay: @Sendable (Timestamp) -> Int
    private let state: Mutex<State>

    package init(
        _ schedule: RateSchedule, time: any TimeSource,
        minuteOfDay: @escaping @Sendable (Timestamp) -> Int = LocalClock.minuteOfDay
    ) {
        self.time = time
        self.minuteOfDay = minuteOfDay
        state = Mutex(State(schedule: schedule))
    }

    /// From now on; what has moved is forgotten.
    package func follow(_ schedule: RateSchedule) {
        state.withLock { state in
            guard state.schedule != schedule else { return }
            state = State(schedule: schedule)
        }
    }

    /// Nanoseconds until more may move; 0 when it may now.
    package var wait: UInt64 {
        let (now, rate) = (time.uptime, rate)
        guard rate != nil else { return 0 }
        return state.withLock { $0.paidUntil > now ? $0.paidUntil - now : 0 }
    }

    /// Notes bytes that move now.
    package func took(_ byteCount: Int) {
        guard byteCount > 0, let rate else { return }
        let now = time.uptime
        state.withLock { $0.pay(byteCount, rate, at: now) }
    }

    /// Notes bytes unless others have to wait first.
    ///
    /// - Returns: 0, or nanoseconds until it is worth asking again.
    package func take(_ byteCount: Int) -> UInt64 {
        guard byteCount > 0, let rate else { return 0 }
        let now = time.uptime
        return state.withLock { state in
            if state.paidUntil > now { return state.paidUntil - now }
            state.pay(byteCount, rate, at: now)
            return 0
        }
    }

    private var rate: UInt64? {
        let schedule = state.withLock(\.schedule)
        guard !schedule.spans.isEmpty else { return schedule.otherwise }
        return schedule.rate(atMinute: minuteOfDay(time.now))
    }
}

/// The limits of a process for all sessions together. Peers of the local network and this machine
/// are free of them: it is the line to the others that is short.
package struct TransferRates: Sendable {
    package let send: TransferRate
    package let receive: TransferRate

    package init(send: TransferRate, receive: TransferRate) {
        self.send = send
        self.receive = receive
    }

    package init(send: RateSchedule, receive: RateSchedule, time: any TimeSource) {
        self.init(
            send: TransferRate(send, time: time), receive: TransferRate(receive, time: time))
    }

    /// Nothing is held back.
    package static func unlimited(time: any TimeSource) -> TransferRates {
        TransferRates(send: .unlimited, receive: .unlimited, time: time)
    }

    /// Whether a path is under the limits.
    package static func limits(_ path: SessionPath) -> Bool {
        switch path {
        case .direct(let endpoint): !endpoint.address.isLocal
        case .routed: true
        }
    }
}
