/// Who follows a source of values, each with a stream of its own. What owns a source keeps this
/// under its lock and tells under it, so that all see the values in one order.
///
/// A listener that has ended is let go when it is next told something, and not when it ends: a task
/// that is cancelled runs handlers while the runtime holds a lock of that task, and resuming a task
/// takes the same lock. A handler that waited for the owner's lock could wait for ever for an owner
/// that tells that very task.
package struct Listeners<Element: Sendable> {
    private var continuations: [AsyncStream<Element>.Continuation] = []

    package init() {}

    /// What is told from now on. Who is slow gets only the newest `countMax` values.
    package mutating func listen(keeping countMax: Int) -> AsyncStream<Element> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Element.self, bufferingPolicy: .bufferingNewest(countMax))
        continuations.append(continuation)
        return stream
    }

    package mutating func tell(_ value: Element) {
        continuations.removeAll { continuation in
            if case .terminated = continuation.yield(value) { true } else { false }
        }
    }

    /// Those that have not ended, and those that have since they were last told something.
    package var count: Int { continuations.count }
}
