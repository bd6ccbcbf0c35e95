import Identities
import Model
import Synchronization
import Testing

@testable import IdentityServers

struct PropagationTests {
    private let places = ["host-a.com", "host-b.com:8080", "host-c.com:8080", "host-d.com:8080"]
    private let network: ServerNetwork
    private let known: [KnownServer]
    private let alice: SampleUser
    private let kept = Kept()

    final class Kept: Sendable {
        private let documents = Mutex<[IdentityDocument]>([])
        var all: [IdentityDocument] { documents.withLock { $0 } }
        func keep(_ document: IdentityDocument) { documents.withLock { $0.append(document) } }
    }

    init() throws {
        network = try ServerNetwork(places)
        known = try KnownServer.list(places.joined(separator: ","))
        alice = try SampleUser(1)
    }

    private func published(_ hosts: [String]) throws -> IdentityDocument {
        let document = try alice.document(hosts: hosts)
        for host in hosts { #expect(network[host].post(document.bytes).status == 200) }
        return document
    }

    private func propagator(
        _ document: IdentityDocument, counts: ClosedRange<Int> = 2...5
    ) -> Propagator {
        Propagator(
            Propagation(
                document: document, known: known, serverCounts: counts,
                uptime: network.clock.uptime), exchange: network, time: network.clock,
            sign: { plan in
                let document = try alice.sign(plan)
                kept.keep(document)
                return document
            }, adopt: { kept.keep($0) })
    }

    @Test func `healthy servers are read every 300 s and written once a day`() async throws {
        let document = try published(["host-a.com", "host-b.com:8080"])
        let propagator = propagator(document)
        #expect(
            await propagator.step() == [
                .checked(healthy: 2, of: 2), .published(servers: 2, of: 2),
            ])
        #expect(await propagator.step().isEmpty)
        network.clock.advance(seconds: 299)
        #expect(await propagator.step().isEmpty)
        network.clock.advance(seconds: 1)
        #expect(await propagator.step() == [.checked(healthy: 2, of: 2)])
        let before = network.calls.count { $0.hasPrefix("POST") }
        for _ in 0..<288 {
            network.clock.advance(seconds: 300)
            _ = await propagator.step()
        }
        #expect(network.calls.count { $0.hasPrefix("POST") } - before == 2)
        #expect(kept.all.isEmpty)
    }

    @Test func `a server that is down for a while gets the document again`() async throws {
        let document = try published(["host-a.com", "host-b.com:8080"])
        let propagator = propagator(document)
        network.set("host-b.com:8080", .hangs)
        for _ in 0..<2 {
            _ = await propagator.step()
            network.clock.advance(seconds: 300)
        }
        network.set("host-b.com:8080", .works)
        await propagator.contactsChanged([Contact("tcp://198.51.100.9:7771")!])
        #expect(await propagator.step() == [.published(servers: 2, of: 2)])
        let changed = await propagator.document
        #expect(changed.content.contacts.map(\.description) == ["tcp://198.51.100.9:7771"])
        #expect(changed.revision == document.revision + 1)
        #expect(changed.content.previous == document.digest)
        #expect(kept.all == [changed])
        #expect(network["host-b.com:8080"].get("/alice.xml").body == changed.bytes)
    }

    @Test func `who asks for a check now has a dead server replaced at once`() async throws {
        let document = try published(["host-a.com", "host-b.com:8080"])
        let propagator = propagator(document, counts: 2...2)
        _ = await propagator.step()
        network.set("host-a.com", .refuses)
        #expect(await propagator.step().isEmpty)
        await propagator.checkNow()
        let fresh = Source("http://host-c.com:8080/alice.xml")!
        #expect(
            await propagator.step() == [
                .checked(healthy: 1, of: 2),
                .replaced(dead: [document.content.sources[0]], by: [fresh]),
                .published(servers: 2, of: 2),
            ])
        // The next look of its own is as patient as before.
        network.set("host-b.com:8080", .refuses)
        network.clock.advance(seconds: 300)
        #expect(await propagator.step() == [.checked(healthy: 1, of: 2)])
    }

    @Test func `a dead server is replaced and the user id stays`() async throws {
        let document = try published(["host-a.com", "host-b.com:8080"])
        let propagator = propagator(document, counts: 2...2)
        _ = await propagator.step()
        network.set("host-a.com", .refuses)
        var reports: [Propagation.Report] = []
        for _ in 0..<3 {
            network.clock.advance(seconds: 300)
            reports = await propagator.step()
        }
        let dead = document.content.sources[0]
        let fresh = Source("http://host-c.com:8080/alice.xml")!
        #expect(
            reports == [
                .checked(healthy: 1, of: 2), .replaced(dead: [dead], by: [fresh]),
                .published(servers: 2, of: 2),
            ])
        let now = await propagator.document
        #expect(now.userID == document.userID)
        #expect(now.content.sources == [document.content.sources[1], fresh])
        #expect(network["host-c.com:8080"].get("/alice.xml").body == now.bytes)
        network.clock.advance(seconds: 300)
        #expect(await propagator.step() == [.checked(healthy: 2, of: 2)])
    }

    @Test func `without a server to take its place a dead one stays`() async throws {
        let document = try published(places)
        let propagator = propagator(document)
        network.set("host-d.com:8080", .refuses)
        for _ in 0..<10 {
            _ = await propagator.step()
            network.clock.advance(seconds: 300)
        }
        #expect(await propagator.document == document)
    }

    @Test func `missing servers are filled up to the least wanted`() async throws {
        let document = try published(["host-a.com"])
        let propagator = propagator(document, counts: 3...5)
        let reports = await propagator.step()
        #expect(reports.contains(.published(servers: 3, of: 3)))
        #expect(await propagator.document.content.sources.count == 3)
    }

    @Test func `what another device has published is taken over`() async throws {
        let document = try published(["host-a.com", "host-b.com:8080"])
        let newer = try alice.next(document)
        #expect(network["host-a.com"].post(newer.bytes).status == 200)
        let propagator = propagator(document)
        #expect(
            await propagator.step() == [.checked(healthy: 0, of: 2), .adopted(newer.order)]
                || kept.all == [newer])
        #expect(await propagator.document == newer)
        _ = await propagator.step()
        #expect(network["host-b.com:8080"].get("/alice.xml").body == newer.bytes)
    }

    @Test func `a document that contradicts ours is told and not believed`() async throws {
        let document = try published(["host-a.com", "host-b.com:8080"])
        let ours = try alice.next(document, "ours")
        let theirs = try alice.next(document, "theirs")
        #expect(network["host-a.com"].post(theirs.bytes).status == 200)
        network.set("host-b.com:8080", .lies(try SampleUser(2).document().bytes))
        let propagator = propagator(ours)
        let reports = await propagator.step()
        let sources = ours.content.sources
        #expect(reports.contains(.contradiction(sources[0], .equivocation(ours.order))))
        #expect(reports.contains(.nameTaken(sources[1])))
        #expect(await propagator.document == ours)
    }

    @Test func `garbage is a failure like silence`() async throws {
        let document = try published(["host-a.com", "host-b.com:8080"])
        let propagator = propagator(document, counts: 2...2)
        network.set("host-b.com:8080", .lies(Array("<html>bought domain</html>".utf8)))
        for _ in 0..<3 {
            _ = await propagator.step()
            network.clock.advance(seconds: 300)
        }
        #expect(
            await propagator.document.content.sources.map(\.host.description)
                == ["host-a.com", "host-c.com"])
    }
}
