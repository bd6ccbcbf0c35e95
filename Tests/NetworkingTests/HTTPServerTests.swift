import Model
import Synchronization
import Testing

@testable import Networking

@Suite struct HTTPServerTests {
    @Test func `a request arrives whole and its answer goes back`() async throws {
        try await withServer { server in
            let reply = try await talk(
                to: server,
                "POST /a%20b?c=d&e HTTP/1.1\r\nHost: x\r\nX-One: 1\r\nContent-Length: 5\r\n"
                    + "Connection: close\r\n\r\nhello")
            #expect(reply.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(reply.hasSuffix("\r\n\r\nPOST /a%20b c=d&e 1 hello"))
            #expect(reply.contains("\r\nContent-Length: 25\r\nConnection: close\r\n"))
        }
    }

    @Test func `the peer and the address it connected to are told`() async throws {
        let seen = Mutex<HTTPServer.Request?>(nil)
        let server = try await HTTPServer.open(at: loopback, threads: testThreads) { request in
            seen.withLock { $0 = request }
            return HTTPServer.Response(204)
        }
        let raw = try await RawConnection.open(to: server.localEndpoint)
        try await raw.send("GET / HTTP/1.0\r\n\r\n")
        #expect(await raw.rest().hasPrefix("HTTP/1.1 204 No Content\r\n"))
        let request = seen.withLock { $0 }
        #expect(request?.peer.address == loopback.address)
        #expect(request?.local == server.localEndpoint)
        await server.stop()
    }

    @Test func `a connection serves one request after another`() async throws {
        try await withServer { server in
            let raw = try await RawConnection.open(to: server.localEndpoint)
            for index in 1...3 {
                try await raw.send("GET /\(index) HTTP/1.1\r\nHost: x\r\n\r\n")
                _ = await raw.text { $0.contains("GET /\(index) ") }
            }
            try await raw.send("GET /4 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let all = await raw.rest()
            #expect(all.ranges(of: "HTTP/1.1 200 OK").count == 4)
            #expect(server.counts.admitted == 1)
        }
    }

    @Test func `requests that do not wait for their turn get one answer and the end`() async throws
    {
        try await withServer { server in
            let request = "GET /first HTTP/1.1\r\nHost: x\r\n\r\n"
            let reply = try await talk(
                to: server,
                request + String(repeating: "GET /more HTTP/1.1\r\nHost: x\r\n\r\n", count: 500))
            #expect(reply.ranges(of: "HTTP/1.1 200 OK").count == 1)
            #expect(reply.contains("GET /first"))
        }
    }

    @Test func `HEAD is answered like GET without the body`() async throws {
        try await withServer { server in
            let reply = try await talk(
                to: server, "HEAD /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            #expect(reply.contains("Content-Length: 9\r\n"))
            #expect(reply.hasSuffix("\r\n\r\n"))
        }
    }

    @Test func `a body in chunks is put together`() async throws {
        try await withServer { server in
            let reply = try await talk(
                to: server,
                "PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                    + "Connection: close\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
            #expect(reply.hasSuffix("PUT /   abcde"))
        }
    }

    @Test func `who asks first is told to go on`() async throws {
        try await withServer { server in
            let raw = try await RawConnection.open(to: server.localEndpoint)
            try await raw.send(
                "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
            let first = await raw.text { $0.hasSuffix("\r\n\r\n") }
            #expect(first.hasPrefix("HTTP/1.1 100 Continue\r\n"))
            try await raw.send("ok")
            let all = await raw.text { $0.hasSuffix("ok") }
            #expect(all.contains("HTTP/1.1 200 OK"))
            await raw.close()
        }
    }

    @Test func `a peer that has sent all may close its side and still gets the answer`()
        async throws
    {
        try await withServer { server in
            let raw = try await RawConnection.open(to: server.localEndpoint)
            try await raw.send("GET /half HTTP/1.1\r\nHost: x\r\n\r\n")
            try await raw.endOutput()
            #expect(await raw.rest().contains("GET /half"))
        }
    }

    // MARK: Refusals

    static let refusals: [(String, Int)] = [
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET relative HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("GET https://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            400
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ("GET /\(String(repeating: "a", count: 2049)) HTTP/1.1\r\nHost: a\r\n\r\n", 414),
        ("GET /\(String(repeating: "a", count: 90_000)) HTTP/1.1\r\nHost: a\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 17_000))\r\n\r\n", 431),
        ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: y\r\n", count: 101))\r\n", 431),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n"
                + String(repeating: "a", count: 1001), 413
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\nContent-Length: 1\r\n\r\n", 417),
        ("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        ("PATCH / HTTP/1.1\r\nHost: a\r\n\r\n", 501),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 400),
    ]

    @Test(arguments: refusals.indices)
    func `what is not allowed is refused before the handler sees it`(index: Int) async throws {
        let (request, status) = HTTPServerTests.refusals[index]
        var settings = HTTPServer.Settings()
        settings.bodyLengthMax = 1000
        try await withServer(settings) { server in
            let reply = try await talk(to: server, request)
            #expect(
                reply.hasPrefix("HTTP/1.1 \(status) "), "\(request.prefix(80)): \(reply.prefix(80))"
            )
            #expect(reply.contains("Connection: close\r\n"))
        }
    }

    @Test func `a head without end is cut off at its limit`() async throws {
        try await withServer { server in
            for start in ["GET /", "GET / HTTP/1.1\r\nHost: a\r\nX: "] {
                let raw = try await RawConnection.open(to: server.localEndpoint)
                for _ in 0..<40 {
                    // The server may close while we still send.
                    try? await raw.send(start + String(repeating: "a", count: 4000))
                }
                let reply = await raw.rest()
                #expect(reply.isEmpty || reply.hasPrefix("HTTP/1.1 4"))
            }
        }
    }

    @Test func `chunks with endless extensions are cut off`() async throws {
        var settings = HTTPServer.Settings()
        settings.bodyLengthMax = 1000
        try await withServer(settings) { server in
            let raw = try await RawConnection.open(to: server.localEndpoint)
            try await raw.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1")
            for _ in 0..<40 { try? await raw.send(";" + String(repeating: "a", count: 4000)) }
            let reply = await raw.rest()
            #expect(reply.isEmpty || reply.hasPrefix("HTTP/1.1 4"))
        }
    }

    @Test func `a slow head ends with 408`() async throws {
        var settings = HTTPServer.Settings()
        settings.connections.headDeadline = .milliseconds(40)
        try await withServer(settings) { server in
            let reply = try await talk(to: server, "GET / HTTP/1.1\r\nHos")
            #expect(reply.hasPrefix("HTTP/1.1 408 "))
            #expect(server.counts.tooSlow == 1)
        }
    }

    @Test func `a slow body ends the connection`() async throws {
        var settings = HTTPServer.Settings()
        settings.connections.minimumRateWindow = .milliseconds(40)
        try await withServer(settings) { server in
            let reply = try await talk(
                to: server, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n12")
            #expect(reply == "")
            #expect(server.counts.tooSlow == 1)
        }
    }

    @Test func `an idle connection ends`() async throws {
        var settings = HTTPServer.Settings()
        settings.connections.idleDeadline = .milliseconds(40)
        try await withServer(settings) { server in
            let reply = try await talk(to: server, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(reply.hasPrefix("HTTP/1.1 200 "))
            #expect(server.counts.tooSlow == 1)
        }
    }

    @Test func `a peer that does not read its answer is cut off`() async throws {
        var settings = HTTPServer.Settings()
        settings.connections.minimumRateWindow = .milliseconds(40)
        settings.connections.minimumRateByteCount = 1 << 30
        let server = try await HTTPServer.open(
            at: loopback, settings: settings, threads: testThreads
        ) { _ in HTTPServer.Response(200, body: [UInt8](repeating: 65, count: 64 << 20)) }
        let raw = try await RawConnection.open(to: server.localEndpoint)
        try await raw.stopReading()
        try await raw.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await server.stop(grace: .seconds(60))
        #expect(server.counts.tooSlow == 1)
        await raw.close()
    }

    // MARK: The end

    @Test func `a stopping server finishes the answers under way`() async throws {
        let held = AsyncStream.makeStream(of: Int.self)
        let entered = AsyncStream.makeStream(of: Int.self)
        let server = try await HTTPServer.open(at: loopback, threads: testThreads) { _ in
            entered.continuation.finish()
            for await _ in held.stream {}
            return HTTPServer.Response(200, text: "late")
        }
        let busy = try await RawConnection.open(to: server.localEndpoint)
        try await busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for await _ in entered.stream {}
        let idle = try await RawConnection.open(to: server.localEndpoint)
        async let stopped: Void = server.stop(grace: .seconds(60))
        #expect(await idle.rest() == "")
        held.continuation.finish()
        let reply = await busy.rest()
        #expect(reply.hasSuffix("late"))
        #expect(reply.contains("Connection: close\r\n"))
        await stopped
        await #expect(throws: (any Error).self) {
            _ = try await RawConnection.open(to: server.localEndpoint)
        }
    }

    @Test func `a stopping server does not wait for ever`() async throws {
        let held = AsyncStream.makeStream(of: Int.self)
        let entered = AsyncStream.makeStream(of: Int.self)
        let server = try await HTTPServer.open(at: loopback, threads: testThreads) { _ in
            entered.continuation.finish()
            // Ends since the task is cancelled with its connection.
            for await _ in held.stream {}
            return HTTPServer.Response(200)
        }
        let raw = try await RawConnection.open(to: server.localEndpoint)
        try await raw.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        for await _ in entered.stream {}
        await server.stop(grace: .milliseconds(10))
        #expect(await raw.rest() == "")
        #expect(server.counts.open == 0)
        held.continuation.finish()
    }

    @Test func `a port in use is named`() async throws {
        try await withServer { server in
            await #expect(throws: NetworkError.portInUse(server.localEndpoint.port)) {
                _ = try await HTTPServer.open(at: server.localEndpoint, threads: testThreads) {
                    _ in HTTPServer.Response(200)
                }
            }
        }
    }

    // MARK: Parts

    /// A server that answers with what it was asked.
    private func withServer(
        _ settings: HTTPServer.Settings = HTTPServer.Settings(),
        _ body: (HTTPServer) async throws -> Void
    ) async throws {
        let server = try await HTTPServer.open(
            at: loopback, settings: settings, threads: testThreads
        ) { request in
            let one = request.headers["x-one"] ?? ""
            return HTTPServer.Response(
                200,
                text: "\(request.method.rawValue) \(request.path) \(request.query ?? "") \(one) "
                    + String(decoding: request.body, as: UTF8.self))
        }
        try await body(server)
        await server.stop()
    }

    private func talk(to server: HTTPServer, _ text: String) async throws -> String {
        let raw = try await RawConnection.open(to: server.localEndpoint)
        // The server may answer and close before all is sent.
        try? await raw.send(text)
        return await raw.rest()
    }
}
