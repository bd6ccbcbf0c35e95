internal import Synchronization

/// Counts the requests that are being answered, and tells when there are none.
final class RunningRequests: Sendable {
    private struct State {
        var count = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func began() {
        state.withLock { $0.count += 1 }
    }

    func ended() {
        let waiting = state.withLock { state in
            state.count -= 1
            guard state.count == 0 else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when no request runs.
    func none() async {
        await withCheckedContinuation { continuation in
            let isIdle = state.withLock { state in
                if state.count > 0 { state.waiting.append(continuation) }
                return state.count == 0
            }
            if isIdle { continuation.resume() }
        }
    }
}

/// Returns when `operation` is done or when `limit` is, whichever is first. The other goes on alone:
/// that is what parts this from a task group, which waits for all of its tasks.
func first(
    _ operation: @escaping @Sendable () async -> Void,
    or limit: @escaping @Sendable () async -> Void
) async {
    let isDone = Mutex(false)
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let done: @Sendable () -> Void = {
            let isFirst = isDone.withLock { done in
                defer { done = true }
                return !done
            }
            if isFirst { continuation.resume() }
        }
        Task {
            await operation()
            done()
        }
        Task {
            await limit()
            done()
        }
    }
}
