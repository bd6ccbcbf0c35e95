import APIModel
import Daemon
import Model
import Synchronization
import Testing

@Suite struct RESTServerTests {
    @Test func `curl of the same user is answered on both addresses, in the shape it knows`()
        async throws
    {
        try await RESTStation.with(prepare: { table in
            table.on("network/status") { request in
                .result(["dht": request.flag("dht") ? ["layers": [["contacts": 0]]] : nil])
            }
        }) { station in
            for v6 in [false, true] {
                let answer = try await station.send("GET", "/network/status/v1?dht=1", v6: v6)
                #expect(answer.status == 200)
                #expect(answer.headers["content-type"] == "application/json")
                #expect(answer.headers["access-control-allow-origin"] == nil)
                #expect(answer.headers["x-content-type-options"] == "nosniff")
                #expect(answer.text.contains("\n          \"contacts\": 0\n"))
                #expect(answer.text.hasSuffix("  \"status\": \"OK\"\n}\n"))
                #expect(answer.text.hasPrefix("{\n  \"execution\": \"0.0"))
            }
        }
    }

    @Test func `all three paths and a body of any type lead to the handler`() async throws {
        try await RESTStation.with(prepare: { table in
            table.on("config/set") { request in
                .result([request.value("value") ?? nil, APIValue(request.text("key"))])
            }
        }) { station in
            let types = ["application/x-www-form-urlencoded", "application/json", "text/plain", ""]
            for type in types {
                let answer = try await station.send(
                    "POST", "/config/set/v1", body: "{\"key\":\"a/b\",\"value\":[1]}",
                    headers: type.isEmpty ? [:] : ["Content-Type": type])
                #expect(answer.envelope?.result == [[1], "a/b"], "\(type)")
            }
            for path in ["/config/set/a/b/v1", "/v1/config/set/a/b", "/c/s/a/b/"] {
                let answer = try await station.send("POST", path, body: "{\"value\":[1]}")
                #expect(answer.envelope?.result == [[1], "a/b"], "\(path)")
            }
        }
    }

    @Test(
        arguments: [
            ("GET", "/x/y/v1?a=1", nil, "path '/x/y/v1' not found"),
            ("DELETE", "/process/health/v1", nil, "method DELETE:/process/health/v1 was not found"),
            ("GET", "/config/get/v1", nil, "mandatory url query argument missed: key"),
            ("POST", "/identity/create/v1", "{}", "one of mandatory parameters missed: username"),
            ("POST", "/identity/create/v1", nil, "mandatory json input missed: username"),
            ("POST", "/identity/create/v1", "{\"a\":1,\"a\":2}", "invalid json input"),
            ("GET", "/file/list/v1", nil, "service_backups() is not started"),
        ] as [(String, String, String?, String)])
    func `errors are envelopes with status 200, in the words of the older product`(
        verb: String, path: String, body: String?, error: String
    ) async throws {
        try await RESTStation.with { station in
            let answer = try await station.send(verb, path, body: body)
            #expect(answer.status == 200)
            #expect(answer.envelope?.errors == [error])
        }
    }

    @Test func `every route without a handler says which service is not started`() async throws {
        try await RESTStation.with { station in
            for route in RouteTable.all where !route.isBuilt {
                var body: [String: APIValue] = [:]
                for parameter in route.parameters where parameter.isMandatory {
                    body[parameter.name] = "x"
                }
                let verb = route.verbs[0].rawValue
                let path = route.paths[0].replacing("{consumer_callback_id}", with: "me")
                let query = body.keys.sorted().map { "\($0)=x" }.joined(separator: "&")
                let answer =
                    verb == "GET"
                    ? try await station.send(verb, "\(path)?\(query)")
                    : try await station.send(
                        verb, path,
                        body: String(decoding: APIValue.object(body).line, as: UTF8.self))
                #expect(
                    answer.envelope?.errors == ["service_\(route.service)() is not started"],
                    "\(verb) \(path): \(answer.text)")
            }
        }
    }

    @Test func `another user needs the secret and learns where it is`() async throws {
        for uid in [1001, nil] as [UInt32?] {
            try await RESTStation.with(callerUID: uid) { station in
                let refused = try await station.send("GET", "/process/health/v1")
                #expect(refused.status == 401)
                #expect(refused.envelope?.errors == ["access denied"])
                #expect(
                    refused.envelope?.message?.contains("/home/alice/.bitdust/apisecret") == true)
                let wrong = try await station.send(
                    "GET", "/process/health/v1", headers: ["api_secret": "guess"])
                #expect(wrong.status == 401 && wrong.envelope?.reason == "secret_wrong")
                #expect(station.reached.isEmpty)
                let right = try await station.send(
                    "GET", "/process/health/v1", headers: ["api_secret": RESTStation.secret.text])
                #expect(right.status == 200 && right.envelope?.isOK == true)
            }
        }
    }

    @Test func `what a browser sends for a page reaches no handler`() async throws {
        let agent = "Mozilla/5.0 (X11; Linux x86_64)"
        let pages: [[String: String]] = [
            [
                "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site",
                "User-Agent": agent,
            ],
            ["Sec-Fetch-Site": "cross-site", "User-Agent": agent],
            ["Host": "evil.example", "User-Agent": agent], ["Origin": "null"],
            ["User-Agent": agent], ["Content-Type": "multipart/form-data; boundary=x"],
        ]
        try await RESTStation.with(prepare: { $0.on("process/stop") { _ in .ok() } }) { station in
            for headers in pages {
                for (verb, path) in [("GET", "/process/stop/v1"), ("POST", "/event/send/x/v1")] {
                    let answer = try await station.send(
                        verb, path, body: verb == "POST" ? "{}" : nil, headers: headers)
                    #expect(answer.status == 403, "\(headers)")
                    #expect(answer.envelope?.errors == ["access denied"])
                }
            }
            #expect(station.reached.isEmpty)
            #expect(try await station.send("GET", "/process/stop/v1").envelope?.isOK == true)
        }
    }

    @Test func `bodies, targets and headers beyond their limits are refused, and the rest goes on`()
        async throws
    {
        try await RESTStation.with { station in
            let long =
                "{\"a\":\"" + String(repeating: "x", count: Limits.requestBodyLengthMax) + "\"}"
            let tooLong = try await station.send("POST", "/event/send/x/v1", body: long)
            #expect(tooLong.status == 413 && tooLong.envelope?.isOK == false)
            let target = "/process/health/v1?" + String(repeating: "a", count: 2048)
            #expect(try await station.send("GET", target).status == 414)
            let big = ["X-Big": String(repeating: "a", count: Limits.requestHeadersLengthMax + 1)]
            let port = station.rest.port
            let line = RESTStation.request("GET", "/process/health/v1", headers: big, port: port)
            let text = try await RESTConnection.run {
                let connection = try RESTConnection(port: port)
                try? connection.write(line)
                return String(decoding: (try? connection.readToEnd()) ?? [], as: UTF8.self)
            }
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 400"))
            #expect(station.reached.isEmpty)
            #expect(try await station.send("GET", "/process/health/v1").status == 200)
        }
    }

    @Test func `rubbish is refused and harms nobody`() async throws {
        let rubbish: [[UInt8]] = [
            Array("\r\n\r\n\r\n".utf8), Array("GET\r\n\r\n".utf8), [0x16, 3, 1, 0, 200, 1, 0],
            Array("GET / HTTP/9.9\r\n\r\n".utf8), Array("\u{0}\u{1}\u{2}\r\n\r\n".utf8),
            Array("GET /process/health/v1 HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n".utf8),
            Array("GET http://evil.example/ HTTP/1.1\r\n\r\n".utf8),
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8),
            Array(
                "POST /event/send/x/v1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".utf8),
        ]
        try await RESTStation.with { station in
            let port = station.rest.port
            for bytes in rubbish {
                let text = try await RESTConnection.run {
                    let connection = try RESTConnection(port: port)
                    try connection.write(bytes)
                    connection.finish()
                    return String(decoding: try connection.readToEnd(), as: UTF8.self)
                }
                #expect(!text.contains("\"status\": \"OK\""), "\(text)")
            }
            #expect(station.reached.isEmpty)
            #expect(try await station.send("GET", "/process/health/v1").envelope?.isOK == true)
        }
    }

    @Test func `a connection carries many requests, also when they come at once`() async throws {
        try await RESTStation.with { station in
            let port = station.rest.port
            let one = RESTStation.request("GET", "/process/health/v1", port: port)
            let head = RESTStation.request("HEAD", "/process/health/v1", port: port)
            let statuses = try await RESTConnection.run {
                let connection = try RESTConnection(port: port)
                var statuses: [Int] = []
                for _ in 0..<3 {
                    try connection.write(one)
                    statuses.append(try connection.answer().status)
                }
                try connection.write(head)
                statuses.append(try connection.answer(hasBody: false).status)
                try connection.write(one + one)
                statuses.append(try connection.answer().status)
                statuses.append(try connection.answer().status)
                return statuses
            }
            #expect(statuses == [Int](repeating: 200, count: 6))
        }
    }

    @Test func `more clients than connections are all answered`() async throws {
        try await RESTStation.with { station in
            let count = Limits.requestConnectionCountMax / 8
            let statuses = try await withThrowingTaskGroup { group in
                for _ in 0..<count {
                    group.addTask { try await station.send("GET", "/process/health/v1").status }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(statuses == [Int](repeating: 200, count: count))
        }
    }

    @Test func `a port that is taken is told with the name of its holder`() async throws {
        try await RESTStation.with { station in
            let port = station.rest.port
            let expected = InterfaceError.portInUse(port, holder: "apache2 (pid \(port))")
            await #expect(throws: expected) {
                _ = try await RESTServer(port: port, parts: station.parts)
            }
            await #expect(throws: expected) {
                _ = try await WebSocketServer(port: port, pagePort: 1, parts: station.parts)
            }
        }
    }
}
