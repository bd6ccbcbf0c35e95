internal import Glibc
internal import Synchronization

/// A thread of its own for work that blocks: the pipeline's stages read disks and wait for queues,
/// which the cooperative pool must not.
package final class WorkerThread: Sendable {
    private final class Start {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    private let thread: pthread_t

    /// Starts running `body`.
    package init(_ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(body))
        let attributes = UnsafeMutablePointer<pthread_attr_t>.allocate(capacity: 1)
        defer { attributes.deallocate() }
        pthread_attr_init(attributes)
        pthread_attr_setstacksize(attributes, 4 << 20)
        var thread: pthread_t = 0
        let status = pthread_create(
            &thread, attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Start>.fromOpaque(argument).takeRetainedValue().body()
                return nil
            }, start.toOpaque())
        precondition(status == 0, "the system refuses a thread: \(status)")
        pthread_attr_destroy(attributes)
        self.thread = thread
    }

    /// Lets the body run to its end with nobody waiting for it. Instead of ``join()``, once.
    package func detach() {
        pthread_detach(thread)
    }

    /// Waits for the body to return. Call it once.
    package func join() {
        pthread_join(thread, nil)
    }

    /// Does `body` for each of `0..<count`, so many at a time, and waits for all.
    ///
    /// For what waits: a queue of the system has no more threads than processors.
    package static func forEach(
        _ count: Int, atOnce threadCount: Int, _ body: @escaping @Sendable (Int) -> Void
    ) {
        let next = Counter()
        let threads = (0..<min(count, threadCount)).map { _ in
            WorkerThread {
                while true {
                    let index = next.value.wrappingAdd(1, ordering: .relaxed).oldValue
                    guard index < count else { return }
                    body(index)
                }
            }
        }
        for thread in threads { thread.join() }
    }

    /// The same where each gives something, or fails.
    ///
    /// - Returns: in order.
    /// - Throws: the first error by index, when all are done.
    package static func map<Result: Sendable>(
        _ count: Int, atOnce threadCount: Int,
        _ body: @escaping @Sendable (Int) throws -> Result
    ) throws -> [Result] {
        let results = Results<Result>()
        forEach(count, atOnce: threadCount) { index in
            let result = Swift.Result { try body(index) }
            results.byIndex.withLock { $0[index] = result }
        }
        let all = results.byIndex.withLock { $0 }
        return try (0..<count).compactMap { try all[$0]?.get() }
    }

    private final class Results<Value: Sendable>: Sendable {
        let byIndex = Mutex<[Int: Result<Value, any Error>]>([:])
    }

    private final class Counter: Sendable {
        let value = Atomic(0)
    }
}
