import APIModel
import Foundation
import Identities
import Model
import Services
import Testing

@testable import Daemon

/// Whole nodes in this process, on ports of 127.0.0.1 that were free a moment ago.
@Suite struct NodeTests {
    private typealias Station = NodeStation

    @Test func `a service that does not come up is named by the doctor`() async throws {
        let first = try await Station()
        try await first.await("entangled-dht", isOn: true)
        var ports = (0..<5).map { _ in FreePort.find() }
        ports[2] = first.ports[2]
        let second = try await Station(ports: ports)
        let lock = try NodeLock(second.scratch.home)
        defer { withExtendedLifetime(lock) {} }
        // Answers when the port was refused.
        _ = try await second.call(
            "service_restart", ["service_name": "entangled-dht", "wait_timeout": 60])
        let doctor = try Doctor(home: second.scratch.home, setting: second.scratch.setting())
        let finding = try #require(
            await doctor.examine().first { $0.subject == "service_entangled_dht" })
        #expect(finding.verdict == .bad && finding.text.contains("port \(ports[2]) is in use by"))
        #expect(finding.remedy?.contains("services restart") == true)
        await second.node.stop()
        await first.node.stop()
    }

    @Test func `each route that is said to be there is answered, and no other`() async throws {
        let scratch = try HomeScratch()
        let node = try await Node(
            home: scratch.home, setting: scratch.setting(),
            logs: NodeLogs(home: scratch.home, time: FixedTime())
        ) { _ in }
        let built = Set(RouteTable.all.filter(\.isBuilt).map(\.id))
        #expect(node.handlers.routeIDs.subtracting(built) == [])
        #expect(built.subtracting(node.handlers.routeIDs) == [])
        await node.stop()
    }

    @Test func `a lone node answers as the requirements print it`() async throws {
        let station = try await Station()
        try await station.await("entangled-dht", isOn: true)
        let answer = try await station.call("network_status", ["dht": 1])
        let layer = try #require(answer.result?["dht"]?["layers"]?.asArray?.first)
        #expect(layer["contacts"] == 0)
        #expect(answer.result?["dht"]?["udp_port"] == APIValue(station.ports[2]))
        #expect(answer.result?["idurl"] == .null && answer.result?["identity_sources"] == nil)
        let text = String(decoding: answer.value.printed, as: UTF8.self)
        #expect(text.contains("\"contacts\": 0"))
        let states = try await station.call("automats_list").result?.asArray ?? []
        let reprs = states.compactMap { $0["repr"]?.asText }
        #expect(reprs.contains("service_entangled_dht(ON)"))
        #expect(reprs.contains("service_supplier(NOT_INSTALLED)"))
        await station.node.stop()
    }

    @Test func `a setting takes effect in a node that runs`() async throws {
        let station = try await Station()
        _ = try await station.call(
            "config_set", ["key": "services/identity-server/host", "value": "localhost"])
        let change = try await station.call(
            "config_set", ["key": "services/identity-server/enabled", "value": "true"])
        #expect(change.result?.asArray?.first?["old_value"] == false)
        try await station.await("identity-server", isOn: true)
        _ = try await station.call("service_stop", ["service_name": "identity-server"])
        try await station.await("identity-server", isOn: false)
        let again = try await station.call("service_stop", ["service_name": "identity-server"])
        #expect(again.errors == ["service_identity_server already disabled"])
        let level = try await station.call(
            "config_set", ["key": "logs/debug-level", "value": "8"])
        #expect(level.isOK)
        await station.node.stop()
    }

    @Test func `an identity is created, published, backed up and there after a restart`()
        async throws
    {
        let first = try await Station()
        for (key, value) in [
            ("services/identity-server/host", "localhost"),
            ("services/identity-propagate/known-servers", "localhost:\(first.ports[3]):6661"),
            ("services/identity-propagate/min-servers", "1"),
            ("services/identity-server/enabled", "true"),
        ] {
            let answer = try await first.call(
                "config_set", ["key": .text(key), "value": .text(value)])
            #expect(answer.isOK, "\(answer.errors)")
        }
        try await first.await("identity-server", isOn: true)
        let bad = try await first.call("identity_create", ["username": "Al ice"])
        #expect(bad.errors == ["invalid user name"])
        let created = try await first.call("identity_create", ["username": "alice"])
        #expect(created.result?["name"] == "alice", "\(created.errors)")
        let idurl = "http://localhost:\(first.ports[3])/alice.xml"
        #expect(created.result?["idurl"] == .text(idurl))
        #expect(created.result?["xml"]?.asText?.contains("<source>\(idurl)</source>") == true)
        let twice = try await first.call("identity_create", ["username": "alice"])
        #expect(twice.errors == ["local identity already exist"])
        for name in ["destination_path", "destination_filepath"] {
            let path = "\(first.scratch.home.path)/\(name).key"
            let backup = try await first.call("identity_backup", [name: .text(path)])
            #expect(backup.result?["local_path"] == .text(path), "\(backup.errors)")
            let root = try KeyFileContents(path: path) { [] }
            #expect(root.sources.map(\.description) == [idurl])
        }
        try await first.await("identity-propagate", isOn: true)
        await first.node.stop()

        let second = try await Station(first.scratch, ports: first.ports)
        let status = try await second.call("network_status", ["dht": 1])
        #expect(status.result?["idurl"] == .text(idurl))
        try await second.await("identity-propagate", isOn: true)
        await second.node.stop()
    }

    @Test func `a caller ends the node, and its ports are free then`() async throws {
        let station = try await Station()
        #expect(try await station.call("process_restart").result?["restarted"] == true)
        var endings = station.endings.makeAsyncIterator()
        #expect(await endings.next() == .restart)
        await station.node.stop()
        await #expect(throws: Failure.self) { try await station.call("process_health") }
        let again = try await Station(station.scratch, ports: station.ports)
        #expect(try await again.call("process_health").isOK)
        await again.node.stop()
    }

    @Test func `a port that is taken is named with who has it`() async throws {
        let station = try await Station()
        let failure = await #expect(throws: Failure.self) {
            _ = try await Station(ports: station.ports)
        }
        #expect(failure?.code == "BD-PORT-IN-USE")
        #expect(failure?.message.contains("(pid \(getpid()))") == true)
        await station.node.stop()
    }
}

/// Ports that nobody has.
enum FreePort {
    static func find() -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                _ = bind(descriptor, generic, length)
                _ = getsockname(descriptor, generic, &length)
            }
        }
        return UInt16(bigEndian: address.sin_port)
    }
}
