import Foundation
import Identities
import Logging
import Model
import Networking
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// The sessions of nodes, without the rest of them.
@Suite struct SessionHubTests {
    private typealias Hub = HubStation

    @Test func `without an identity nothing is opened`() async throws {
        let node = try Hub(named: nil)
        #expect(try await node.open() == nil)
        await node.hub.identityChanged()
        #expect(await node.hub.isOpen == false)
        await node.end()
    }

    @Test func `a node reaches another by a lookup, and both answer on one session`() async throws {
        let (one, two) = (try Hub(named: "alice"), try Hub(named: "bob"))
        let place = try #require(try await two.open())
        _ = try await one.open()
        let user = try #require(await two.identity.document?.userID)
        await #expect(throws: SessionError.closed) { try await one.hub.session(to: user) }
        await one.hub.add { $0 == user ? [place] : [] }
        // The failed dial is left alone for a while: a fresh pool.
        await one.hub.close()
        _ = try await one.open()

        let magic = SessionHandlers.Magic("BDTEST01")
        two.hub.handlers.register(magic) { peer, request in
            SessionResponse(header: request.header + [7])
        }
        let session = try await one.hub.session(to: user)
        let header = Array("BDTEST01".utf8)
        let answer = try await session.request(SessionRequest(header: header))
        #expect(answer.header == header + [7])
        await #expect(throws: SessionError.refused(.notAllowed)) {
            try await session.request(SessionRequest(header: Array("BDTEST02".utf8)))
        }
        await #expect(throws: SessionError.refused(.notAllowed)) {
            try await session.request(SessionRequest(header: [1, 2]))
        }
        two.hub.handlers.register(magic, nil)
        await #expect(throws: SessionError.refused(.notAllowed)) {
            try await session.request(SessionRequest(header: header))
        }

        // The listener asks who comes for the document, and knows its devices from then on.
        let dialler = try #require(await one.identity.document?.userID)
        for _ in 0..<2000 where two.hub.known.document(of: dialler) == nil {
            _ = try? await session.request(SessionRequest(header: header))
        }
        #expect(two.hub.known.document(of: dialler) == (await one.identity.document))
        #expect(!two.hub.known.isDevice(DeviceID(.zero), of: dialler))
        await one.end()
        await two.end()
    }

    @Test func `a node is told whether it can be reached`() async throws {
        let (one, two) = (try Hub(named: "alice"), try Hub(named: "bob"))
        let place = try #require(try await two.open())
        _ = try await one.open()
        let nobody = Endpoint(IPAddress("127.0.0.1")!, port: FreePort.find())
        #expect(await one.hub.testReach(asking: [nobody, place]) == nil)
        #expect(await one.hub.testReach(asking: [nobody]) == 0)
        // A peer that comes from a machine of its own tells nothing about the outside.
        #expect(await one.hub.reach == .notKnown)
        await one.end()
        await two.end()
    }

    @Test func `who asks to be dialled is dialled now and then`() {
        var rates = DialBackRates()
        let one = IPAddress("203.0.113.5")!
        let neighbour = IPAddress("203.0.113.77")!
        let other = IPAddress("198.51.100.1")!
        #expect(rates.admits(one, at: 5) == true)
        let (again, nearby) = (rates.admits(one, at: 6), rates.admits(neighbour, at: 7))
        #expect(!again && !nearby)
        #expect(rates.admits(other, at: 8) == true)
        #expect(rates.admits(neighbour, at: 5 + Limits.dialBackInterval) == true)
        // A crowd is not remembered for ever, nor lets it the first ones in again too soon.
        let start = 10 * Limits.dialBackInterval
        for number in 0..<UInt32(Limits.dialBackRangeMax) {
            #expect(rates.admits(.v4(number << 8), at: start) == true)
        }
        let isCrowdPassed = rates.admits(.v4(200 << 24), at: start + 1)
        #expect(!isCrowdPassed)
        #expect(rates.admits(.v4(200 << 24), at: start + Limits.dialBackInterval) == true)
    }

    @Test func `a node that nobody gets to says since when and what to do`() async throws {
        let node = try Hub(named: "user1")
        _ = try await node.open()
        #expect(await node.hub.reach.verdict.name == "not known")
        #expect(await node.hub.reach.remedy != nil)
        await node.hub.nobodyCame(asked: 2, port: 7771)
        let first = await node.hub.reach
        #expect(first.verdict.name == "no" && first.verdict.since != nil)
        #expect(try #require(first.remedy).contains("port 7771"))
        await node.hub.nobodyCame(asked: 3, port: 7771)
        #expect(await node.hub.reach.verdict.since == first.verdict.since)
        #expect(await node.hub.reach.text.contains("3 nodes"))
        await node.end()
    }

    @Test func `the document says where the node answers`() async throws {
        let node = try Hub(named: "alice")
        let before = try #require(await node.identity.document)
        try await node.identity.answers(at: 9, external: nil)
        #expect(await node.identity.document == before)
        try await node.identity.answers(at: 7772, external: IPAddress("203.0.113.5"))
        let after = try #require(await node.identity.document)
        #expect(after.content.contacts.map(\.description) == ["tcp://203.0.113.5:7772"])
        #expect(before.order < after.order)
        await node.end()
    }
}
