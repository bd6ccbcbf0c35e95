/// What a service runs. A driver calls `start` and `stop` in turn, never two calls at once.
package protocol ServiceBody: Sendable {
    /// Returns when the service does its work; whatever goes on then runs in tasks of its own.
    ///
    /// Cancelled when the service is switched off meanwhile. After an error nothing is left
    /// running, and `stop` is not called.
    func start() async throws

    /// Ends all that `start` began and returns when it has ended. A later `start` begins afresh.
    func stop() async
}
