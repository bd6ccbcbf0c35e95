import APIModel
import DHT
import Foundation
import Identities
import Model
import Pipelines
import Sealing
import Testing

@testable import Daemon

/// An identity comes back on a new machine when no identity server is left.
@Suite struct IdentityRecoveryTests {
    /// A node that has met alice, alice's key file, and her document.
    private final class Station: Sendable {
        let node: HubStation
        let alice: HubStation
        let document: IdentityDocument
        let place: String

        init() async throws {
            alice = try HubStation(named: "alice")
            node = try HubStation(named: "bob")
            document = try #require(await alice.identity.document)
            let endpoint = try #require(try await node.open())
            place = "\(endpoint)"
        }

        func keyFile(of station: HubStation, suppliers: String = "") throws -> KeyFileContents {
            let machine = MachineIdentity(
                home: station.scratch.home, setting: station.scratch.setting())
            let text = try machine.keyFileText(sources: []) + suppliers
            return try KeyFileContents(Array(text.utf8), named: "key") { [] }
        }

        func end() async {
            await node.end()
            await alice.end()
        }
    }

    private func recover(
        _ root: KeyFileContents, peers: [String], into scratch: HomeScratch
    ) async throws -> IdentityDocument {
        try await RootActions(home: scratch.home, setting: scratch.setting())
            .recover(root, sources: [], peers: peers).document
    }

    @Test func `one known peer is enough`() async throws {
        let station = try await Station()
        station.node.hub.known.learn(station.document)
        let scratch = try HomeScratch()
        let root = try station.keyFile(of: station.alice)
        let found = try await recover(root, peers: [station.place], into: scratch)
        #expect(found.userID == station.document.userID)
        #expect(found.keys.certificates.count == 2)
        _ = try Succession.judge(found, after: station.document)
        await station.end()
    }

    @Test func `a supplier that the key file names is enough`() async throws {
        let station = try await Station()
        station.node.hub.known.learn(station.document)
        let bob = try #require(await station.node.identity.document).userID
        let hint = "Suppliers: node:\(bob)@\(station.place)\n"
        let root = try station.keyFile(of: station.alice, suppliers: hint)
        #expect(root.peers.count == 1)
        let found = try await recover(root, peers: [], into: try HomeScratch())
        #expect(found.userID == station.document.userID)
        await station.end()
    }

    @Test func `a peer that never met her and one that is nobody are told apart from success`()
        async throws
    {
        let station = try await Station()
        let scratch = try HomeScratch()
        let root = try station.keyFile(of: station.alice)
        let error = await #expect(throws: Failure.self) {
            try await recover(
                root, peers: [station.place, "127.0.0.1:\(FreePort.find())"], into: scratch)
        }
        #expect(error?.code == "BD-IDENTITY-NOT-FOUND")
        // Nothing was made that would be in the way of the next try.
        station.node.hub.known.learn(station.document)
        _ = try await recover(root, peers: [station.place], into: scratch)
        await station.end()
    }

    @Test func `one that was stopped before it had its document is ended by the next`()
        async throws
    {
        let station = try await Station()
        station.node.hub.known.learn(station.document)
        let scratch = try HomeScratch()
        let root = try station.keyFile(of: station.alice)
        try Customer.enrolDevice(
            home: Home(path: Array(scratch.home.path.utf8)), keyFile: root.file,
            deviceName: "stopped", adapters: scratch.setting().adapters)
        let found = try await recover(root, peers: [station.place], into: scratch)
        #expect(found.keys.certificates.count == 2)
        await station.end()
    }

    @Test func `a peer tells nobody of another`() async throws {
        let station = try await Station()
        station.node.hub.known.learn(station.document)
        let mallory = try HubStation(named: "mallory")
        let root = try station.keyFile(of: mallory)
        let error = await #expect(throws: Failure.self) {
            try await recover(root, peers: [station.place], into: try HomeScratch())
        }
        #expect(error?.code == "BD-IDENTITY-NOT-FOUND")
        await mallory.end()
        await station.end()
    }

    @Test func `whoever has the root leaves a pointer for the DHT`() async throws {
        let alice = try HubStation(named: "alice")
        let machine = MachineIdentity(
            home: alice.scratch.home, setting: alice.scratch.setting())
        try await alice.identity.answers(at: 7772, external: IPAddress("203.0.113.5"))
        let document = try #require(await alice.identity.document)
        let path = PointerItem.Kind.identity.path(alice.scratch.home)
        let item = try PointerItem(
            decoding: try HomeFile.read(path, limit: 4096), kind: .identity
        ).item
        let key = try IdentityKey(seed: machine.root().seed.identitySeed).publicKey
        let pointer = try #require(
            IdentityPointer(item, of: key, verifier: Ed25519Verifier()))
        #expect(pointer.sources == document.content.sources.map(\.description))
        #expect(pointer.sequence == Int64(document.order.sequence))
        await alice.end()
    }

    @Test func `over the interface a node becomes the identity, and shows its key`() async throws {
        let (one, two) = (try await NodeStation(), try HubStation(named: "alice"))
        let machine = MachineIdentity(home: two.scratch.home, setting: two.scratch.setting())
        let text = try machine.keyFileText(sources: [])
        for bad in ["", "nonsense", String(repeating: "x", count: Limits.keyFileLengthMax + 1)] {
            let answer = try await one.call("identity_recover", ["private_key_source": .text(bad)])
            #expect(!answer.isOK && answer.errors.count == 1)
        }
        let unknown = try await one.call("identity_recover", ["private_key_source": .text(text)])
        #expect(unknown.errors.first?.contains("nobody who was asked") == true)
        #expect(try await !one.call("keys_list").isOK)

        let server = try await NodeStation()
        for (key, value) in [
            ("services/identity-server/host", "localhost"),
            ("services/identity-server/enabled", "true"),
        ] {
            _ = try await server.call(
                "config_set", ["key": .text(key), "value": .text(value)])
        }
        try await server.await("identity-server", isOn: true)
        for station in [server, one] {
            for (key, value) in [
                ("services/identity-propagate/known-servers", "localhost:\(server.ports[3]):6661"),
                ("services/identity-propagate/min-servers", "1"),
            ] {
                _ = try await station.call(
                    "config_set", ["key": .text(key), "value": .text(value)])
            }
        }
        let created = try await server.call("identity_create", ["username": "carol"])
        #expect(created.isOK)
        let path = "\(server.scratch.home.path)/carol.key"
        _ = try await server.call("identity_backup", ["destination_filepath": .text(path)])
        let back = try await one.call(
            "identity_recover", ["private_key_local_file": .text(path)])
        #expect(back.isOK && back.result?["name"] == "carol" && back.result?["xml"] != nil)
        #expect(back.result?["user_id"] == created.result?["user_id"])
        let again = try await one.call("identity_recover", ["private_key_local_file": .text(path)])
        #expect(!again.isOK)

        let keys = try await one.call("keys_list").result?.asArray ?? []
        #expect(keys.count == 1 && keys[0]["alias"] == "master" && keys[0]["private"] == .null)
        let id = try #require(keys[0]["key_id"])
        #expect(try await one.call("key_get", ["key_id": id]).result?["public"] != nil)
        #expect(try await !one.call("key_get", ["key_id": "master$nobody@x.com"]).isOK)
        #expect(
            try await !one.call("key_get", ["key_id": id, "include_private": true]).isOK)
        await one.node.stop()
        await server.node.stop()
        await two.end()
    }
}
