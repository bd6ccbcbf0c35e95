import APIModel
import Foundation
import Identities
import Model
import Networking
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// Disk space that customers have given up comes back to who donated it.
@Suite struct ReclaimTests {
    private let customer = try! StoreCustomer(seed: 1)

    @Test func `what is given up with the root key is given back, and status and du agree`()
        async throws
    {
        let station = try await SupplierStation()
        let store = try await station.store(customer)
        let customer = customer
        let uploads = try (0..<24).map { try customer.upload(seed: $0, pageCount: 64) }
        let record = 65 * 4096
        try await blocking { () throws in
            try store.admit(customer.contract(quota: 16 << 20, with: store.supplier))
            for group in stride(from: 0, to: 24, by: 8) {
                _ = try store.put(Array(uploads[group..<group + 8]))
            }
        }
        let given = uploads.prefix(18).map(\.header.fragment)
        let order = try TombstoneOrder(
            given, of: customer.owner, at: store.supplier, signedBy: customer.identity)
        let session = try await station.session(customer)
        let answer = try await session.request(
            SessionRequest(
                header: SupplierRequest(owner: customer.owner, .tombstone(order)).encoded()))
        guard case .done = try SupplierResponse(answer.header) else {
            Issue.record("\(answer.header)")
            return
        }
        let before = try await station.status()
        #expect(before["given_up"] == APIValue(18 * record))
        let home = station.node.scratch.home.supplier
        let diskBefore = DiskUse.length(below: home)
        // Each start looks what there is to give back.
        _ = try await station.node.call("service_restart", ["service_name": "supplier"])
        var after = try await station.status()
        while after["given_up"] != 0 { after = try await station.status() }
        #expect(after["fragments"] == 6)
        let used = try #require(after["used"]?.asInteger)
        #expect(used >= 6 * record && used <= 6 * record + 2 * 4096)
        #expect(after["real"]?.asInteger.map(Int.init) == DiskUse.length(below: home))
        #expect(DiskUse.length(below: home) <= diskBefore - 17 * record)
        let customers = try await station.node.call("customers_list").result?.asArray ?? []
        #expect(customers.first?["contract"]?["used_bytes"] == APIValue(6 * record))
        let again = try await station.store(customer)
        try await blocking { () throws in
            for upload in uploads.suffix(6) {
                let bytes = try again.bytes(of: upload.header.fragment, of: customer.owner)
                #expect(bytes == upload.content)
            }
        }
        await station.end()
    }

    @Test func `a tombstone of a mere device gives nothing back before its hold is over`()
        async throws
    {
        let station = try await SupplierStation()
        let store = try await station.store(customer)
        let customer = customer
        try await blocking { () throws in
            try store.admit(customer.contract(quota: 16 << 20, with: store.supplier))
            let uploads = try (0..<4).map { try customer.upload(seed: $0, pageCount: 64) }
            _ = try store.put(uploads)
            try store.tombstone(uploads.map(\.header.fragment), of: customer.owner)
        }
        let home = station.node.scratch.home.supplier
        try await station.set("services/supplier/enabled", "false")
        try await station.node.await("supplier", isOn: false)
        let disk = try SupplierDirectory.open(at: home).store(StoreOptions(capacity: 64 << 20))
        #expect(try disk.compact(isPressing: true) == nil)
        #expect(try disk.usage().fragmentCount == 4)
        disk.close()
        await station.end()
    }
}
