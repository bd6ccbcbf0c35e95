internal import Synchronization

/// The first error of a pipeline, which stops all of its stages.
package final class Outcome: Sendable {
    private struct State {
        var error: (any Error)?
        var stops: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    package init() {}

    package var hasFailed: Bool { state.withLock { $0.error != nil } }

    /// Adds what must be stopped when a stage fails: queues and pools that others wait on.
    package func onFailure(_ stop: @escaping @Sendable () -> Void) {
        state.withLock { $0.stops.append(stop) }
    }

    /// Notes the error if it is the first and stops everything.
    package func fail(_ error: any Error) {
        let stops = state.withLock { state -> [@Sendable () -> Void] in
            guard state.error == nil else { return [] }
            state.error = error
            return state.stops
        }
        for stop in stops { stop() }
    }

    /// Runs a stage: what it throws fails the pipeline.
    package func run(_ stage: () throws -> Void) {
        do {
            try stage()
        } catch {
            fail(error)
        }
    }

    package func check() throws {
        if let error = state.withLock({ $0.error }) { throw error }
    }
}
