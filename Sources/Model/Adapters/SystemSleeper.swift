/// Sleeps by the runtime's clock.
package struct SystemSleeper: Sleeper {
    package init() {}

    package func sleep(nanoseconds: UInt64) async throws {
        try await Task.sleep(nanoseconds: nanoseconds)
    }
}
