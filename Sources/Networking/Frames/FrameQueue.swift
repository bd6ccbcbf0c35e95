internal import Model
internal import Synchronization

/// Frames that have arrived and wait for their reader; a few, then the socket is not read on.
final class FrameQueue: Sendable {
    private struct State {
        var frames: [[UInt8]] = []
        var ending: NetworkError?
        var isEnded = false
        var reader: CheckedContinuation<Result<[UInt8]?, NetworkError>, Never>?
    }

    private let state = Mutex(State())

    var isFull: Bool { state.withLock { $0.frames.count >= Limits.frameQueueCountMax } }

    func append(_ frame: [UInt8]) {
        let reader = state.withLock { state in
            let reader = state.reader.take()
            if reader == nil, !state.isEnded { state.frames.append(frame) }
            return reader
        }
        reader?.resume(returning: .success(frame))
    }

    /// No more frames come: after those that wait, the reader gets `error`, or `nil` at an orderly
    /// end.
    func end(_ error: NetworkError?) {
        let reader = state.withLock { state in
            if !state.isEnded { state.ending = error }
            state.isEnded = true
            return state.reader.take()
        }
        reader?.resume(returning: error.map { .failure($0) } ?? .success(nil))
    }

    /// - Precondition: nobody else waits.
    func next() async throws(NetworkError) -> [UInt8]? {
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> Result<[UInt8]?, NetworkError>? in
                    precondition(state.reader == nil, "a connection has one reader")
                    if !state.frames.isEmpty { return .success(state.frames.removeFirst()) }
                    if state.isEnded { return state.ending.map { .failure($0) } ?? .success(nil) }
                    if Task.isCancelled { return .failure(.closed) }
                    state.reader = continuation
                    return nil
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            state.withLock { $0.reader.take() }?.resume(returning: .failure(.closed))
        }
        return try result.get()
    }
}
