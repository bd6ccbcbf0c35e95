internal import Synchronization

/// The keeping of the document while its service runs.
///
/// Thread rules: any thread.
final class PropagationSlot: Sendable {
    private let running = Mutex<(@Sendable () async -> Void)?>(nil)

    func fill(_ check: (@Sendable () async -> Void)?) { running.withLock { $0 = check } }

    /// Looks at all identity servers now, replaces those that do not answer, and returns when that
    /// is done; `false` while the service is off.
    func check() async -> Bool {
        guard let check = running.withLock({ $0 }) else { return false }
        await check()
        return true
    }
}
