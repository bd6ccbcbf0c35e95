package import Model

/// Finds the addresses of a host.
package protocol NameResolver: Sendable {
    /// At least one address, in the order in which they should be tried.
    func addresses(of name: String) async throws(NameError) -> [IPAddress]
}

package enum NameError: Error, Equatable, Sendable {
    case notFound(String)
    /// No server that knows names answers.
    case noAnswer(String)
}
