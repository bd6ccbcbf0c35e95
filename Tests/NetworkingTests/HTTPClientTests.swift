import Model
import Testing

@testable import Networking

@Suite struct HTTPClientTests {
    private let client = HTTPClient(
        threads: testThreads, resolver: FixedResolver(["peer.test": [loopback.address]]),
        mayConnect: { _ in true })

    @Test func `an exchange with our server`() async throws {
        let server = try await HTTPServer.open(at: loopback, threads: testThreads) { request in
            HTTPServer.Response(
                201, headers: ["X-Host": request.headers["Host"] ?? ""],
                body: Array("\(request.method.rawValue) \(request.path)?".utf8)
                    + Array((request.query ?? "").utf8) + request.body)
        }
        let port = server.localEndpoint.port
        for method in [RequestMethod.get, .post, .put, .delete] {
            let url = try #require(WebURL("http://peer.test:\(port)/p?q=1"))
            let body = method == .post || method == .put ? [UInt8(1), 2] : []
            let response = try await client.send(
                HTTPClient.Request(method, url, headers: ["X-Two": "2"], body: body))
            #expect(response.status == 201)
            #expect(response.headers["x-host"] == "peer.test:\(port)")
            #expect(response.body == Array("\(method.rawValue) /p?q=1".utf8) + body)
        }
        await server.stop()
    }

    @Test func `responses in all three framings`() async throws {
        for framing in [
            "Content-Length: 5\r\n\r\nhello", "\r\nhello",
            "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        ] {
            let response = try await get("HTTP/1.1 200 OK\r\n" + framing)
            #expect(String(decoding: response.body, as: UTF8.self) == "hello")
        }
    }

    // MARK: Failures

    @Test func `each way to fail has its own error`() async throws {
        let cases: [(String, HTTPClient.Failure)] = [
            ("what?", .malformed),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", .cutOff),
            ("HTTP/1.1 200 OK\r\nContent-", .cutOff),
            ("", .cutOff),
            ("HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n", .tooLarge(limit: 100)),
            (
                "HTTP/1.1 200 OK\r\n\r\n" + String(repeating: "a", count: 101),
                .tooLarge(limit: 100)
            ),
            (
                "HTTP/1.1 200 OK\r\nX: \(String(repeating: "a", count: 17_000))\r\n\r\n",
                .tooLarge(limit: Limits.httpHeadLengthMax)
            ),
            (
                "HTTP/1.1 200 \(String(repeating: "a", count: 200_000))\r\n\r\n",
                .tooLarge(limit: Limits.httpHeadLengthMax)
            ),
        ]
        for (answer, failure) in cases {
            await #expect(throws: failure, "\(answer.prefix(60))") {
                _ = try await get(answer, bodyLengthMax: 100)
            }
        }
    }

    @Test func `a silent server ends with the deadline`() async throws {
        let server = try await ScriptedServer.open("HTTP/1.1 200 OK\r\n", ends: false)
        var request = HTTPClient.Request(.get, WebURL("http://\(server.endpoint)/")!)
        request.deadline = .milliseconds(60)
        await #expect(throws: HTTPClient.Failure.timedOut) { _ = try await client.send(request) }
        await server.close()
    }

    @Test func `a resolver that does not answer ends with the deadline`() async throws {
        let slow = HTTPClient(
            threads: testThreads, resolver: SilentResolver(), mayConnect: { _ in true })
        var request = HTTPClient.Request(.get, WebURL("http://peer.test/")!)
        request.deadline = .milliseconds(60)
        await #expect(throws: HTTPClient.Failure.timedOut) { _ = try await slow.send(request) }
    }

    @Test func `a cancelled exchange ends`() async throws {
        let server = try await ScriptedServer.open("HTTP/1.1 200 OK\r\n", ends: false)
        let request = HTTPClient.Request(.get, WebURL("http://\(server.endpoint)/")!)
        let exchange = Task { [client] () -> HTTPClient.Failure? in
            do {
                _ = try await client.send(request)
                return nil
            } catch { return error as? HTTPClient.Failure }
        }
        exchange.cancel()
        #expect(await exchange.value == .cancelled)
        await server.close()
    }

    @Test func `nobody listening, no such name`() async throws {
        let server = try await ScriptedServer.open("")
        let endpoint = server.endpoint
        await server.close()
        await #expect(throws: HTTPClient.Failure.refused(endpoint)) {
            _ = try await client.send(.init(.get, WebURL("http://\(endpoint)/")!))
        }
        await #expect(throws: HTTPClient.Failure.nameNotFound("other.test")) {
            _ = try await client.send(.init(.get, WebURL("http://other.test/")!))
        }
    }

    @Test func `the next address is tried when one refuses`() async throws {
        let server = try await ScriptedServer.open("HTTP/1.1 204 OK\r\n\r\n")
        let two = HTTPClient(
            threads: testThreads,
            resolver: FixedResolver(["two.test": [.v4(0x7f00_0002), loopback.address]]),
            mayConnect: { _ in true })
        let url = WebURL("http://two.test:\(server.endpoint.port)/")!
        #expect(try await two.send(.init(.get, url)).status == 204)
        await server.close()
    }

    // MARK: Addresses that are not allowed

    @Test func `an address that is not allowed is not connected to`() async throws {
        let careful = HTTPClient(
            threads: testThreads, resolver: FixedResolver(["peer.test": [loopback.address]]),
            mayConnect: { !$0.isLocal })
        for host in ["peer.test", "127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"] {
            let url = try #require(WebURL("http://\(host):9/"))
            let address = host == "[::1]" ? IPAddress("::1")! : loopback.address
            await #expect(throws: HTTPClient.Failure.addressNotAllowed(address)) {
                _ = try await careful.send(.init(.get, url))
            }
        }
    }

    @Test func `a redirect does not lead to an address that is not allowed`() async throws {
        let target = try await ScriptedServer.open("HTTP/1.1 200 OK\r\n\r\nsecret")
        let port = target.endpoint.port
        let outside = try await ScriptedServer.open(
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:\(port)/\r\n\r\n")
        let careful = HTTPClient(
            threads: testThreads, resolver: FixedResolver([:]),
            mayConnect: { $0 == loopback.address })
        await #expect(throws: HTTPClient.Failure.addressNotAllowed(.v4(0x7f00_0002))) {
            _ = try await careful.send(.init(.get, WebURL("http://\(outside.endpoint)/")!))
        }
        await target.close()
        await outside.close()
    }

    // MARK: Redirects

    @Test func `three redirects are followed, a fourth is not`() async throws {
        let server = try await HTTPServer.open(at: loopback, threads: testThreads) { request in
            let left = Int(request.path.dropFirst()) ?? 0
            return left == 0
                ? HTTPServer.Response(200, text: "here")
                : HTTPServer.Response(307, headers: ["Location": "/\(left - 1)"])
        }
        func request(_ count: Int, _ method: RequestMethod = .get) -> HTTPClient.Request {
            .init(method, WebURL("http://\(server.localEndpoint)/\(count)")!)
        }
        #expect(try await client.send(request(3)).body == Array("here".utf8))
        await #expect(throws: HTTPClient.Failure.tooManyRedirects(limit: 3)) {
            _ = try await client.send(request(4))
        }
        #expect(try await client.send(request(1, .post)).status == 307)
        var none = request(1)
        none.redirectCountMax = 0
        #expect(try await client.send(none).status == 307)
        await server.stop()
    }

    @Test func `redirects to other kinds of URL are refused`() async throws {
        for location in ["https://peer.test/", "file:///etc/passwd", "//peer.test/", "x", ""] {
            await #expect(throws: HTTPClient.Failure.badRedirect(location)) {
                _ = try await get("HTTP/1.1 302 Found\r\nLocation: \(location)\r\n\r\n")
            }
        }
    }

    private func get(
        _ answer: String, bodyLengthMax: Int = 1000
    ) async throws -> HTTPClient.Response {
        let server = try await ScriptedServer.open(answer)
        var request = HTTPClient.Request(.get, WebURL("http://\(server.endpoint)/")!)
        request.responseBodyLengthMax = bodyLengthMax
        let result: Result<HTTPClient.Response, any Error>
        do {
            result = .success(try await client.send(request))
        } catch {
            result = .failure(error)
        }
        await server.close()
        return try result.get()
    }
}

struct FixedResolver: NameResolver {
    private let names: [String: [IPAddress]]

    init(_ names: [String: [IPAddress]]) {
        self.names = names
    }

    func addresses(of name: String) async throws(NameError) -> [IPAddress] {
        guard let found = names[name] else { throw .notFound(name) }
        return found
    }
}

/// Answers only when it is cancelled.
struct SilentResolver: NameResolver {
    func addresses(of name: String) async throws(NameError) -> [IPAddress] {
        let never = AsyncStream.makeStream(of: Int.self)
        for await _ in never.stream {}
        never.continuation.finish()
        throw .noAnswer(name)
    }
}
