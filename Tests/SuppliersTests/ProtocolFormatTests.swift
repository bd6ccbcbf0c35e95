import Identities
import Model
import Simulation
import Suppliers
import Testing

/// The messages of the supplier protocol: golden files, and what happens to each of their bits.
@Suite struct ProtocolFormatTests {
    private let customer = try! StoreCustomer(seed: 1)

    private func contract() throws -> Contract {
        try customer.contract(quota: 1 << 40, with: supplierKey.publicKey.supplierID)
            .taken(at: 5).signed(by: supplierKey)
    }

    private func requests() throws -> [SupplierRequest] {
        let ids = (1...2).map { FragmentID(Bytes32(words: ($0, 0, 0, 0))) }
        let headers = try (1...2).map {
            try customer.upload(seed: $0, descriptorLength: 20).header
        }
        let order = try TombstoneOrder(
            ids, of: customer.owner, at: supplierKey.publicKey.supplierID,
            signedBy: customer.identity)
        let calls: [SupplierRequest.Call] = [
            .contract, .propose(try contract()), .put(headers),
            .get(ids[0], range: nil, room: 4096, wantsProof: false),
            .get(ids[0], range: 1024..<2048, room: 1024, wantsProof: true),
            .header(ids[0]), .has(ids), .list(after: nil, limit: 9),
            .list(after: ids[1], limit: 2048), .heads(skip: 3, room: 1 << 20), .putHead,
            .tombstone(TombstoneOrder(ids)), .tombstone(order), .keep(ids), .scrub(ids), .usage,
            .audit(
                AuditChallenge(
                    ids[0], nonce: Bytes32(words: (9, 9, 9, 9)), ranges: [0..<1024, 2048..<4096])),
            .offer, .revoke([7, 9]),
        ]
        return calls.enumerated().map { index, call in
            SupplierRequest(
                owner: customer.owner, grant: index % 2 == 0 ? [] : [1, 2, 3], call)
        }
    }

    private func responses() throws -> [SupplierResponse] {
        let upload = try customer.upload(seed: 1, descriptorLength: 20)
        let id = upload.header.fragment
        let refusals: [StoreError] = [
            .notFound, .unknownCustomer(customer.owner), .unknownDevice(customer.peer.device),
            .badSignature, .invalid(field: "range"), .quotaExceeded(need: 5, available: 4),
            .capacityExceeded(need: 5, available: 4), .diskFull, .readOnly, .staleHead(newest: 7),
            .corrupt(Corruption(fragment: id, part: .payload, expected: 1, found: 2)),
            .unavailable(reason: "restarting"), .failed(operation: "write", errno: 5), .closed,
            .busy, .staleContract(newest: 3), .contractRefused(quotaMax: 9), .contractEnded,
        ]
        return refusals.map { .refused($0) } + [
            .done, .contract(nil), .contract(try contract()),
            .receipts([try supplierKey.receipt(for: upload.header, sequence: 9)]),
            .bytes(proof: []), .bytes(proof: [1, 2, 3]), .header(upload.header),
            .flags([true, false, true]), .records([FragmentRecord(id: id, length: 4096)]),
            .usage(standing(end: nil)), .usage(standing(end: 1_800_000_000)),
        ] + (try servedResponses()) + [
            .offer(try offer(), nil), .offer(try offer(), try contract()),
        ]
    }

    private func standing(end: Int64?) -> StoreStanding {
        StoreStanding(
            store: StoreUsage(capacity: 9, used: 8, tombstoned: 7, fragmentCount: 6),
            customer: CustomerUsage(quota: 5, charged: 4), end: end)
    }

    private func offer() throws -> SupplierOffer {
        try SupplierOffer(
            free: 50 << 30, issued: Timestamp(nanoseconds: 7), version: "0.5.0",
            endpoints: [
                Endpoint(IPAddress("203.0.113.5")!, port: 7771),
                Endpoint(IPAddress("2001:db8::5")!, port: 7771),
            ],
            certificate: customer.certificate, device: customer.device, supplier: supplierKey)
    }

    @Test func `an offer is as in its golden file, and only its own two keys can sign it`() throws {
        let offer = try offer()
        let bytes = offer.encoded()
        #expect(bytes == (try golden("supplier-offer/v1.bin", bytes)))
        #expect(try SupplierOffer(bytes) == offer)
        #expect(offer.node == customer.certificate)
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try SupplierOffer(Array(bytes[..<count])) }
        }
        bytes.forEachBitFlip { bytes, bit in
            if (try? SupplierOffer(bytes)) != nil { Issue.record("bit \(bit)") }
        }
        // With a checksum made anew, the signatures say so.
        for index in stride(from: 8, to: bytes.count - 4, by: 7) {
            var changed = Array(bytes.dropLast(4))
            changed[index] ^= 1
            var writer = ByteWriter()
            writer.raw(changed)
            writer.checksum()
            if let forged = try? SupplierOffer(writer.bytes) {
                #expect(forged.node == nil, "byte \(index)")
            }
        }
    }

    /// Heads and audits, as a supplier makes them.
    private func servedResponses() throws -> [SupplierResponse] {
        let memory = MemoryFragmentStore(key: supplierKey, capacity: 1 << 30)
        try memory.admit(customer.contract(quota: 1 << 30, with: memory.supplier))
        let upload = try customer.upload(seed: 1, pageCount: 8)
        _ = try memory.put([upload])
        try memory.putHead(customer.head(sequence: 1))
        let server = SupplierServer(
            store: memory, key: supplierKey, rules: .open, time: ManualTime(), holds: nil)
        let room = PageBuffer(byteCount: 1 << 20)
        let challenge = AuditChallenge(
            upload.header.fragment, nonce: .zero, ranges: [0..<1024, 30720..<31744])
        let calls: [SupplierRequest.Call] = [.heads(skip: 0, room: 1 << 20), .audit(challenge)]
        return try calls.map { call in
            let request = SupplierRequest(owner: customer.owner, call).encoded()
            return try SupplierResponse(
                server.answer(request, payload: [], from: customer.peer) { room[0..<$0] }.header)
        }
    }

    /// Messages one after the other, each with its length.
    private func joined(_ messages: [[UInt8]]) -> [UInt8] {
        var writer = ByteWriter()
        for message in messages { writer.counted(message) }
        return writer.bytes
    }

    @Test func `requests are as in their golden file`() throws {
        let requests = try requests()
        let bytes = joined(requests.map { $0.encoded() })
        #expect(bytes == (try golden("supplier-protocol/requests-v1.bin", bytes)))
        for request in requests { #expect(try SupplierRequest(request.encoded()) == request) }
        #expect(
            Set(requests.map(\.call.code)) == Set(SupplierRequest.Call.Code.allCases),
            "every call is in it")
    }

    @Test func `answers are as in their golden file`() throws {
        let responses = try responses()
        let bytes = joined(responses.map { $0.encoded() })
        #expect(bytes == (try golden("supplier-protocol/responses-v1.bin", bytes)))
        for response in responses { #expect(try SupplierResponse(response.encoded()) == response) }
    }

    @Test func `what a supplier keeps for itself is as in its golden files`() throws {
        let ids = (1...2).map { FragmentID(Bytes32(words: ($0, 0, 0, 0))) }
        let hold = TombstoneHold(owner: customer.owner, due: 1 << 50, fragments: ids)
        let bytes = hold.encoded()
        #expect(bytes == (try golden("supplier-protocol/hold-v1.bin", bytes)))
        #expect(try TombstoneHold(bytes) == hold)
        let time = ServiceTime.encode(1 << 50)
        #expect(time == (try golden("supplier-protocol/service-time-v1.bin", time)))
        #expect(ServiceTime.decode(time) == 1 << 50)
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try TombstoneHold(Array(bytes[..<count])) }
        }
        bytes.forEachBitFlip { bytes, bit in
            if (try? TombstoneHold(bytes)) != nil { Issue.record("hold: bit \(bit)") }
        }
        time.forEachBitFlip { bytes, bit in
            if ServiceTime.decode(bytes) != 0 { Issue.record("service time: bit \(bit)") }
        }
    }

    @Test func `every truncation and every changed bit is refused`() throws {
        for (index, request) in try requests().enumerated() {
            let bytes = request.encoded()
            for count in 0..<bytes.count {
                #expect(throws: FormatError.self) { try SupplierRequest(Array(bytes[..<count])) }
            }
            bytes.forEachBitFlip { bytes, bit in
                if (try? SupplierRequest(bytes)) != nil {
                    Issue.record("request \(index): bit \(bit)")
                }
            }
        }
        for (index, response) in try responses().enumerated() {
            let bytes = response.encoded()
            for count in 0..<bytes.count {
                #expect(throws: FormatError.self) { try SupplierResponse(Array(bytes[..<count])) }
            }
            bytes.forEachBitFlip { bytes, bit in
                if (try? SupplierResponse(bytes)) != nil {
                    Issue.record("response \(index): bit \(bit)")
                }
            }
        }
    }

    /// The checksum keeps accidents out; an adversary makes it anew.
    @Test func `messages with forged checksums are refused or read as what they say`() throws {
        func forged(_ bytes: [UInt8]) -> [UInt8] {
            var writer = ByteWriter()
            writer.raw(bytes.dropLast(4))
            writer.checksum()
            return writer.bytes
        }
        for request in try requests() {
            let bytes = request.encoded()
            bytes.forEachBitFlip { bytes, _ in
                let message = forged(bytes)
                if let read = try? SupplierRequest(message) {
                    #expect(read.encoded() == message, "one encoding for each value")
                }
            }
            for count in 4..<bytes.count {
                _ = try? SupplierRequest(forged(Array(bytes[..<count])))
            }
        }
        for response in try responses() {
            response.encoded().forEachBitFlip { bytes, _ in
                let message = forged(bytes)
                if let read = try? SupplierResponse(message) {
                    #expect(read.encoded() == message, "one encoding for each value")
                }
            }
        }
    }

    @Test func `random bytes and random requests trap nothing`() throws {
        let random = SeededRandom(seed: 3)
        let memory = MemoryFragmentStore(key: supplierKey, capacity: 1 << 20)
        try memory.admit(customer.contract(quota: 1 << 20, with: memory.supplier))
        let server = SupplierServer(
            store: memory, key: supplierKey, rules: .open, time: ManualTime(), holds: nil)
        let room = PageBuffer(byteCount: 1 << 20)
        let messages = try requests().map { $0.encoded() }
        for _ in 0..<3000 {
            var bytes = messages[random.below(0..<messages.count)]
            for _ in 0..<random.below(1..<4) {
                bytes[random.below(8..<bytes.count)] = UInt8(random.below(0..<256))
            }
            var writer = ByteWriter()
            writer.raw(bytes.dropLast(4))
            writer.checksum()
            let answer = server.answer(writer.bytes, payload: [], from: customer.peer) { count in
                count <= room.byteCount ? room[0..<max(0, count)] : nil
            }
            #expect(throws: Never.self) { try SupplierResponse(answer.header) }
        }
        #expect(try memory.usage().used == 0)
    }
}
