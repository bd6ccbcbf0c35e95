internal import IdentityServers
internal import Model
internal import Networking

/// Whether an identity server answers where the configuration says, and if not, where and why.
struct IdentityServerCheck: Sendable {
    let http: HTTPClient

    struct Outcome: Sendable {
        let finding: Finding
        /// Its clock, in seconds since 1970.
        let clock: Int64?
    }

    func check(_ server: IdentityServers.KnownServer) async -> Outcome {
        let subject = "identity server \(server.host)"
        let first = await ask(server)
        if first.isIndex {
            let text = "answers on port \(server.webPort)"
            return Outcome(finding: Finding(.good, subject, text), clock: first.clock)
        }
        for port in [80, 8084] as [UInt16] where port != server.webPort {
            let other = IdentityServers.KnownServer(
                host: server.host, webPort: port, tcpPort: server.tcpPort)
            let second = await ask(other)
            guard second.isIndex else { continue }
            return Outcome(
                finding: Finding(
                    .warning, subject,
                    "does not answer on port \(server.webPort) (\(first.reason)), "
                        + "but on port \(port)",
                    remedy: "name it as \(other) in services/identity-propagate/known-servers"),
                clock: second.clock)
        }
        return Outcome(
            finding: Finding(
                .bad, subject, "does not answer on port \(server.webPort): \(first.reason)",
                remedy: "check that its node runs and its port is open"), clock: first.clock)
    }

    private struct Answer {
        var isIndex = false
        var reason = ""
        var clock: Int64?
    }

    private func ask(_ server: IdentityServers.KnownServer) async -> Answer {
        guard let url = WebURL(server.url) else { return Answer(reason: "no URL") }
        var request = HTTPClient.Request(.get, url)
        request.deadline = Limits.identityServerDeadline
        do throws(HTTPClient.Failure) {
            let response = try await http.send(request)
            var answer = Answer(clock: response.headers["Date"].flatMap(HTTPDate.seconds))
            let page = String(decoding: response.body, as: UTF8.self)
            answer.isIndex =
                response.status == 200
                && page.contains("<title>Identities on \(server.host)</title>")
            answer.reason =
                response.status == 200
                ? "another page than \"Identities on \(server.host)\""
                : "status \(response.status)"
            return answer
        } catch {
            return Answer(reason: IdentityServerCheck.text(error))
        }
    }

    private static func text(_ failure: HTTPClient.Failure) -> String {
        switch failure {
        case .nameNotFound: "its name is not found"
        case .refused(let endpoint): "\(endpoint) refuses connections"
        case .unreachable(let endpoint): "\(endpoint) cannot be reached"
        case .timedOut: "it takes too long"
        case .cutOff: "it ends the connection"
        default: "\(failure)"
        }
    }
}
