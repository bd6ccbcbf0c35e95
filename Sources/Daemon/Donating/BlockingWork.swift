internal import NIOPosix

/// Threads for what waits for disks: a few, so that a crowd of requests waits its turn here and not
/// with its payloads in memory.
struct BlockingWork: Sendable {
    private let pool: NIOThreadPool

    init(threadCount: Int) {
        pool = NIOThreadPool(numberOfThreads: threadCount)
        pool.start()
    }

    /// Does `body` on one of the threads.
    ///
    /// - Throws: when the threads were stopped, or the task was cancelled before `body` began.
    func perform<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await pool.runIfActive(body)
    }

    /// Lets what has begun end.
    func stop() async {
        // Fails only when it was stopped before.
        try? await pool.shutdownGracefully()
    }
}
