/// Whether a peer is too slow, silent or idle, as a value: times are nanoseconds of uptime.
///
/// | while | must | or |
/// |---|---|---|
/// | no session yet | be established within `handshakeDeadline` | it ends |
/// | the peer owes bytes | bring `minimumRateByteCount` in each `minimumRateWindow` | it ends |
/// | bytes wait for the peer | take them at the same rate | it ends |
/// | requests are under way | be heard within `pingInterval` | a ping, then the end |
/// | nothing is under way | be heard within `idleDeadline` | we leave |
struct SessionPace {
    enum Verdict: Equatable {
        case fine
        case tooSlow
        case ping
        case leave
    }

    /// What holds at the moment of asking.
    struct Situation: Equatable {
        var isEstablished = true
        /// The peer has begun something and not ended it.
        var isOwed = false
        var isQuiet = true
        var isWaitingForPong = false
    }

    private let settings: SessionSettings
    private let start: UInt64
    private var lastHeard: UInt64
    private var lastPing: UInt64 = 0
    private var window: (start: UInt64, byteCount: Int)?
    /// Since when bytes wait for the socket, and until when they may.
    private var flushes: [UInt64] = []

    init(settings: SessionSettings, at uptime: UInt64) {
        self.settings = settings
        start = uptime
        lastHeard = uptime
    }

    mutating func heard(_ byteCount: Int, at uptime: UInt64) {
        lastHeard = uptime
        window?.byteCount += byteCount
    }

    /// A call of ours: the session is in use.
    mutating func used(at uptime: UInt64) { lastHeard = max(lastHeard, uptime) }

    mutating func flushed(_ byteCount: Int, at uptime: UInt64) {
        let begin = flushes.last.map { max($0, uptime) } ?? uptime
        flushes.append(begin + settings.writeTime(byteCount).nanoseconds)
    }

    /// The socket has taken the oldest flush.
    mutating func taken() {
        if !flushes.isEmpty { flushes.removeFirst() }
    }

    mutating func verdict(_ situation: Situation, at uptime: UInt64) -> Verdict {
        guard situation.isEstablished else {
            return uptime >= start + settings.handshakeDeadline.nanoseconds ? .tooSlow : .fine
        }
        if let end = flushes.first, uptime >= end { return .tooSlow }
        if isBelowRate(isOwed: situation.isOwed, at: uptime) { return .tooSlow }
        if situation.isWaitingForPong {
            let deadline = max(lastPing, lastHeard) + settings.pongDeadline.nanoseconds
            return uptime >= deadline ? .tooSlow : .fine
        }
        let silence = uptime >= lastHeard ? uptime - lastHeard : 0
        if !situation.isQuiet || settings.staysOpen {
            guard silence >= settings.pingInterval.nanoseconds else { return .fine }
            lastPing = uptime
            return .ping
        }
        return silence >= settings.idleDeadline.nanoseconds ? .leave : .fine
    }

    private mutating func isBelowRate(isOwed: Bool, at uptime: UInt64) -> Bool {
        guard isOwed else {
            window = nil
            return false
        }
        guard let current = window else {
            window = (uptime, 0)
            return false
        }
        guard uptime >= current.start + settings.minimumRateWindow.nanoseconds else {
            return false
        }
        window = (uptime, 0)
        return current.byteCount < settings.minimumRateByteCount
    }
}
