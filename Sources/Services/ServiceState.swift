/// What a service is doing, in the words that `states` prints.
package enum ServiceState: String, CaseIterable, Sendable {
    /// Switched off, or it gives way to a service that must not run beside it.
    case off = "OFF"
    /// Switched on; waits for services that are on their way.
    case influence = "INFLUENCE"
    case starting = "STARTING"
    case on = "ON"
    case stopping = "STOPPING"
    /// Switched on, but what it needs on this machine is not there, such as an identity.
    case notInstalled = "NOT_INSTALLED"
    /// Switched on, but a service that it needs is not going to run.
    case dependsOff = "DEPENDS_OFF"
    /// Switched on and held until someone lets it go on: `network disconnect`.
    case suspended = "SUSPENDED"
    /// Switched on; its last start or run failed. It is tried again.
    case failed = "FAILED"
    /// The node is shutting down, and this service has stopped.
    case closed = "CLOSED"
}
