import APIModel
import Foundation
import Identities
import Model
import Networking
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// A node that donates, and customers over real sessions.
@Suite struct SupplierServiceTests {
    private let customer = try! StoreCustomer(seed: 1)

    @Test func `a customer stores, lists and reads over a session, and the numbers agree`()
        async throws
    {
        let station = try await SupplierStation()
        let store = try await station.store(customer)
        let customer = customer
        let uploads = try (0..<6).map { try customer.upload(seed: $0, pageCount: 64) }
        try await blocking { () throws in
            try store.admit(customer.contract(quota: 16 << 20, with: store.supplier))
            let receipts = try store.put(uploads)
            #expect(receipts.count == 6)
            let records = try store.list(of: customer.owner, after: nil, limit: 99)
            #expect(Set(records.map(\.id)) == Set(uploads.map(\.header.fragment)))
            for upload in uploads {
                let bytes = try store.bytes(of: upload.header.fragment, of: customer.owner)
                #expect(bytes == Array(upload.payload[upload.range]))
            }
            try store.putHead(customer.head(sequence: 1))
            #expect(try store.heads(of: customer.owner).map(\.sequence) == [1])
            #expect(try store.offer().free == 48 << 20)
        }
        let donated = try await station.node.call("space_donated").result ?? [:]
        #expect(donated["donated"] == 67_108_864 && donated["customers_num"] == 1)
        #expect(donated["consumed"] == 16_777_216 && donated["free"] == 50_331_648)
        let used = try #require(donated["used"]?.asInteger)
        #expect(used == 6 * (64 + 1) * 4096)
        #expect(donated["customers"]?.asArray?.first?["used"] == APIValue(Int(used)))
        let real = try #require(donated["real"]?.asInteger)
        #expect(real == SupplierServiceTests.du(station.node.scratch.home.supplier))
        let list = try await station.node.call("customers_list").result?.asArray ?? []
        #expect(list.first?["contact_state"] == "CONNECTED")
        #expect(list.first?["fragments"] == 6)
        let network = try await station.node.call("network_status", ["customers": 1, "tcp": 1])
        #expect(network.result?["customers"]?["connected"] == 1)
        #expect(network.result?["tcp"]?["sessions"]?.asArray?.count == 1)
        let states = try await station.node.call("automats_list").result?.asArray ?? []
        let reprs = states.compactMap { $0["repr"]?.asText }
        #expect(reprs.contains("service_supplier(ON)"), "\(reprs)")
        #expect(reprs.contains("customers_rejector(READY)"))
        let verified = try await station.node.call("donation_verify").result ?? [:]
        #expect(verified["sound"] == 6 && verified["damaged"] == 0)
        await station.end()
    }

    @Test func `what is donated changes while it serves, and nothing is sold twice`() async throws {
        let station = try await SupplierStation()
        let store = try await station.store(customer)
        let other = try StoreCustomer(seed: 2)
        let otherStore = try await station.store(other)
        let customer = customer
        let uploads = try (0..<3).map { try customer.upload(seed: $0, pageCount: 256) }
        try await blocking { () throws in
            try store.admit(customer.contract(quota: 60 << 20, with: store.supplier))
            _ = try store.put([uploads[0]])
            #expect(throws: StoreError.contractRefused(quotaMax: 4 << 20)) {
                try otherStore.admit(other.contract(quota: 5 << 20, with: store.supplier))
            }
            try otherStore.admit(other.contract(quota: 4 << 20, with: store.supplier))
        }
        try await station.set("services/supplier/donated-space", "128 MB")
        try await blocking { () throws in
            try otherStore.admit(
                other.contract(quota: 68 << 20, with: store.supplier, sequence: 2))
            _ = try store.put([uploads[1]])
        }
        // The first session is still there: nothing was restarted.
        try await station.set("services/supplier/paused", "true")
        try await blocking { () throws in
            #expect(throws: StoreError.unavailable(reason: "paused")) {
                try store.put([uploads[2]])
            }
            #expect(try store.bytes(of: uploads[1].header.fragment, of: customer.owner).count > 0)
            #expect(try store.offer().free == 0)
        }
        try await station.set("services/supplier/paused", "false")
        try await station.set("services/supplier/leaving", "true")
        try await blocking { () throws in
            #expect(throws: StoreError.contractEnded) { try store.put([uploads[2]]) }
        }
        #expect(try await station.status()["state"] == "leaving")
        try await station.set("services/supplier/leaving", "false")
        let rejected = try await station.node.call(
            "customer_reject", ["customer_id": .text("\(customer.owner)")])
        #expect(rejected.isOK, "\(rejected.errors)")
        try await blocking { () throws in
            #expect(throws: StoreError.contractEnded) { try store.put([uploads[2]]) }
            #expect(try store.has([uploads[0].header.fragment], of: customer.owner) == [true])
        }
        await station.end()
    }

    @Test func `a put without room is refused before its payload is sent`() async throws {
        let station = try await SupplierStation()
        let store = try await station.store(customer)
        let session = try await station.session(customer)
        let upload = try customer.upload(seed: 1, pageCount: 512)
        let customer = customer
        try await blocking { () throws in
            try store.admit(customer.contract(quota: 1 << 20, with: store.supplier))
        }
        let request = SessionRequest(
            header: SupplierRequest(owner: customer.owner, .put([upload.header])).encoded(),
            payload: SessionPayload(Array(upload.payload[upload.range])))
        for _ in 0..<20 {
            let answer = try await session.request(request)
            guard case .refused(.quotaExceeded) = try SupplierResponse(answer.header) else {
                Issue.record("not refused")
                break
            }
        }
        #expect(session.isOpen)
        await station.end()
    }

    /// The node knows the document from its disk, as after any session with the user.
    @Test func `a revoked device hears nothing, the user's others do`() async throws {
        let first = try await SupplierStation()
        let lost = try StoreCustomer(seed: 9)
        let kept = try lost.onAnotherDevice(seed: 10)
        let request = SessionRequest(
            header: SupplierRequest(owner: lost.owner, .usage).encoded())
        _ = try await first.session(lost).request(request)
        let home = first.node.scratch.home
        let alice = try IdentityDocument(
            decoding: HomeFile.read(
                home.identityDocument, limit: Limits.identityDocumentLengthMax))
        await first.node.node.stop()

        let next = try IdentityKey(seed: SecretBytes(from: SeededRandom(seed: 11)))
        let keys = try IdentityKeys.first(
            root: lost.identity, next: next.publicKey, xWing: alice.keys.xWing,
            certificates: [lost.certificate, kept.certificate]
        ).revoking(lost.device.publicKey.deviceID, signedBy: lost.identity)
        let document = try IdentityDocument.first(
            IdentityContent(
                sources: [Source("http://localhost:9/lost.xml")!],
                contacts: [Contact("tcp://127.0.0.1:9")!],
                date: CalendarDate("2026-11-21")!, version: "test"),
            keys: keys, signedBy: .device(kept.device))
        try HomeFile.write(document.bytes, to: "\(home.knownIdentities)/\(lost.owner).xml")

        let station = try await NodeStation(first.node.scratch, ports: first.node.ports)
        try await station.await("supplier", isOn: true)
        let session = try await first.session(kept)
        let answer = try await session.request(request)
        guard case .usage = try SupplierResponse(answer.header) else {
            Issue.record("the kept device is not answered")
            return
        }
        await #expect(throws: SessionError.self) {
            try await first.session(lost).request(request)
        }
        await station.node.stop()
        await first.threads.stop()
    }

    static func du(_ path: String) -> Int64? {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/du")
        process.arguments = ["-s", "--block-size=1", path]
        process.standardOutput = pipe
        try? process.run()
        process.waitUntilExit()
        let text = String(
            decoding: (try? pipe.fileHandleForReading.readToEnd()) ?? Data(), as: UTF8.self)
        return Int64(text.prefix { $0.isNumber })
    }
}
