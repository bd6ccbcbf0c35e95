import APIModel
import Foundation
import Model
import Networking
import Pipelines
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// What the routes of suppliers and connections say is what there is.
@Suite struct FamilyAPITests {
    @Test func `connections name who is there, which way, and the bytes that went`() async throws {
        let station = try await SupplierStation()
        #expect(try await station.node.call("connections_list").result?.asArray?.isEmpty == true)
        let customer = try StoreCustomer(seed: 4)
        let store = try await station.store(customer)
        let upload = try customer.upload(seed: 1, pageCount: 32)
        try await blocking { () throws in
            try store.admit(customer.contract(quota: 4 << 20, with: store.supplier))
            _ = try store.put([upload])
        }
        let answer = try await station.node.call("connections_list")
        let items = answer.result?.asArray ?? []
        #expect(items.count == 1)
        let item = items.first ?? [:]
        #expect(item["user_id"] == .text("\(customer.owner)"))
        #expect(item["proto"] == "tcp" && item["state"] == "CONNECTED")
        #expect(item["host"]?.asText?.hasPrefix("127.0.0.1:") == true)
        #expect(item["dialled"] == false)
        let received = try #require(item["bytes_received"]?.asInteger)
        let sent = try #require(item["bytes_sent"]?.asInteger)
        #expect(received > 32 * 4096 && received < 40 * 4096)
        #expect(sent > 0 && sent < 32 * 4096)
        let other = try await station.node.call(
            "connections_list", ["protocols": .array(["proxy"])])
        #expect(other.result?.asArray?.isEmpty == true)
        await station.end()
    }

    @Test func `without a backup there are no suppliers, and that is what is said`() async throws {
        let station = try await NodeStation()
        for method in ["suppliers_list", "suppliers_ping"] {
            let answer = try await station.call(method)
            #expect(answer.errors == ["no suppliers yet"], "\(method)")
        }
        let answer = try await station.call("supplier_replace", ["position": 0])
        #expect(!answer.isOK)
        await station.node.stop()
    }

    /// A node in a home whose customer has a backup on these suppliers.
    private func node(of network: NetworkStation) async throws -> NodeStation {
        let home = try HomeScratch(path: "\(network.path)/home")
        // Its rounds would have the home when the interface wants it.
        try NodeConfiguration(home: home.home, environment: [:])
            .set([(name: "services/rebuilding/enabled", text: "false")])
        return try await NodeStation(home)
    }

    @Test func `suppliers in a network are there, and what is used of them is told`() async throws {
        let network = try await NetworkStation(suppliers: 2)
        try await network.hireAll()
        try network.fill(fileCount: 3)
        _ = try await network.backup()
        let station = try await node(of: network)
        let list = try await station.call("suppliers_list")
        let items = list.result?.asArray ?? []
        #expect(items.count == 2, "\(list.errors)")
        #expect(items.allSatisfy { $0["supplier_state"] == "CONNECTED" }, "\(items)")
        let ping = try await station.call("suppliers_ping")
        #expect(ping.result?["asked"] == 2 && ping.result?["answered"] == 2)
        let used = items.compactMap { $0["contract"]?["used_bytes"]?.asInteger }.reduce(0, +)
        let space = try await station.call("space_consumed").result ?? [:]
        #expect(space["suppliers_num"] == 2 && space["suppliers_answered"] == 2)
        #expect(space["used"]?.asInteger == used && used > 900_000)
        #expect(space["my_files"] == 4)
        let size = try #require(space["my_files_size"]?.asInteger)
        #expect(size > 900_000 && size < 910_000)
        let granted = items.compactMap { $0["contract"]?["allocated_bytes"]?.asInteger }
            .reduce(0, +)
        #expect(space["granted"]?.asInteger == granted)
        #expect(space["available"]?.asInteger == granted - used)
        await station.node.stop()
        await network.end()
    }

    @Test func `a supplier is switched for one that signs, and for nobody else`() async throws {
        let network = try await NetworkStation(suppliers: 3)
        let home = network.home()
        let first = [network.nodes[0].address, network.nodes[1].address]
        try await network.command { adapters in
            let customer = try Customer.create(
                home: home, name: "alice", deviceName: "laptop", adapters: adapters)
            defer { customer.close() }
            _ = try customer.hire(first)
        }
        let station = try await node(of: network)
        func states() async throws -> [String: String] {
            let items = try await station.call("suppliers_list").result?.asArray ?? []
            return Dictionary(
                uniqueKeysWithValues: items.map {
                    ($0["address"]?.asText ?? "", $0["supplier_state"]?.asText ?? "")
                })
        }
        let before = try await states()
        #expect(before.count == 2)
        // Who was hired first is first, and that is not always the first that was named.
        let items = try await station.call("suppliers_list").result?.asArray ?? []
        let position = try #require(items.firstIndex { $0["address"]?.asText == first[0] })
        let nowhere = "node:\(String(repeating: "ab", count: 32))@127.0.0.1:1"
        for (new, isKnown) in [("nobody", false), (nowhere, true), (first[0], true)] {
            let answer = try await station.call(
                "supplier_switch",
                ["position": APIValue(position), "new_supplier_id": .text(new)])
            #expect(!answer.isOK, "\(new)")
            #expect(answer.errors.first?.contains("nobody whom") == !isKnown, "\(answer.errors)")
            #expect(try await states() == before)
        }
        let missing = try await station.call("supplier_change", ["position": 9])
        #expect(missing.errors == ["supplier not found"])
        let third = network.nodes[2].address
        let answer = try await station.call(
            "supplier_switch",
            ["position": APIValue(position), "new_supplier_id": .text(third)])
        #expect(answer.isOK, "\(answer.errors)")
        #expect(
            try await states() == [
                first[0]: "LEAVING", first[1]: "CONNECTED", third: "CONNECTED",
            ])
        let replaced = try await station.call(
            "supplier_change", ["position": APIValue(1 - position)])
        #expect(replaced.isOK)
        #expect(try await states()[first[1]] == "LEAVING")
        await station.node.stop()
        await network.end()
    }

    @Test func `what moves is told while it moves`() async throws {
        let station = try await SupplierStation()
        let customer = try StoreCustomer(seed: 4)
        let store = try await station.store(customer)
        try await blocking { () throws in
            try store.admit(customer.contract(quota: 4 << 20, with: store.supplier))
        }
        let session = try await station.session(customer)
        // A request that nobody answers before the test has looked: its handler waits for the gate.
        let gate = AsyncStream.makeStream(of: Void.self)
        let came = AsyncStream.makeStream(of: Void.self)
        let hub = await station.node.node.parts.hub
        hub.handlers.register(SessionHandlers.Magic("BDWAITS1")) { _, _ in
            came.continuation.yield()
            for await _ in gate.stream { break }
            return SessionResponse(header: [1])
        }
        let payload = [UInt8](repeating: 7, count: 50_000)
        async let answer = session.request(
            SessionRequest(header: Array("BDWAITS1".utf8), payload: SessionPayload(payload)))
        for await _ in came.stream { break }
        let packets = try await station.node.call("packets_list").result?.asArray ?? []
        let packet = try #require(packets.first { $0["label"] == "BDWAITS1" })
        #expect(packet["direction"] == "incoming" && packet["proto"] == "tcp")
        #expect(packet["user_id"] == .text("\(customer.owner)"))
        #expect(packet["size"] == 50_000 && packet["bytes_received"] == 50_000)
        let streams = try await station.node.call("streams_list").result?.asArray ?? []
        #expect(streams.contains { $0["type"] == "in" && $0["bytes_total"] == 50_000 })
        let own = session
        let asked = await own.activity()
        #expect(asked.madeCount == 1 && asked.exchanges.map(\.sentTotal) == [50_000])
        let transfers = try await station.node.call("transfers_list").result?.asArray
        #expect(transfers?.isEmpty == true, "this is no fragment")
        gate.continuation.yield()
        #expect(try await answer.header == [1])
        let left = try await station.node.call("packets_list").result?.asArray ?? []
        #expect(!left.contains { $0["label"] == "BDWAITS1" })
        let stats = try await station.node.call("packets_stats").result ?? [:]
        let requests = try #require(stats["in"]?["requests"]?.asInteger)
        #expect(requests >= 3 && (stats["in"]?["bytes"]?.asInteger ?? 0) > 50_000)
        await station.end()
    }
}
