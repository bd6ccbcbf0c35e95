internal import Synchronization

/// Asks a running operation to stop at the next safe point.
package final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    package var isCancelled: Bool { flag.load(ordering: .relaxed) }

    package func cancel() {
        flag.store(true, ordering: .relaxed)
    }

    package func check() throws {
        if isCancelled { throw CancelledError() }
    }
}

/// The operation was cancelled; what had receipts stays stored.
package struct CancelledError: Error {
    package init() {}
}
