internal import NIOCore

/// Asks a connection's pace often enough that no deadline is passed by more than a quarter.
///
/// Asking at fixed intervals costs nothing for each message, where a timer for each deadline would
/// be set and cleared with every request. Time is the event loop's own, as these deadlines concern
/// nothing but its sockets. Belongs to the thread of its channel.
final class PaceTimer {
    var pace: ConnectionPace

    private let interval: TimeAmount
    private let eventLoop: any EventLoop
    private var next: Scheduled<Void>?

    init(limits: ConnectionLimits, eventLoop: any EventLoop) {
        let shortest = min(limits.headDeadline, limits.minimumRateWindow, limits.idleDeadline)
        interval = TimeAmount(max(shortest / 4, .milliseconds(5)))
        self.eventLoop = eventLoop
        pace = ConnectionPace(limits: limits, at: eventLoop.now.uptimeNanoseconds)
    }

    var uptime: UInt64 { eventLoop.now.uptimeNanoseconds }

    /// Calls `tooSlow` once, on the channel's thread, when a deadline has passed.
    func start(tooSlow: @escaping () -> Void) {
        next = eventLoop.assumeIsolated().scheduleTask(in: interval) { [weak self] in
            guard let self else { return }
            if pace.isTooSlow(at: uptime) {
                tooSlow()
            } else {
                start(tooSlow: tooSlow)
            }
        }
    }

    func stop() {
        next?.cancel()
        next = nil
    }
}
