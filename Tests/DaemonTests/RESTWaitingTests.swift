import APIModel
import Daemon
import Model
import Networking
import Synchronization
import Testing

@Suite struct RESTWaitingTests {
    @Test func `a long call is held open until its handler answers`() async throws {
        let (began, mayEnd) = (Signal(), Signal())
        try await RESTStation.with(prepare: { table in
            table.on("identity/create") { request in
                began.give()
                await mayEnd.wait()
                return .ok(["name": APIValue(request.text("username"))])
            }
        }) { station in
            async let answer = station.send(
                "POST", "/identity/create/v1", body: "{\"username\":\"alice\"}")
            await began.wait()
            let other = try await station.send("GET", "/process/health/v1")
            #expect(other.status == 200)
            mayEnd.give()
            #expect(try await answer.envelope?.result == ["name": "alice"])
        }
    }

    @Test func `who hangs up cancels what only waited for him`() async throws {
        let (began, cancelled, forever) = (Signal(), Signal(), Signal())
        try await RESTStation.with(prepare: { table in
            table.on("network/connected") { _ in
                await withTaskCancellationHandler {
                    began.give()
                    await forever.wait()
                } onCancel: {
                    cancelled.give()
                    forever.give()
                }
                return .ok()
            }
        }) { station in
            let port = station.rest.port
            let line = RESTStation.request("GET", "/network/connected/v1", port: port)
            let connection = try RESTConnection(port: port)
            try connection.write(line)
            await began.wait()
            connection.finish()
            await cancelled.wait()
        }
    }

    @Test func `stopping lets a running request end, cancels the waiting and takes no more`()
        async throws
    {
        let (began, mayEnd) = (Signal(), Signal())
        let station = try await RESTStation(prepare: { table in
            table.on("config/list") { _ in
                began.give()
                await mayEnd.wait()
                return .result(["done"])
            }
        })
        let port = station.rest.port
        async let running = station.send("GET", "/config/list/v1")
        async let waiting = station.send("GET", "/event/listen/me/v1?polling_timeout=3600")
        await began.wait()
        while await station.events.consumerCount == 0 { await Task.yield() }
        async let stopped: Void = station.stop()
        // The port is closed first. The kernel is asked: a connection in the moment of stopping
        // meets an assertion of the library's, in builds that have them.
        while PortHolder.find(port: port, .tcp) != nil { await Task.yield() }
        #expect((try? RESTConnection(port: port)) == nil)
        mayEnd.give()
        #expect(try await running.envelope?.result == ["done"])
        #expect(try await waiting.envelope?.result == [])
        await stopped
    }

    @Test func `a long poll gets what was published since it asked last, then what comes`()
        async throws
    {
        try await RESTStation.with(sleeper: HandSleeper()) { station in
            let path = "/event/listen/electron/v1"
            let first = try await station.send("GET", path + "?polling_timeout=0")
            #expect(first.envelope?.result == [])
            let sent = try await station.send("POST", "/event/send/my-event/v1", body: "{\"a\":1}")
            #expect(sent.envelope?.result?["event_id"] == "my-event")
            let second = try await station.send("GET", path).envelope?.result?.asArray ?? []
            #expect(second.count == 1 && second[0]["id"] == "my-event")
            #expect(second.first?["data"] == ["a": 1])
            async let third = station.send("GET", path)
            while await station.events.counters["x"] == nil, await station.events.consumerCount < 1
            {
                await Task.yield()
            }
            await station.events.publish("x", ["b": 2])
            #expect(try await third.envelope?.result?.asArray?.first?["data"] == ["b": 2])
            let counters = try await station.send("GET", "/event/list/v1").envelope?.result
            #expect(
                counters == [["event_id": "my-event", "count": 1], ["event_id": "x", "count": 1]])
            for name in ["a%20b", "%0a", String(repeating: "a", count: 101)] {
                let answer = try await station.send("POST", "/event/send/\(name)/v1", body: "{}")
                #expect(answer.envelope?.errors == ["invalid event id"])
            }
        }
    }

    @Test func `a stream sends events as they come, keeps alive, and begins where one left off`()
        async throws
    {
        let sleeper = HandSleeper()
        try await RESTStation.with(sleeper: sleeper) { station in
            for number in 1...3 { await station.events.publish("e", APIValue(number)) }
            let port = station.rest.port
            let line = RESTStation.request("GET", "/event/stream/v1?since=1", port: port)
            let connection = try RESTConnection(port: port)
            try connection.write(line)
            let head = try await RESTConnection.run { try connection.read(until: "\r\n\r\n") }
            #expect(head.hasPrefix("HTTP/1.1 200") && head.contains("text/event-stream"))
            let second = try await RESTConnection.run {
                try connection.read(until: "\"id\": \"e\"")
            }
            #expect(second.contains("id: 2\nevent: e\ndata: {\"data\": 2, "))
            let third = try await RESTConnection.run { try connection.read(until: "\"id\": \"e\"") }
            #expect(third.contains("id: 3\nevent: e\ndata: {\"data\": 3, "))
            await sleeper.somebody()
            sleeper.wakeAll()
            _ = try await RESTConnection.run { try connection.read(until: ":\n\n") }
            await station.events.publish("later", ["x": "line\nfeed"])
            let later = try await RESTConnection.run {
                try connection.read(until: "\"id\": \"later\"")
            }
            #expect(later.contains("event: later\ndata: {\"data\": {\"x\": \"line\\nfeed\"}"))
        }
    }
}

@Suite struct RESTEventBusTests {
    private let sleeper = HandSleeper()

    @Test func `a consumer that leaves more than 100 unread is dropped, others are not`() async {
        let bus = EventBus(time: SystemTime(), sleeper: sleeper)
        #expect(await bus.listen("slow", timeoutSeconds: 0) == [])
        let stream = await bus.subscribe()
        for number in 1...100 { await bus.publish("e", APIValue(number)) }
        #expect(await bus.consumerCount == 2)
        #expect(await bus.next(stream, timeoutSeconds: 1)?.count == 100)
        await bus.publish("e", 101)
        #expect(await bus.consumerCount == 1)
        #expect(await bus.listen("slow", timeoutSeconds: 0) == [])
        #expect(await bus.next(stream, timeoutSeconds: 1)?.map(\.data) == [101])
        for number in 1...101 { await bus.publish("e", APIValue(number)) }
        #expect(await bus.next(stream, timeoutSeconds: 1) == nil)
    }

    @Test func `waiting ends with the time, with the task, and when the same one asks again`()
        async
    {
        let bus = EventBus(time: SystemTime(), sleeper: sleeper)
        async let timed = bus.listen("a", timeoutSeconds: 5)
        await sleeper.somebody()
        sleeper.wakeAll()
        #expect(await timed == [])
        let task = Task { await bus.listen("b", timeoutSeconds: 5) }
        await sleeper.somebody()
        task.cancel()
        #expect(await task.value == [])
        let older = Task { await bus.listen("c", timeoutSeconds: 5) }
        await sleeper.somebody()
        #expect(await bus.listen("c", timeoutSeconds: 0) == [])
        #expect(await older.value == [])
    }

    @Test func `consumers, kinds and history are bounded`() async {
        let bus = EventBus(time: SystemTime(), sleeper: sleeper)
        for number in 0..<(Limits.eventKindCountMax + 50) {
            await bus.publish("kind\(number)", nil)
        }
        #expect(await bus.counters.count == Limits.eventKindCountMax)
        for number in 0..<(Limits.eventConsumerCountMax + 50) {
            _ = await bus.listen("consumer\(number)", timeoutSeconds: 0)
        }
        #expect(await bus.consumerCount == Limits.eventConsumerCountMax)
        let stream = await bus.subscribe(since: 0)
        #expect(await bus.next(stream, timeoutSeconds: 1)?.count == Limits.eventUnreadMax)
    }

    @Test func `long polls see events, streams see all that is pushed`() async {
        let bus = EventBus(time: SystemTime(), sleeper: sleeper)
        _ = await bus.listen("poll", timeoutSeconds: 0)
        let stream = await bus.subscribe()
        await bus.publish("bob", ["state": "CONNECTED"], type: "online_status")
        let event = await bus.publish("e", 1)
        #expect(await bus.listen("poll", timeoutSeconds: 0) == [event])
        let pushed = await bus.next(stream, timeoutSeconds: 1)?.map(\.push)
        #expect(
            pushed == [
                ["type": "online_status", "payload": ["state": "CONNECTED"]],
                ["type": "event", "payload": ["event_id": "e", "data": 1]],
            ])
    }
}
