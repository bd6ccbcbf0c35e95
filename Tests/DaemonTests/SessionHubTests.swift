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
