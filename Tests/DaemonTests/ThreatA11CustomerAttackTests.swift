import APIModel
import Identities
import Model
import Networking
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// Customers that do what they may not, over real sessions with a node that donates.
@Suite struct ThreatA11CustomerAttackTests {
    private func ask(
        _ session: Session, _ header: [UInt8], _ payload: [UInt8] = [], room: Int = 0
    ) async throws -> SupplierResponse {
        try SupplierResponse(
            try await session.request(
                SessionRequest(
                    header: header, payload: SessionPayload(payload), responseLengthMax: room)
            ).header)
    }

    @Test func `wrong lengths, forged headers, noise and replays change nothing`() async throws {
        let station = try await SupplierStation()
        let customer = try StoreCustomer(seed: 1)
        let store = try await station.store(customer)
        let session = try await station.session(customer)
        try await blocking { () throws in
            try store.admit(customer.contract(quota: 8 << 20, with: store.supplier))
        }
        let upload = try customer.upload(seed: 1, pageCount: 4)
        let bytes = Array(upload.payload[upload.range])
        let put = SupplierRequest(owner: customer.owner, .put([upload.header])).encoded()
        for wrong in [[], Array(bytes.dropLast()), bytes + [0], bytes + bytes] {
            #expect(
                try await ask(session, put, wrong) == .refused(.invalid(field: "payload")))
        }
        let other = try StoreCustomer(seed: 2)
        let stolen = try other.upload(seed: 1, pageCount: 4).header
        let forged = SupplierRequest(owner: customer.owner, .put([stolen])).encoded()
        #expect(try await ask(session, forged, bytes) == .refused(.unknownCustomer(other.owner)))
        let impostor = try customer.onAnotherDevice(seed: 3).upload(seed: 1, pageCount: 4).header
        let unsigned = SupplierRequest(owner: customer.owner, .put([impostor])).encoded()
        guard case .refused = try await ask(session, unsigned, bytes) else {
            Issue.record("a device without certificate may put")
            return
        }
        let random = SeededRandom(seed: 5)
        for length in 8..<200 {
            let noise = Array("BDSREQ01".utf8) + random.bytes(length)
            guard case .refused(.invalid) = try await ask(session, noise) else {
                Issue.record("noise is answered")
                return
            }
        }
        let first = try await ask(session, put, bytes)
        let again = try await ask(session, put, bytes)
        #expect(first == again)
        let used = try await station.status()["used"]
        #expect(used == APIValue(5 * 4096))
        #expect(session.isOpen)
        await #expect(throws: SessionError.refused(.notAllowed)) {
            try await session.request(SessionRequest(header: Array("BDXXXX01".utf8)))
        }
        await station.end()
    }

    @Test func `nobody reads or deletes what is another's`() async throws {
        let station = try await SupplierStation()
        let (owner, thief) = (try StoreCustomer(seed: 1), try StoreCustomer(seed: 2))
        let store = try await station.store(owner)
        let upload = try owner.upload(seed: 1)
        let fragment = upload.header.fragment
        try await blocking { () throws in
            try store.admit(owner.contract(quota: 1 << 20, with: store.supplier))
            _ = try store.put([upload])
        }
        let session = try await station.session(thief)
        let calls: [SupplierRequest.Call] = [
            .get(fragment, range: nil, room: 4096, wantsProof: false), .header(fragment),
            .has([fragment]), .list(after: nil, limit: 9), .heads(skip: 0, room: 4096),
            .tombstone(TombstoneOrder([fragment])), .keep([fragment]), .scrub([fragment]),
        ]
        for call in calls {
            let header = SupplierRequest(owner: owner.owner, call).encoded()
            #expect(
                try await ask(session, header, room: 4096)
                    == .refused(.unknownCustomer(owner.owner)))
        }
        try await blocking { () throws in
            #expect(try store.bytes(of: fragment, of: owner.owner).count == 4096)
        }
        await station.end()
    }

    @Test func `a quota is not exceeded by many puts at once`() async throws {
        let station = try await SupplierStation()
        let customer = try StoreCustomer(seed: 1)
        let store = try await station.store(customer)
        try await blocking { () throws in
            try store.admit(customer.contract(quota: 1 << 20, with: store.supplier))
        }
        let uploads = try (0..<40).map { try customer.upload(seed: $0, pageCount: 16) }
        let stored = try await withThrowingTaskGroup(of: Bool.self) { group in
            for upload in uploads {
                group.addTask {
                    try await blocking { () throws in
                        do {
                            _ = try store.put([upload])
                            return true
                        } catch StoreError.quotaExceeded {
                            return false
                        }
                    }
                }
            }
            return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        // 17 pages each.
        #expect(stored == (1 << 20) / (17 * 4096))
        #expect(try await station.status()["used"] == APIValue(stored * 17 * 4096))
        await station.end()
    }

    @Test func `who opens many sessions keeps nobody out`() async throws {
        let station = try await SupplierStation()
        let greedy = try StoreCustomer(seed: 1)
        var sessions: [Session] = []
        var refused = 0
        for _ in 0..<40 {
            do {
                let session = try await station.session(greedy)
                // The ninth is closed when it has shown who it is.
                _ = try await session.request(
                    SessionRequest(
                        header: SupplierRequest(owner: greedy.owner, .usage).encoded()))
                sessions.append(session)
            } catch is SessionError {
                refused += 1
            }
        }
        #expect(sessions.count == Limits.sessionsPerUserMax && refused > 0)
        let other = try StoreCustomer(seed: 2)
        let store = try await station.store(other)
        try await blocking { _ = try store.usage() }
        await station.end()
    }

    @Test func `forty customers at once are all served`() async throws {
        let station = try await SupplierStation()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for seed in 0..<40 as Range<UInt64> {
                group.addTask {
                    let customer = try StoreCustomer(seed: seed)
                    let store = try await station.store(customer)
                    let uploads = try (0..<3).map {
                        try customer.upload(seed: $0 + seed * 10, pageCount: 32)
                    }
                    try await blocking { () throws in
                        try store.admit(
                            customer.contract(quota: 1 << 20, with: store.supplier))
                        _ = try store.put(uploads)
                        for upload in uploads {
                            let bytes = try store.bytes(
                                of: upload.header.fragment, of: customer.owner)
                            #expect(bytes == Array(upload.payload[upload.range]))
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await station.status()["customers"] == APIValue(40))
        await station.end()
    }
}
