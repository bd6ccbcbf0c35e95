import APIModel
import Foundation
import Model
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
}
