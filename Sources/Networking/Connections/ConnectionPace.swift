internal import Model

/// What a listener demands of the other side.
package struct ConnectionLimits: Sendable {
    package var connectionCountMax = Limits.connectionCountMax
    /// Connections from one address range; those of this machine are not counted here, since they
    /// come from the web server in front.
    package var connectionsPerRangeMax = Limits.connectionsPerRangeMax
    package var headDeadline = Limits.headDeadline
    package var idleDeadline = Limits.idleDeadline
    /// From the first byte to the last of the whole connection; `nil` for none.
    package var totalDeadline: Duration?
    package var minimumRateByteCount = Limits.minimumRateByteCount
    package var minimumRateWindow = Limits.minimumRateWindow
    package var writeQueueLengthMax = Limits.writeQueueLengthMax

    package init() {}

    /// How long `byteCount` bytes may take to be written.
    func writeTime(_ byteCount: Int) -> Duration {
        minimumRateWindow + minimumRateWindow * (byteCount / max(1, minimumRateByteCount))
    }
}

/// Whether a peer is too slow, as a value: times are nanoseconds of uptime.
///
/// | state | until | ends |
/// |---|---|---|
/// | head | `headDeadline` after its start | when the head, or the first frame, is whole |
/// | body | every `minimumRateWindow` brings `minimumRateByteCount` bytes | when it is whole |
/// | idle | `idleDeadline` after its start | with the next byte |
/// | ours | no limit: the peer waits for us | when we have an answer |
/// | writing | a time given by its length | when the peer has taken the answer |
struct ConnectionPace {
    enum State: Equatable {
        case head(since: UInt64)
        case body(windowStart: UInt64, byteCount: Int)
        case idle(since: UInt64)
        case ours
        case writing(until: UInt64)
    }

    private(set) var state: State
    private let limits: ConnectionLimits
    private let end: UInt64

    /// A connection that was made just now owes us a head.
    init(limits: ConnectionLimits, at uptime: UInt64) {
        self.limits = limits
        state = .head(since: uptime)
        end = limits.totalDeadline.map { uptime + $0.nanoseconds } ?? .max
    }

    /// When ``isTooSlow(at:)`` is worth asking next.
    var deadline: UInt64 {
        switch state {
        case .head(let since): min(end, since + limits.headDeadline.nanoseconds)
        case .body(let start, _): min(end, start + limits.minimumRateWindow.nanoseconds)
        case .idle(let since): min(end, since + limits.idleDeadline.nanoseconds)
        case .ours: end
        case .writing(let until): min(end, until)
        }
    }

    mutating func received(_ byteCount: Int, at uptime: UInt64) {
        switch state {
        case .idle: state = .head(since: uptime)
        case .body(let start, let count):
            state = .body(windowStart: start, byteCount: count + byteCount)
        case .head, .ours, .writing: break
        }
    }

    mutating func enter(_ state: State) { self.state = state }

    mutating func beginBody(at uptime: UInt64) {
        state = .body(windowStart: uptime, byteCount: 0)
    }

    /// Whether the connection must be closed. Begins the next window when a body keeps its rate.
    mutating func isTooSlow(at uptime: UInt64) -> Bool {
        guard uptime >= deadline else { return false }
        if uptime < end, case .body(_, let count) = state, count >= limits.minimumRateByteCount {
            beginBody(at: uptime)
            return false
        }
        return true
    }
}
