import Catalogs
import Identities
import Model
import Testing

@testable import IdentityServers

struct IdentityServerTests {
    private let clock = HandClock()
    private let store = MemoryDocuments()
    private let alice: SampleUser
    private let bob: SampleUser

    init() throws {
        alice = try SampleUser(1)
        bob = try SampleUser(2)
    }

    private func server(
        _ change: (inout IdentityServerSettings) -> Void = { _ in }
    ) throws -> IdentityServer {
        var settings = IdentityServerSettings(
            host: Host("host-a.com")!,
            knownServers: try KnownServer.list("host-a.com:80:6661, host-b.com:8080:6661"))
        change(&settings)
        return try IdentityServer(settings: settings, store: store, time: clock)
    }

    @Test func `the page has the title, the names, the count and who asks`() throws {
        let server = try server()
        let empty = server.get("/")
        #expect(empty.status == 200)
        #expect(empty.text.contains("<title>Identities on host-a.com</title>"))
        #expect(empty.text.contains("<h1>Identities on host-a.com</h1>"))
        #expect(empty.text.contains("Total identities on \"host-a.com\": 0"))
        #expect(empty.text.contains("<!--CLIENT_HOST=192.0.2.7:1234-->"))
        #expect(empty.text.contains("<a href=\"http://host-b.com:8080/\">host-b.com</a>"))
        #expect(!empty.text.contains("http://host-a.com/\""))
        #expect(server.post(try bob.document("bob").bytes).status == 200)
        #expect(server.post(try alice.document().bytes).status == 200)
        let page = server.get("/").text
        #expect(page.contains("Total identities on \"host-a.com\": 2"))
        let places = ["/alice.xml", "/bob.xml"].map { page.firstRange(of: "<a href=\"\($0)\">") }
        #expect(places[0]!.lowerBound < places[1]!.lowerBound)
    }

    @Test func `a web server on this machine says who asks, others do not`() throws {
        let server = try server()
        func seen(_ client: String, _ forwarded: String?) -> IPAddress? {
            let answer = server.answer(
                IdentityServerRequest(
                    method: "GET", target: "/", client: endpoint(client),
                    forwardedFor: forwarded))
            return IndexPage.clientAddress(in: answer.body)
        }
        #expect(seen("127.0.0.1:5000", "198.51.100.1, 203.0.113.9") == IPAddress("203.0.113.9"))
        #expect(seen("127.0.0.1:5000", "2001:db8::7") == IPAddress("2001:db8::7"))
        #expect(seen("127.0.0.1:5000", "<script>") == IPAddress("127.0.0.1"))
        #expect(seen("127.0.0.1:5000", nil) == IPAddress("127.0.0.1"))
        #expect(seen("192.0.2.1:5000", "203.0.113.9") == IPAddress("192.0.2.1"))
        #expect(seen("[2001:db8::5]:5000", nil) == IPAddress("2001:db8::5"))
    }

    @Test func `a document is given as it came, and anything else is not found`() throws {
        let server = try server()
        let document = try alice.document()
        #expect(server.post(document.bytes).status == 200)
        #expect(server.get("/alice.xml").body == document.bytes)
        #expect(server.get("/alice.xml?x=1").body == document.bytes)
        for target in [
            "/bob.xml", "/alice", "/alice.xml/", "/a/alice.xml", "//alice.xml", "/alice.xml.xml",
            "/../alice.xml", "/%61lice.xml", "/Alice.xml", "alice.xml", "", "/.xml", "*",
            "http://host-a.com/alice.xml", "/favicon.ico", "/\u{0}.xml",
        ] {
            #expect(server.get(target).status == 404, "\(target)")
        }
        let other = server.answer(
            IdentityServerRequest(
                method: "DELETE", target: "/alice.xml", client: endpoint("192.0.2.7:1")))
        #expect(other.status == 405)
        #expect(other.headers.contains(.init("Allow", "GET, HEAD, POST")))
    }

    @Test func `the first key has the name, and only newer documents follow`() throws {
        let server = try server()
        let first = try alice.document()
        let second = try alice.next(first)
        #expect(server.post(first.bytes).status == 200)
        #expect(server.post(first.bytes).status == 200)
        #expect(server.post(second.bytes).status == 200)
        func refused(_ bytes: [UInt8], _ status: Int, _ word: String) {
            let answer = server.post(bytes)
            #expect(answer.status == status)
            #expect(answer.text.hasPrefix("\(word): "), "\(answer.text)")
            #expect(server.get("/alice.xml").body == second.bytes)
        }
        refused(first.bytes, 409, "rollback")
        refused(try alice.next(first, "fork").bytes, 409, "equivocation")
        refused(try alice.next(alice.next(first, "fork")).bytes, 409, "equivocation")
        refused(try bob.document().bytes, 409, "name-taken")
        refused(try alice.document(hosts: ["host-b.com"]).bytes, 403, "not-ours")
        refused(second.bytes.dropLast() + [0], 400, "malformed")
        refused([], 400, "malformed")
        refused([UInt8](repeating: 32, count: 33 << 10), 413, "too-long")
        #expect(server.counted.equivocations == 2)
        let rotated = try alice.rotated(second)
        #expect(server.post(rotated.bytes).status == 200)
        #expect(server.get("/alice.xml").body == rotated.bytes)
        let ported = try bob.document("bob", hosts: ["host-b.com", "host-a.com:8084"])
        #expect(server.post(ported.bytes).status == 200)
    }

    @Test func `what nobody touches is withdrawn, by the server's own running time`() throws {
        var server = try server { $0.untouchedMax = 10 * 86_400 }
        #expect(server.post(try alice.document().bytes).status == 200)
        let bobs = try bob.document("bob", contact: "tcp://198.51.100.4:7771")
        #expect(server.post(bobs.bytes).status == 200)
        for days in [3650, -7300, 3650] as [Int64] {
            clock.jumpWall(days: days)
            #expect(try server.upkeep() == IdentityExpiry(withdrawn: 0, forgotten: 0))
        }
        for _ in 0..<9 {
            clock.advance(seconds: 86_400)
            // Bob's own node reads his document; a stranger reads Alice's.
            #expect(server.get("/bob.xml", from: "198.51.100.4:999").status == 200)
            #expect(server.get("/alice.xml").status == 200)
            #expect(try server.upkeep().withdrawn == 0)
            // A restart keeps the time.
            server = try self.server { $0.untouchedMax = 10 * 86_400 }
        }
        clock.advance(seconds: 2 * 86_400)
        #expect(try server.upkeep() == IdentityExpiry(withdrawn: 1, forgotten: 0))
        #expect(server.get("/alice.xml").status == 404)
        #expect(server.get("/bob.xml").status == 200)
        // The name stays hers, and nothing older than what was here comes back.
        #expect(server.post(try SampleUser(3).document().bytes).status == 409)
        #expect(server.post(try alice.document().bytes).status == 200)
        #expect(server.get("/alice.xml").status == 200)
        clock.advance(seconds: 30 * 86_400)
        #expect(try server.upkeep().withdrawn == 2)
        clock.advance(seconds: 1)
        _ = try server.upkeep()
        #expect(server.post(try SampleUser(3).document().bytes).status == 200)
    }

    @Test func `a withdrawn document does not come back older`() throws {
        let server = try server { $0.untouchedMax = 86_400 }
        let first = try alice.document()
        let second = try alice.next(first)
        #expect(server.post(second.bytes).status == 200)
        clock.advance(seconds: 86_400 + 3600)
        #expect(try server.upkeep().withdrawn == 1)
        #expect(server.post(first.bytes).text.hasPrefix("rollback: "))
        #expect(server.post(second.bytes).status == 200)
    }

    @Test func `an upload of the same keeps a document alive`() throws {
        let server = try server { $0.untouchedMax = 3 * 86_400 }
        let document = try alice.document()
        for _ in 0..<20 {
            #expect(server.post(document.bytes).status == 200)
            clock.advance(seconds: 86_400)
            #expect(try server.upkeep().withdrawn == 0)
        }
    }

    @Test func `an address range is held to its rates, others are not`() throws {
        let server = try server()
        let document = try alice.document()
        var refused = 0
        for _ in 0..<100 where server.post(document.bytes).status == 429 { refused += 1 }
        #expect(refused == 40)
        #expect(server.post(document.bytes, from: "192.0.2.99:1").status == 429)
        #expect(server.post(document.bytes, from: "192.0.3.99:1").status == 200)
        clock.advance(seconds: 1)
        #expect(server.post(document.bytes).status == 200)
        #expect(server.post(document.bytes).status == 429)
        var lookups = 0
        for _ in 0..<1500 where server.get("/alice.xml").status == 429 { lookups += 1 }
        #expect(lookups == 500)
        for _ in 0..<1500 {
            #expect(server.get("/alice.xml", from: "127.0.0.1:1").status == 200)
        }
    }

    @Test func `nobody takes many new names at once, and there is an end to names`() throws {
        let server = try server { $0.nameCountMax = 22 }
        var statuses: [Int] = []
        for number in 0..<22 {
            statuses.append(server.post(try alice.document("name\(number)").bytes).status)
        }
        #expect(statuses == [Int](repeating: 200, count: 20) + [429, 429])
        let far = "198.51.100.1:1"
        for number in 20..<22 {
            #expect(server.post(try bob.document("name\(number)").bytes, from: far).status == 200)
        }
        #expect(server.post(try bob.document("name22").bytes, from: far).status == 507)
        let known = try alice.next(alice.document("name1"))
        #expect(server.post(known.bytes, from: far).status == 200)
    }

    @Test func `a store that fails is told, and nothing is acknowledged`() throws {
        let server = try server()
        store.fail(true)
        #expect(server.post(try alice.document().bytes).status == 503)
        #expect(server.get("/alice.xml").status == 503)
        #expect(server.get("/").status == 503)
        store.fail(false)
        #expect(server.get("/alice.xml").status == 404)
        #expect(server.post(try alice.document().bytes).status == 200)
        #expect(server.counted.storeFailures == 3)
    }

    @Test func `a rate limiter's memory is bounded`() {
        var limiter = RateLimiter(Rate(interval: 1_000_000_000, burst: 2), rangeCountMax: 100)
        let near = IPAddress("10.0.0.1")!
        var isTaken = [limiter.take(near, uptime: 5)]
        var refused = 0
        for number in 0..<10_000 as Range<UInt32> {
            let range = IPAddress.v4(number << 8 | 0x0B00_0000)
            if !limiter.take(range, uptime: 5) { refused += 1 }
            if number == 50 || number == 120 { isTaken.append(limiter.take(near, uptime: 5)) }
        }
        #expect(isTaken == [true, true, false])
        #expect(refused == 0)
        #expect(limiter.rangeCount <= 200)
    }

    @Test func `known servers are read with their default ports`() throws {
        let list = try KnownServer.list(
            "host-a.com:80:6661,host-b.com:8080:6661, host-c.com:8080 ,host-d.com,host-d.com,")
        #expect(
            list.map(\.description) == [
                "host-a.com:80:6661", "host-b.com:8080:6661", "host-c.com:8080:6661",
                "host-d.com:80:6661",
            ])
        #expect(list.map(\.url)[0...1] == ["http://host-a.com/", "http://host-b.com:8080/"])
        #expect(try KnownServer.list("[::1]:8084:1").first?.url == "http://[::1]:8084/")
        #expect(try KnownServer.list("").isEmpty)
        for text in [
            "host:", "host:0", "host:1:2:3", "host:a", "ho st", "http://host", "host:70000",
        ] {
            #expect(throws: KnownServerError.self) { try KnownServer.list(text) }
        }
    }
}
