internal import Model
internal import NIOHTTP1

/// The head of a request that is allowed, or the status that says why it is not.
struct RequestHead {
    let method: RequestMethod
    let path: String
    let query: String?
    let headers: HeaderFields
    let keepsAlive: Bool
    let awaitsContinue: Bool
    let isOldVersion: Bool

    struct Refusal: Error, Equatable {
        let status: Int
    }

    /// - Throws: the status to answer with, before any of the body is taken.
    init(_ head: HTTPRequestHead, bodyLengthMax: Int) throws(Refusal) {
        guard head.version == .http1_1 || head.version == .http1_0 else {
            throw Refusal(status: 505)
        }
        guard let method = RequestMethod(rawValue: head.method.rawValue) else {
            throw Refusal(status: 501)
        }
        self.method = method
        (path, query) = try RequestHead.target(head.uri)
        var headers = HeaderFields()
        for (name, value) in head.headers {
            guard headers.append(name, value) else { throw Refusal(status: 400) }
        }
        isOldVersion = head.version == .http1_0
        let hostCount = headers.values(of: "Host").count
        guard hostCount == 1 || isOldVersion && hostCount == 0 else { throw Refusal(status: 400) }
        if let text = headers["Content-Length"] {
            guard let length = Int(text), length >= 0 else { throw Refusal(status: 400) }
            guard length <= bodyLengthMax else { throw Refusal(status: 413) }
        }
        let expectation = headers["Expect"]?.lowercased()
        guard expectation == nil || expectation == "100-continue" else {
            throw Refusal(status: 417)
        }
        awaitsContinue = expectation != nil && !isOldVersion
        keepsAlive = head.isKeepAlive
        self.headers = headers
    }

    /// Path and query, of either form a request may have.
    private static func target(_ uri: String) throws(Refusal) -> (String, String?) {
        guard uri.utf8.count <= Limits.targetLengthMax else { throw Refusal(status: 414) }
        var target = uri
        if !uri.hasPrefix("/") {
            guard let url = WebURL(uri) else { throw Refusal(status: 400) }
            target = url.target
        }
        guard target.utf8.allSatisfy({ $0 > 32 && $0 < 127 }) else { throw Refusal(status: 400) }
        guard let mark = target.firstIndex(of: "?") else { return (target, nil) }
        return (String(target[..<mark]), String(target[target.index(after: mark)...]))
    }
}
