internal import Model
internal import Networking

/// Where a `network.json` comes from: a URL or a file of this machine.
struct NetworkSource: Sendable {
    let http: HTTPClient

    /// - Throws: `BD-NETWORK-SOURCE` or `BD-FILE`.
    func read(_ text: String) async throws(Failure) -> [UInt8] {
        if text.hasPrefix("/") {
            return try HomeFile.read(text, limit: Limits.networkDescriptionLengthMax)
        }
        guard let url = WebURL(text) else {
            throw NetworkSource.failed(text, "it is neither an http:// URL nor an absolute path")
        }
        return try await fetch(.get, url)
    }

    func fetch(
        _ method: RequestMethod, _ url: WebURL, body: [UInt8] = []
    ) async throws(Failure) -> [UInt8] {
        var request = HTTPClient.Request(method, url, body: body)
        request.responseBodyLengthMax = Limits.networkDescriptionLengthMax
        let response: HTTPClient.Response
        do throws(HTTPClient.Failure) {
            response = try await http.send(request)
        } catch {
            throw NetworkSource.failed("\(url)", "\(error)")
        }
        guard response.status == 200 else {
            let text = String(decoding: response.body.prefix(200), as: UTF8.self)
            throw NetworkSource.failed("\(url)", "it answers \(response.status): \(text)")
        }
        return response.body
    }

    private static func failed(_ text: String, _ cause: String) -> Failure {
        Failure(
            "BD-NETWORK-SOURCE", .unreachable, "no network.json from \(displayText(text.utf8))",
            cause: displayText(cause.utf8), remedy: "check the address, and that its node runs")
    }
}
