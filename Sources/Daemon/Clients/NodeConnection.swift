package import APIModel
internal import Glibc
internal import Model
internal import Networking

/// Calls the interface of the node that runs in a home, as `curl` would.
package struct NodeConnection: Sendable {
    private let home: NodeHome

    package init(home: NodeHome) {
        self.home = home
    }

    /// - Throws: `BD-NODE-SILENT` when the node does not answer or answers something else.
    package func call(
        _ route: Route, _ parameters: [String: APIValue]
    ) async throws -> APIEnvelope {
        guard let endpoint = endpoint else {
            throw silent("its interface is off or not ready: there is no \(home.restEndpoint)")
        }
        let threads = NetworkThreads()
        let client = HTTPClient(threads: threads, resolver: LoopbackOnly()) { $0.isLoopback }
        do {
            let response = try await client.send(try request(route, parameters, endpoint))
            await threads.stop()
            let value = try APIValue(parsing: response.body)
            guard let envelope = APIEnvelope(value) else {
                throw silent("it answers with status \(response.status)")
            }
            return envelope
        } catch {
            await threads.stop()
            if let failure = error as? Failure { throw failure }
            throw silent("\(error)")
        }
    }

    private func request(
        _ route: Route, _ parameters: [String: APIValue], _ endpoint: Endpoint
    ) throws(Failure) -> HTTPClient.Request {
        let isQuery = route.verbs[0] == .get
        let query = parameters.sorted { $0.key < $1.key }.map { name, value in
            let text = value.asText ?? String(decoding: value.line, as: UTF8.self)
            return "\(NodeConnection.escaped(name))=\(NodeConnection.escaped(text))"
        }.joined(separator: "&")
        let tail = isQuery && !query.isEmpty ? "?" + query : ""
        guard let url = WebURL("http://\(endpoint)/\(route.id)/v1\(tail)"),
            let method = RequestMethod(rawValue: route.verbs[0].rawValue)
        else { throw silent("\(route.id) cannot be asked for") }
        var request = HTTPClient.Request(method, url)
        if !isQuery {
            request.headers.append("Content-Type", "application/json")
            request.body = APIValue.object(parameters).line
        }
        if let secret { request.headers.append("api_secret", secret) }
        // Some answers are held until what they tell of is done, such as a registration.
        request.deadline = .seconds(Limits.nodeAnswerPatience)
        request.responseBodyLengthMax = Limits.nodeAnswerLengthMax
        return request
    }

    private var endpoint: Endpoint? {
        guard let text = try? HomeFile.read(home.restEndpoint, limit: 64) else { return nil }
        return Endpoint(String(decoding: text, as: UTF8.self).split(separator: "\n").first ?? "")
    }

    private var secret: String? {
        guard let text = try? HomeFile.read(home.apiSecret, limit: 256) else { return nil }
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first
        return line.map(String.init)
    }

    private func silent(_ cause: String) -> Failure {
        Failure(
            "BD-NODE-SILENT", .failed, "the node runs but does not answer", cause: cause,
            remedy: "read the end of \(home.log("bitdust.log")), or `bitdust restart`")
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            let scalar = Unicode.Scalar(byte)
            if byte < 0x80,
                scalar.properties.isAlphabetic || (48...57).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                    || byte == UInt8(ascii: ".")
            {
                result.unicodeScalars.append(scalar)
            } else {
                result += "%" + Hex.encode([byte]).uppercased()
            }
        }
    }
}

/// The interface is asked by address: no name is looked up.
private struct LoopbackOnly: NameResolver {
    func addresses(of name: String) async throws(NameError) -> [IPAddress] {
        throw .notFound(name)
    }
}
