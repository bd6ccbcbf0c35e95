/// One request and its answer; tests run whole networks of servers behind it.
package protocol HTTPExchange: Sendable {
    /// Sends a request to an `http://` URL and takes the whole answer.
    ///
    /// - Parameter deadline: what all of it may take, from the name to the last byte.
    /// - Throws: ``ExchangeFailure``; anything else counts as `unreachable`.
    func send(
        method: String, url: String, body: [UInt8], deadline: Duration
    ) async throws -> HTTPAnswer
}

package struct HTTPAnswer: Equatable, Sendable {
    package var status: Int
    package var headers: [IdentityServerAnswer.Header]
    package var body: [UInt8]

    package init(
        status: Int, headers: [IdentityServerAnswer.Header] = [], body: [UInt8] = []
    ) {
        self.status = status
        self.headers = headers
        self.body = body
    }
}

package enum ExchangeFailure: Error, Equatable, Sendable {
    case timedOut
    case unreachable
}

/// A request that a value wants made.
package struct ServerCall: Equatable, Sendable {
    package let method: String
    package let url: String
    package let body: [UInt8]

    package init(method: String, url: String, body: [UInt8]) {
        self.method = method
        self.url = url
        self.body = body
    }

    package init(get url: String) { self.init(method: "GET", url: url, body: []) }

    package init(post url: String, _ body: [UInt8]) {
        self.init(method: "POST", url: url, body: body)
    }

    static func get(_ url: String) -> ServerCall { ServerCall(method: "GET", url: url, body: []) }

    static func post(_ url: String, _ body: [UInt8]) -> ServerCall {
        ServerCall(method: "POST", url: url, body: body)
    }
}

package typealias ServerResult = Result<HTTPAnswer, ExchangeFailure>

extension Result where Success == HTTPAnswer, Failure == ExchangeFailure {
    /// The body of an answer with status 200.
    var page: [UInt8]? {
        guard case .success(let answer) = self, answer.status == 200 else { return nil }
        return answer.body
    }

    var status: Int? {
        guard case .success(let answer) = self else { return nil }
        return answer.status
    }

    var isTimeOut: Bool { self == .failure(.timedOut) }
}

extension HTTPExchange {
    /// Makes all calls at once; the results are in the order of the calls.
    package func perform(_ calls: [ServerCall], deadline: Duration) async -> [ServerResult] {
        await withTaskGroup(of: (Int, ServerResult).self) { group in
            for (index, call) in calls.enumerated() {
                group.addTask { (index, await result(of: call, deadline: deadline)) }
            }
            var results = [ServerResult](repeating: .failure(.unreachable), count: calls.count)
            for await (index, result) in group { results[index] = result }
            return results
        }
    }

    private func result(of call: ServerCall, deadline: Duration) async -> ServerResult {
        do {
            return .success(
                try await send(
                    method: call.method, url: call.url, body: call.body, deadline: deadline))
        } catch let failure as ExchangeFailure {
            return .failure(failure)
        } catch {
            return .failure(.unreachable)
        }
    }
}
