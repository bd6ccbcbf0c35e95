import APIModel
import Model
import Services
import Testing

@testable import Daemon

/// A node in a home with ports of its own, stopped at the end.
final class NodeStation: Sendable {
    let scratch: HomeScratch
    let node: Node
    let ports: [UInt16]
    let endings: AsyncStream<NodeProcess.Ending>

    init(_ scratch: HomeScratch? = nil, ports: [UInt16]? = nil) async throws {
        let scratch = try scratch ?? HomeScratch()
        let ports = ports ?? (0..<6).map { _ in FreePort.find() }
        let (endings, asked) = AsyncStream.makeStream(of: NodeProcess.Ending.self)
        let configuration = try NodeConfiguration(home: scratch.home, environment: [:])
        try configuration.set(
            zip(
                [
                    "interface/api/rest-http-port", "interface/api/web-socket-port",
                    "services/entangled-dht/udp-port", "services/identity-server/web-port",
                    "services/identity-server/tcp-port",
                    "services/tcp-connections/tcp-port",
                ], ports.map { "\($0)" }
            ).map { (name: $0, text: $1) }
                + [
                    (name: "services/network/listen-address", text: "127.0.0.1"),
                    (name: "services/entangled-dht/known-nodes", text: "genesis"),
                ])
        self.scratch = scratch
        self.ports = ports
        self.endings = endings
        node = try await Node(
            home: scratch.home, setting: scratch.setting(),
            logs: NodeLogs(home: scratch.home, time: FixedTime())
        ) { asked.yield($0) }
        try await node.start()
    }

    func call(_ method: String, _ parameters: [String: APIValue] = [:]) async throws
        -> APIEnvelope
    {
        let route = try #require(RouteTable.route(method: method))
        return try await NodeConnection(home: scratch.home).call(route, parameters)
    }

    /// Asks for the health of a service until it is as wanted; each question waits for the one
    /// before it, so this is no busy loop.
    func await(_ service: String, isOn: Bool) async throws {
        for _ in 0..<2000 {
            let answer = try await call("service_health", ["service_name": .text(service)])
            if answer.result == .bool(isOn) { return }
        }
        Issue.record("\(service) is not \(isOn ? "on" : "off")")
    }
}
