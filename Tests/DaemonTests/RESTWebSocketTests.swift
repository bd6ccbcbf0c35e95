import APIModel
import Daemon
import Model
import Testing

/// The client's side of RFC 6455, as much as the tests need.
private struct Socket: Sendable {
    let connection: RESTConnection

    /// - Returns: the status of the answer; 101 when it is a WebSocket now.
    static func open(
        _ port: UInt16, path: String = "/", headers: [String: String] = [:], v6: Bool = false
    ) async throws -> (status: Int, socket: Socket, body: String) {
        let fields = [
            "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        ].merging(headers) { $1 }
        let line = RESTStation.request("GET", path, headers: fields, port: port)
        return try await RESTConnection.run {
            let connection = try RESTConnection(port: port, v6: v6)
            try connection.write(line)
            let answer = try connection.answer()
            return (answer.status, Socket(connection: connection), answer.text)
        }
    }

    func send(_ text: String, opcode: UInt8 = 1, isFinal: Bool = true) throws {
        let bytes = Array(text.utf8)
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        if bytes.count < 126 {
            frame.append(0x80 | UInt8(bytes.count))
        } else {
            frame.append(0x80 | 127)
            frame += (0..<8).map { UInt8(truncatingIfNeeded: bytes.count >> (56 - 8 * $0)) }
        }
        let mask: [UInt8] = [1, 2, 3, 4]
        frame += mask + bytes.enumerated().map { $1 ^ mask[$0 % 4] }
        try connection.write(frame)
    }

    /// Opcode and text of the next frame.
    func next() async throws -> (opcode: UInt8, text: String) {
        let connection = connection
        return try await RESTConnection.run {
            let head = try connection.read(2)
            var length = Int(head[1] & 0x7f)
            if length == 126 {
                length = try connection.read(2).reduce(0) { $0 << 8 | Int($1) }
            } else if length == 127 {
                length = try connection.read(8).reduce(0) { $0 << 8 | Int($1) }
            }
            return (head[0] & 15, String(decoding: try connection.read(length), as: UTF8.self))
        }
    }

    func value() async throws -> APIValue {
        try APIValue(parsing: Array(try await next().text.utf8))
    }
}

@Suite struct RESTWebSocketTests {
    private static let call = #"{"command":"api_call","method":"process_health","call_id":"#

    @Test func `calls are answered with their id, on both addresses`() async throws {
        try await RESTStation.with(prepare: { table in
            table.on("network/status") { request in .ok(["dht": .bool(request.flag("dht"))]) }
        }) { station in
            for v6 in [false, true] {
                let (status, socket, _) = try await Socket.open(station.sockets.port, v6: v6)
                #expect(status == 101)
                let call = #""method":"network_status","kwargs":{"dht":"1"},"call_id":7"#
                try socket.send(#"{"command":"api_call","# + call + "}")
                #expect(
                    try await socket.value() == [
                        "type": "api_call",
                        "payload": [
                            "call_id": 7, "response": ["status": "OK", "result": ["dht": true]],
                        ],
                    ])
                let bad = [
                    ("{", APIValue.null, "invalid json input"), ("[]", nil, "invalid json input"),
                    (#"{"command":"x","call_id":1}"#, 1, "invalid command"),
                    (
                        #"{"command":"api_call","method":"exec","call_id":"a"}"#, "a",
                        "method exec was not found"
                    ),
                ]
                for (text, id, error) in bad {
                    try socket.send(text)
                    let payload = try await socket.value()["payload"]
                    #expect(payload == ["call_id": id, "errors": [.text(error)]])
                }
                try socket.send(
                    #"{"command":"api_call","method":"config_get","kwargs":{},"call_id":2}"#)
                #expect(
                    try await socket.value()["payload"]?["response"]?["errors"]
                        == ["one of mandatory parameters missed: key"])
            }
        }
    }

    @Test func `what happens is pushed to every open socket`() async throws {
        try await RESTStation.with(sleeper: HandSleeper()) { station in
            let one = try await Socket.open(station.sockets.port).socket
            let two = try await Socket.open(station.sockets.port).socket
            while await station.events.consumerCount < 2 { await Task.yield() }
            await station.events.publish("my-event", ["a": 1])
            await station.events.publish("bob", ["state": "OFFLINE"], type: "online_status")
            for socket in [one, two] {
                #expect(
                    try await socket.value()
                        == [
                            "type": "event", "payload": ["event_id": "my-event", "data": ["a": 1]],
                        ])
                #expect(
                    try await socket.value()
                        == ["type": "online_status", "payload": ["state": "OFFLINE"]])
            }
        }
    }

    @Test func `a slow call holds up no other, and too many at once are told so`() async throws {
        let mayEnd = Signal()
        try await RESTStation.with(prepare: { table in
            table.on("process/info") { _ in
                await mayEnd.wait()
                return .ok(["late": true])
            }
        }) { station in
            let socket = try await Socket.open(station.sockets.port).socket
            for number in 1...Limits.webSocketCallCountMax {
                try socket.send(
                    #"{"command":"api_call","method":"process_info","call_id":\#(number)}"#)
            }
            try socket.send(Self.call + "100}")
            #expect(
                try await socket.value()["payload"]?["errors"] == ["too many calls at once"])
            mayEnd.give()
            var ids: Set<Int64> = []
            for _ in 1...Limits.webSocketCallCountMax {
                ids.insert(try await socket.value()["payload"]?["call_id"]?.asInteger ?? 0)
            }
            #expect(ids.count == Limits.webSocketCallCountMax)
            try socket.send(Self.call + "101}")
            #expect(try await socket.value()["payload"]?["call_id"] == 101)
        }
    }

    @Test func `pings are answered, parts are joined, a close is echoed`() async throws {
        try await RESTStation.with { station in
            let socket = try await Socket.open(station.sockets.port).socket
            try socket.send("hello", opcode: 9)
            let pong = try await socket.next()
            #expect(pong.opcode == 10 && pong.text == "hello")
            try socket.send(Self.call, isFinal: false)
            try socket.send("5}", opcode: 0)
            #expect(try await socket.value()["payload"]?["call_id"] == 5)
            try socket.send("", opcode: 8)
            #expect(try await socket.next().opcode == 8)
            let connection = socket.connection
            #expect(try await RESTConnection.run { try connection.readToEnd() } == [])
        }
    }

    @Test func `a message that is too long and a broken frame end the socket and nothing else`()
        async throws
    {
        try await RESTStation.with { station in
            for broken in [true, false] {
                let socket = try await Socket.open(station.sockets.port).socket
                if broken {
                    try socket.connection.write([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0])
                } else {
                    try socket.connection.write([0x81, 0xff, 0, 0, 0, 0, 0x7f, 0, 0, 0, 1, 2, 3, 4])
                }
                let connection = socket.connection
                _ = try await RESTConnection.run { try connection.readToEnd() }
            }
            let socket = try await Socket.open(station.sockets.port).socket
            try socket.send(Self.call + "1}")
            #expect(try await socket.value()["payload"]?["call_id"] == 1)
        }
    }

    @Test func `a web page and another user get no socket, the secret opens one`() async throws {
        let agent = "Mozilla/5.0 (X11; Linux x86_64)"
        try await RESTStation.with { station in
            let pages: [[String: String]] = [
                ["Origin": "https://evil.example", "User-Agent": agent],
                ["Origin": "null", "User-Agent": agent], ["User-Agent": agent],
                ["Host": "evil.example:\(station.sockets.port)"],
                ["Origin": "http://localhost:\(station.sockets.port)"],
            ]
            for headers in pages {
                let (status, _, body) = try await Socket.open(
                    station.sockets.port, headers: headers)
                #expect(status == 403 && body.contains("access denied"), "\(headers)")
            }
            let own = ["Origin": "http://localhost:\(station.rest.port)", "User-Agent": agent]
            #expect(try await Socket.open(station.sockets.port, headers: own).status == 101)
            let plain = try await Socket.open(
                station.sockets.port, headers: ["Upgrade": "none", "Connection": "close"])
            #expect(plain.status == 426)
        }
        try await RESTStation.with(callerUID: 1001) { station in
            let secret = RESTStation.secret.text
            let tries = [
                ("/", 401), ("/?a=guess", 401), ("/?a=\(secret)", 101),
                ("/?api_secret=\(secret)", 101),
            ]
            for (path, expected) in tries {
                let status = try await Socket.open(station.sockets.port, path: path).status
                #expect(status == expected, "\(path)")
            }
        }
    }

    @Test func `stopping ends open sockets and what is not yet one`() async throws {
        let station = try await RESTStation()
        let socket = try await Socket.open(station.sockets.port).socket
        let silent = try RESTConnection(port: station.sockets.port)
        await station.stop()
        for connection in [socket.connection, silent] {
            _ = try await RESTConnection.run { try connection.readToEnd() }
        }
        #expect(throws: RESTConnection.Failed.self) {
            try RESTConnection(port: station.sockets.port)
        }
    }
}
