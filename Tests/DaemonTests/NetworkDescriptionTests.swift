import APIModel
import Identities
import IdentityServers
import Model
import Testing

@testable import Daemon

@Suite struct NetworkDescriptionTests {
    private let garden = NetworkDescription(
        name: "garden", label: "Our garden", maintainer: "alice", contactEmail: "a@host-a.com",
        seeds: [.init(host: Host("host-a.com")!, port: 14441)],
        identityServers: [
            KnownServer(host: Host("host-a.com")!, webPort: 80, tcpPort: 6661),
            KnownServer(host: Host("192.0.2.1")!, webPort: 8084, tcpPort: 6661),
        ])

    @Test func `a network.json reads as it did and as it was written`() throws {
        let text = String(decoding: garden.encoded, as: UTF8.self)
        #expect(try Fixture.text("fixtures/network/v1.json", found: text) == text)
        #expect(try NetworkDescription(decoding: garden.encoded) == garden)
    }

    @Test func `what the older product adds is passed over, and what it leaves out has a default`()
        throws
    {
        let text = """
            {"name": "old", "service_gateway": {"session_key_type": "AES"},
             "service_bismuth_blockchain": {"initial_difficulty": 10},
             "service_entangled_dht": {"known_nodes": [{"host": "a.com"}, {"host": "a.com"}]},
             "service_identity_propagate": {"known_servers": [{"host": "a.com"}]}}
            """
        let network = try NetworkDescription(decoding: Array(text.utf8))
        #expect(network.seeds.map(\.description) == ["a.com:14441"])
        #expect(network.identityServers.map(\.description) == ["a.com:80:6661"])
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"name": ""}"#, #"{"name": "../x"}"#, #"{"name": "A"}"#,
        #"{"name": "a", "name": "b"}"#, #"{"name": 1}"#, #"{"name": "a", "label": "x\ny"}"#,
        #"{"name": "a", "service_entangled_dht": {"known_nodes": {}}}"#,
        #"{"name": "a", "service_entangled_dht": {"known_nodes": [{}]}}"#,
        #"{"name": "a", "service_entangled_dht": {"known_nodes": [{"host": "b c"}]}}"#,
        #"{"name": "a", "service_entangled_dht": {"known_nodes": [{"host":"b","udp_port":0}]}}"#,
        #"{"name": "a","service_entangled_dht": {"known_nodes":[{"host":"b","udp_port":70000}]}}"#,
        #"{"name": "a", "service_identity_propagate": {"known_servers": ["host"]}}"#,
    ])
    func `what is none is refused`(text: String) {
        #expect(throws: Failure.self) { try NetworkDescription(decoding: Array(text.utf8)) }
    }

    @Test func `too long or too many is refused before it is kept`() {
        let seed = #"{"host": "a.com", "udp_port": 1}"#
        let seeds = Array(repeating: seed, count: 257).joined(separator: ",")
        let text = #"{"name": "a", "service_entangled_dht": {"known_nodes": [\#(seeds)]}}"#
        #expect(throws: Failure.self) { try NetworkDescription(decoding: Array(text.utf8)) }
        let long = Array(repeating: UInt8(ascii: " "), count: Limits.networkDescriptionLengthMax)
        #expect(throws: Failure.self) { try NetworkDescription(decoding: long + garden.encoded) }
    }

    @Test func `no truncation of a good one is taken for another`() {
        for count in 0..<(garden.encoded.count - 1) {
            #expect(throws: Failure.self) {
                try NetworkDescription(decoding: Array(garden.encoded.prefix(count)))
            }
        }
    }

    @Test func `networks are kept, listed and selected`() throws {
        let scratch = try HomeScratch()
        let store = try NetworkStore(home: scratch.home)
        #expect(store.current == nil && store.names == [])
        try store.keep(garden)
        #expect(store.current == nil, "kept is not selected")
        try store.select("garden")
        #expect(store.current == garden)
        let again = try NetworkStore(home: scratch.home)
        #expect(again.current == garden && again.currentName == "garden")
        #expect(throws: Failure.self) { try again.select("../garden") }
        #expect(throws: Failure.self) { try again.select("other") }
    }
}
