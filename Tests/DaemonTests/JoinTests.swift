import Identities
import IdentityServers
import Model
import Networking
import Testing

@testable import Daemon

@Suite struct JoinTests {
    private let page = JoinCode.KnownPage("host-a.com:8084")!

    @Test func `a code is read as it is said, in any case`() throws {
        for _ in 0..<200 {
            let code = JoinCode(random: SystemRandom(), server: page)
            #expect(JoinCode("\(code)") == code)
            #expect(JoinCode("\(code)".uppercased()) == code)
            let spoken = try #require(JoinCode(code.spoken))
            #expect(spoken.server == nil && spoken.token == code.token)
        }
        #expect(JoinCode("4-walnut-orbit@host-a.com")?.server?.port == 80)
        #expect(JoinWords.all.count == 256 && Set(JoinWords.all).count == 256)
        #expect(JoinWords.all == JoinWords.all.sorted())
    }

    @Test(arguments: [
        "", "4", "4-walnut", "4-walnut-orbit-4", "04-walnut-orbit", "0-walnut-orbit",
        "65-walnut-orbit", "4-walnut-nothing", "4-walnut-orbit@", "4-walnut-orbit@a b",
        "4-walnut-orbit@host:0", "4-walnut-orbit@host:99999", "@host-a.com", "walnut-4-orbit",
        "4-walnut-orbit@host@host", "-4-walnut-orbit", "٤-walnut-orbit",
    ])
    func `what is no code is refused`(text: String) {
        #expect(JoinCode(text) == nil)
    }

    @Test func `a code is good three times and for a day`() throws {
        let scratch = try HomeScratch()
        let book = JoinBook(home: scratch.home)
        let now = FixedTime().now
        let later = Timestamp(nanoseconds: now.nanoseconds + JoinBook.lifetime - 1)
        let tooLate = Timestamp(nanoseconds: now.nanoseconds + JoinBook.lifetime)
        let (first, second) = (
            JoinCode("1-walnut-orbit")!, JoinCode("2-walnut-orbit")!
        )
        try book.add(first, network: "garden", now: now)
        try book.add(second, network: "garden", now: now)
        for _ in 0..<3 { #expect(try book.use(first.token, now: later) == "garden") }
        #expect(try book.use(first.token, now: later) == nil)
        #expect(try book.use(second.token, now: tooLate) == nil)
        #expect(try JoinBook(home: scratch.home).use(second.token, now: later) == "garden")
        #expect(try book.use("", now: now) == nil)
    }

    @Test func `a guest brings its nodes, gets the network, and a wrong code gets nothing`() throws
    {
        let scratch = try HomeScratch()
        let store = try NetworkStore(home: scratch.home)
        let server = KnownServer(host: Host("host-a.com")!, webPort: 8084, tcpPort: 6661)
        try store.keep(NetworkDescription(name: "garden", seeds: [], identityServers: [server]))
        try store.select("garden")
        let book = JoinBook(home: scratch.home)
        let code = JoinCode("4-walnut-orbit")!
        try book.add(code, network: "garden", now: FixedTime().now)
        let pages = GuestPages(store: store, joins: book, time: FixedTime())
        let guest = Guest(
            seed: .init(host: Host("host-b.com")!, port: 14441),
            server: KnownServer(host: Host("host-b.com")!, webPort: 80, tcpPort: 6661))

        let wrong = pages.answer("POST", "/join/00", guest.encoded)
        #expect(wrong?.status == 404)
        #expect(store.current?.seeds == [])
        let right = try #require(pages.answer("POST", "/join/\(code.token)", guest.encoded))
        let network = try NetworkDescription(decoding: right.body)
        #expect(network.seeds.map(\.description) == ["host-b.com:14441"])
        #expect(network.identityServers.count == 2)
        #expect(store.current == network)

        #expect(pages.answer("GET", "/join/\(code.token)", [])?.status == 405)
        #expect(pages.answer("GET", "/network/garden.json", [])?.body == network.encoded)
        #expect(pages.answer("GET", "/network/other.json", [])?.status == 404)
        #expect(pages.answer("GET", "/alice.xml", []) == nil)
    }

    @Test func `what a guest sends is no way to add many nodes`() throws {
        let many = NetworkDescription(
            name: "guest",
            seeds: (1...2).map { .init(host: Host("host-\($0).com")!, port: 14441) },
            identityServers: [])
        #expect(Guest(decoding: many.encoded) == nil)
        #expect(Guest(decoding: Array("{}".utf8)) == nil)
        #expect(Guest(decoding: []) == nil)
    }
}
