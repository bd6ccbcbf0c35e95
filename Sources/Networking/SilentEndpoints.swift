package import Model
internal import Synchronization

/// Endpoints that left a connection unanswered a short time ago. Whoever looks in many places meets
/// the same dead ones again and again, and each of them costs a time-out.
///
/// Thread rules: any thread.
package final class SilentEndpoints: Sendable {
    private let time: any TimeSource
    /// Until when each is not tried again: uptime in nanoseconds.
    private let untils = Mutex<[Endpoint: UInt64]>([:])

    package init(time: any TimeSource) {
        self.time = time
    }

    package func isSilent(_ endpoint: Endpoint) -> Bool {
        let now = time.uptime
        return untils.withLock { untils in
            guard let until = untils[endpoint] else { return false }
            if until > now { return true }
            untils[endpoint] = nil
            return false
        }
    }

    package func note(_ endpoint: Endpoint) {
        let now = time.uptime
        untils.withLock { untils in
            if untils.count >= Limits.silentEndpointCountMax { untils = [:] }
            untils[endpoint] = now + Limits.absentNodeDelay
        }
    }
}
