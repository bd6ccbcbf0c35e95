internal import IdentityServers
internal import Model
internal import Networking

/// Talks to identity servers over the node's HTTP client.
struct NodeExchange: HTTPExchange {
    let client: HTTPClient
    var connectDeadline = Limits.connectDeadline

    func send(
        method: String, url: String, body: [UInt8], deadline: Duration
    ) async throws -> HTTPAnswer {
        guard let method = RequestMethod(rawValue: method), let url = WebURL(url) else {
            throw ExchangeFailure.unreachable
        }
        var request = HTTPClient.Request(method, url, body: body)
        request.deadline = deadline
        request.connectDeadline = connectDeadline
        do throws(HTTPClient.Failure) {
            let response = try await client.send(request)
            return HTTPAnswer(
                status: response.status,
                headers: response.headers.fields.map { .init($0.name, $0.value) },
                body: response.body)
        } catch {
            throw error == .timedOut ? ExchangeFailure.timedOut : .unreachable
        }
    }
}
