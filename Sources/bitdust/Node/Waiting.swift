internal import Dispatch
internal import Synchronization

/// Runs asynchronous work for a command, which has nothing else to do until it is done.
///
/// Only for the thread of `main`: a thread of the cooperative pool would wait for itself.
func waiting<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
) throws -> Value {
    let outcome = Outcome<Value>()
    let semaphore = DispatchSemaphore(value: 0)
    Task { @concurrent in
        do {
            outcome.set(.success(try await body()))
        } catch {
            outcome.set(.failure(error))
        }
        semaphore.signal()
    }
    semaphore.wait()
    return try outcome.get()
}

private final class Outcome<Value: Sendable>: Sendable {
    private let result = Mutex<Result<Value, any Error>?>(nil)

    func set(_ value: Result<Value, any Error>) { result.withLock { $0 = value } }

    /// - Precondition: it was set.
    func get() throws -> Value { try result.withLock { $0! }.get() }
}
