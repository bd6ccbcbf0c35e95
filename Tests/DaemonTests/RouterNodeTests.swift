import APIModel
import Foundation
import Identities
import Model
import Networking
import Testing

@testable import Daemon

/// A router and a node that is reached through it, both whole nodes in this process.
@Suite struct RouterNodeTests {
    /// A node with an identity server of its own unless it uses another's.
    private struct Station {
        let scratch: HomeScratch
        let node: Node
        let webPort: UInt16
        let sessionPort: UInt16

        /// - Parameter server: the web port of the identity server to use; `nil` for an own one.
        init(server: UInt16?, seed: String, _ settings: [(String, String)]) async throws {
            scratch = try HomeScratch()
            let ports = (0..<6).map { _ in FreePort.find() }
            (webPort, sessionPort) = (server ?? ports[3], ports[5])
            let configuration = try NodeConfiguration(home: scratch.home, environment: [:])
            try configuration.set(
                [
                    ("interface/api/rest-http-port", "\(ports[0])"),
                    ("interface/api/web-socket-port", "\(ports[1])"),
                    ("services/entangled-dht/udp-port", "\(ports[2])"),
                    ("services/entangled-dht/known-nodes", seed),
                    ("services/identity-server/web-port", "\(ports[3])"),
                    ("services/identity-server/tcp-port", "\(ports[4])"),
                    ("services/identity-server/host", "localhost"),
                    ("services/identity-server/enabled", server == nil ? "true" : "false"),
                    ("services/identity-propagate/min-servers", "1"),
                    ("services/identity-propagate/known-servers", "localhost:\(webPort):6661"),
                    ("services/tcp-connections/tcp-port", "\(sessionPort)"),
                    ("services/network/listen-address", "127.0.0.1"),
                    ("services/network/external-address", "127.0.0.1"),
                ].map { (name: $0, text: $1) } + settings.map { (name: $0, text: $1) })
            node = try await Node(
                home: scratch.home, setting: scratch.setting(),
                logs: NodeLogs(home: scratch.home, time: FixedTime())
            ) { _ in }
            try await node.start()
        }

        func call(
            _ method: String, _ parameters: [String: APIValue] = [:]
        ) async throws -> APIEnvelope {
            let route = try #require(RouteTable.route(method: method))
            return try await NodeConnection(home: scratch.home).call(route, parameters)
        }

        /// Asks until the answer is as wanted; each question waits for the one before it, so this
        /// is no busy loop.
        func await(
            _ method: String, _ parameters: [String: APIValue] = [:], seeing what: String,
            until condition: (APIEnvelope) -> Bool
        ) async throws {
            var last: APIEnvelope?
            for _ in 0..<4000 {
                let answer = try await call(method, parameters)
                if condition(answer) { return }
                last = answer
            }
            Issue.record("not seen: \(what); \(String(describing: last?.value))")
        }

        func awaitState(_ repr: String) async throws {
            try await self.await("automats_list", seeing: repr) { answer in
                answer.result?.asArray?.contains { $0["repr"]?.asText == repr } == true
            }
        }
    }

    /// Somebody who knows nothing but a code with the router in it becomes a friend of who is
    /// hidden.
    private func befriend(_ hidden: Station, behind router: Station) async throws {
        let invited = try await hidden.call("friend_invite", ["give": "100MB", "name": "sam"])
        let code = try InvitationCode(try #require(invited.result?["code"]?.asText))
        let place = try #require(Endpoint("127.0.0.1:\(router.sessionPort)"))
        #expect(code.places.routers == [place])
        let routed = InvitationCode(
            places: PeerAddresses(routers: [place]), fingerprint: code.fingerprint,
            token: code.token)
        let sam = try await NodeStation()
        let wrong = InvitationCode(
            places: routed.places,
            fingerprint: UserFingerprint([UInt8](repeating: 1, count: 13))!, token: code.token)
        let lost = try await sam.call(
            "friend_accept", ["code": .text("\(wrong)"), "give": "100MB"])
        #expect(lost.reason == "BD-INVITE-UNREACHABLE", "nobody waits there by that name")
        let taken = try await sam.call(
            "friend_accept", ["code": .text("\(routed)"), "give": "100MB"])
        #expect(taken.isOK, "\(taken.value)")
        let friend = try await hidden.call("friends_list").result?.asArray?.first
        #expect(friend?["name"] == "sam" && friend?["gives_bytes"] == 104_857_600)
        let seen = try await sam.call("friends_list", ["check": true]).result?.asArray?.first
        #expect(seen?["contact_state"] == "CONNECTED")
        #expect(seen?["path"]?.asText == "routed by \(place)")
        await sam.node.stop()
    }

    @Test func `a router listens, and who has a closed port is reached through it`()
        async throws
    {
        let router = try await Station(
            server: nil, seed: "genesis",
            [
                ("services/proxy-transport/enabled", "false"),
                ("services/proxy-server/enabled", "true"),
            ])
        try await router.awaitState("service_identity_server(ON)")
        let rita = try await router.call("identity_create", ["username": "rita"])
        #expect(rita.isOK, "\(rita.errors)")
        try await router.awaitState("proxy_router(LISTEN)")
        try await router.awaitState("service_proxy_server(ON)")
        try await router.awaitState("service_proxy_transport(OFF)")

        let hidden = try await Station(
            server: router.webPort, seed: "genesis",
            [("services/proxy-transport/preferred-routers", "rita@localhost_\(router.webPort)")])
        let nina = try await hidden.call("identity_create", ["username": "nina"])
        #expect(nina.isOK, "\(nina.errors)")
        try await hidden.awaitState("service_proxy_transport(ON)")
        try await hidden.awaitState("proxy_receiver(LISTEN)")
        let contact = "router://127.0.0.1:\(router.sessionPort)"
        try await hidden.await("network_status", seeing: contact) { answer in
            answer.result?["identity_contacts"]?.asArray?.contains(.text(contact)) == true
        }
        try await router.await("network_status", ["proxy": 1], seeing: "one that waits") { answer in
            answer.result?["proxy"]?["waiting"] == 1
        }
        try await befriend(hidden, behind: router)
        // Never both.
        let both = try await hidden.call(
            "config_set", ["key": "services/proxy-server/enabled", "value": "true"])
        #expect(!both.isOK)
        _ = try await hidden.call(
            "config_set", ["key": "services/proxy-transport/enabled", "value": "false"])
        try await hidden.awaitState("service_proxy_transport(OFF)")
        try await router.await("network_status", ["proxy": 1], seeing: "nobody waits") { answer in
            answer.result?["proxy"]?["waiting"] == 0
        }
        await hidden.node.stop()
        await router.node.stop()
    }
}
