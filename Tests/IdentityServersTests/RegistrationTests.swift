import Identities
import Model
import Testing

@testable import IdentityServers

struct RegistrationTests {
    private let places = ["host-a.com", "host-b.com:8080", "host-c.com:8080", "host-d.com:8080"]
    private let network: ServerNetwork
    private let known: [KnownServer]
    private let alice: SampleUser

    init() throws {
        network = try ServerNetwork(places)
        known = try KnownServer.list(places.joined(separator: ","))
        alice = try SampleUser(1)
    }

    private func register(
        _ user: SampleUser? = nil, name: String = "alice", known: [KnownServer]? = nil,
        counts: ClosedRange<Int> = 2...5,
        contacts: ContactChoice = .detected(transport: "tcp", port: 7771)
    ) async throws -> IdentityDocument {
        let user = user ?? alice
        return try await Registration.perform(
            Registration(
                name: IdentityName(name)!, user: user.userID, candidates: known ?? self.known,
                serverCounts: counts, contacts: contacts),
            over: network, sign: { try user.sign($0) })
    }

    private func failure(
        _ body: () async throws -> IdentityDocument
    ) async -> String {
        do {
            return "done: \(try await body().globalID)"
        } catch {
            return "\(error)"
        }
    }

    @Test func `an identity is published on all servers and reads back`() async throws {
        let document = try await register()
        #expect("\(document.globalID)" == "alice@host-a.com")
        #expect(document.content.sources.count == 4)
        #expect(document.content.contacts.map(\.description) == ["tcp://203.0.113.5:7771"])
        #expect(document.revision == 0)
        for place in places { #expect(network[place].get("/alice.xml").body == document.bytes) }
    }

    @Test func `as many servers are taken as are wanted, and others when some do not know`()
        async throws
    {
        let two = try await register(counts: 1...2)
        #expect(two.content.sources.map(\.host.description) == ["host-a.com", "host-b.com"])
        network.set("host-a.com", .hangs)
        network.set("host-b.com:8080", .fails(500))
        let others = try await register(try SampleUser(2), name: "bob", counts: 2...2)
        #expect(others.content.sources.map(\.host.description) == ["host-c.com", "host-d.com"])
    }

    @Test func `the messages are those that clients know`() async throws {
        for place in places.dropFirst() { network.set(place, .refuses) }
        #expect(await failure { try await register() } == "ID servers not responding")
        #expect(await failure { try await register(known: []) } == "ID servers not responding")
        for place in places { network.set(place, .works) }
        _ = try await register()
        let bob = try SampleUser(2)
        #expect(await failure { try await register(bob) } == "name alice already taken")
        #expect(
            await failure { try await register(bob, name: "bob", contacts: .given([])) }
                == "network connection error")
        for place in places { network.set(place, .readOnly) }
        #expect(
            await failure { try await register(bob, name: "bob") }
                == "time out sending to identity servers")
        for place in places { network.set(place, .forgets) }
        #expect(
            await failure { try await register(bob, name: "bob") } == "identity verification failed"
        )
        let texts = [
            RegistrationError.sending, .requestTimedOut,
        ].map(\.description)
        #expect(
            texts == [
                "connection error while sending my identity",
                "time out requesting from identity servers",
            ])
    }

    @Test func `a name that is taken on one server only is taken`() async throws {
        let bob = try SampleUser(2)
        let elsewhere = try bob.document(hosts: ["host-c.com:8080"])
        #expect(network["host-c.com:8080"].post(elsewhere.bytes).status == 200)
        #expect(await failure { try await register() } == "name alice already taken")
        // Whatever answers under the name, the name is taken.
        network.set("host-c.com:8080", .lies([1, 2, 3]))
        #expect(await failure { try await register() } == "name alice already taken")
    }

    @Test func `a registration that was cut off can be repeated`() async throws {
        let first = try alice.document(hosts: ["host-a.com", "host-b.com:8080"])
        #expect(network["host-a.com"].post(first.bytes).status == 200)
        let document = try await register()
        #expect(document.revision == 1)
        #expect(document.content.sources.count == 4)
        for place in places { #expect(network[place].get("/alice.xml").body == document.bytes) }
    }

    @Test func `a server that fails on the way is left out`() async throws {
        network.set("host-b.com:8080", .readOnly)
        let document = try await register()
        #expect(
            document.content.sources.map(\.host.description)
                == ["host-a.com", "host-c.com", "host-d.com"])
        network.set("host-d.com:8080", .forgets)
        let bob = try await register(try SampleUser(2), name: "bob")
        #expect(bob.content.sources.map(\.host.description) == ["host-a.com", "host-c.com"])
        #expect(network["host-c.com:8080"].get("/bob.xml").body == bob.bytes)
    }

    @Test func `a server is found at another port of the same host, and at no other host`()
        async throws
    {
        // As printed in the requirements: 8080 in the configuration, where nothing listens.
        let moved = try ServerNetwork(["host-a.com", "host-b.com", "host-c.com:8084"])
        let document = try await Registration.perform(
            Registration(
                name: IdentityName("alice")!, user: alice.userID, candidates: known,
                serverCounts: 2...5, contacts: .detected(transport: "tcp", port: 7771)),
            over: moved, sign: { try alice.sign($0) })
        #expect(
            document.content.sources.map(\.description) == [
                "http://host-a.com/alice.xml", "http://host-b.com/alice.xml",
                "http://host-c.com:8084/alice.xml",
            ])
    }

    @Test func `our own machine's address is published only when all servers are here`()
        async throws
    {
        let here = try ServerNetwork(
            ["localhost:8084", "127.0.0.1:8085"], client: "127.0.0.1:40000")
        let request = { (known: String) in
            Registration(
                name: IdentityName("alice")!, user: self.alice.userID,
                candidates: try KnownServer.list(known), serverCounts: 1...5,
                contacts: .detected(transport: "tcp", port: 7771))
        }
        let local = try await Registration.perform(
            try request("localhost:8084,127.0.0.1:8085"), over: here,
            sign: { try alice.sign($0) })
        #expect(local.content.contacts.map(\.description) == ["tcp://127.0.0.1:7771"])
        let proxied = try ServerNetwork(["host-a.com"], client: "127.0.0.1:40000")
        await #expect(throws: RegistrationError.networkConnection) {
            try await Registration.perform(
                try request("host-a.com"), over: proxied, sign: { try alice.sign($0) })
        }
    }

    @Test func `preferred servers come first, the others in random order`() throws {
        struct Counted: RandomSource {
            let seed: UInt8
            func fill(_ bytes: UnsafeMutableRawBufferPointer) {
                for index in bytes.indices { bytes[index] = seed }
            }
        }
        let order = Registration.shuffled(
            known, preferred: [known[2]], random: Counted(seed: 1))
        #expect(order.first == known[2])
        #expect(Set(order) == Set(known))
        #expect(order.count == 4)
    }
}
