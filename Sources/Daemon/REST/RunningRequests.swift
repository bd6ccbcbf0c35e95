internal import Synchronization

/// Counts the requests that are being answered, and tells when there are none.
final class RunningRequests: Sendable {
    private struct State {
        var count = 0
        var waiting: [CheckedContinuation<Void, Never>] = []
        var next = 0
        /// What ends the requests that only wait for something to happen.
        var cancellations: [Int: @Sendable () -> Void] = [:]
        var isCancelled = false
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

    /// Keeps what ends a waiting; calls it at once when all were cancelled before.
    ///
    /// - Returns: a number for ``waitsNoMore(_:)``.
    func waits(cancel: @escaping @Sendable () -> Void) -> Int {
        let (number, isCancelled) = state.withLock { state in
            state.next += 1
            state.cancellations[state.next] = cancel
            return (state.next, state.isCancelled)
        }
        if isCancelled { cancel() }
        return number
    }

    func waitsNoMore(_ number: Int) {
        state.withLock { $0.cancellations[number] = nil }
    }

    func cancelWaiting() {
        let cancellations = state.withLock { state in
            state.isCancelled = true
            return Array(state.cancellations.values)
        }
        for cancel in cancellations { cancel() }
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

/// Returns when `operation` is done or when `limit` is, whichever is first. The other goes on
/// alone: that is what parts this from a task group, which waits for all of its tasks.
func firstDone(
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
