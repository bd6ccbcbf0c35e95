internal import Model
internal import NIOHTTP1

/// The head of an answer as it is sent.
enum ResponseHead {
    private static let ours = ["content-length", "transfer-encoding", "connection"]

    static func make(
        _ response: HTTPServer.Response, isLast: Bool, oldVersion: Bool
    ) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        for (name, value) in response.headers.fields where !ours.contains(name.lowercased()) {
            headers.add(name: name, value: value)
        }
        if mayHaveBody(response.status) {
            headers.add(name: "Content-Length", value: String(response.body.count))
        }
        if isLast {
            headers.add(name: "Connection", value: "close")
        } else if oldVersion {
            headers.add(name: "Connection", value: "keep-alive")
        }
        return HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: response.status), headers: headers)
    }

    /// - SeeAlso: RFC 9110, 6.4.1.
    static func mayHaveBody(_ status: Int) -> Bool {
        status >= 200 && status != 204 && status != 304
    }
}

extension HTTPServer.Settings {
    /// Raw bytes of a head with its request line.
    var headBudget: Int { headLengthMax + Limits.targetLengthMax + 1024 }
    /// Raw bytes of a body: twice its length, for chunks of any but the silliest size.
    var bodyBudget: Int { 2 * bodyLengthMax + (64 << 10) }
}
