internal import Model
internal import Services

/// A service that is only a condition for others: nothing runs in it.
struct StandingService: ServiceBody {
    /// What must hold for it to be on.
    var condition: @Sendable () async throws -> Void = {}

    func start() async throws { try await condition() }
    func stop() async {}
}
