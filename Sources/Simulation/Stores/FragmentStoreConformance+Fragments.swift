internal import Identities
internal import Model
internal import Suppliers

extension FragmentStoreConformance {
    static let fragmentRules: [Rule] = [
        Rule("what was put comes back, with its header and a signed receipt") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            let uploads = try (1...3).map {
                try customer.upload(seed: UInt64($0), pageCount: $0, descriptorLength: $0 * 5000)
            }
            let receipts = try store.put(uploads)
            try require(receipts.count == 3, "a receipt for each upload")
            for (upload, receipt) in zip(uploads, receipts) {
                let header = upload.header
                try require(receipt.isSigned, "the receipt is signed")
                try require(
                    receipt.supplier == store.supplier && receipt.owner == header.owner
                        && receipt.fragment == header.fragment && receipt.length == header.length,
                    "the receipt is for what was put")
                try require(
                    try store.bytes(of: header.fragment, of: header.owner) == upload.content,
                    "the bytes come back")
                try require(
                    try store.header(of: header.fragment, of: header.owner) == header,
                    "the header comes back")
            }
        },
        Rule("any range of a fragment can be read, none beyond it") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            let upload = try customer.upload(seed: 1, pageCount: 2)
            _ = try store.put([upload])
            let id = upload.header.fragment
            for range in [0..<1, 4095..<4097, 1..<8192, 8191..<8192, 0..<8192, 4096..<8192, 5..<5] {
                let bytes = try store.bytes(of: id, of: customer.owner, range: range)
                try require(bytes == Array(upload.content[range]), "range \(range)")
            }
            for range in [0..<8193, 8192..<8193, -1..<1] {
                try requireError(.invalid(field: "range"), "range \(range)") {
                    _ = try store.bytes(of: id, of: customer.owner, range: range)
                }
            }
            let small = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
            defer { small.deallocate() }
            try requireError(.invalid(field: "range"), "a target that is too small") {
                _ = try store.get(id, of: customer.owner, range: nil, into: small)
            }
        },
        Rule("a fragment that is there gets its receipt again and takes no space") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            let upload = try customer.upload(seed: 1)
            let other = try customer.upload(seed: 2)
            let first = try store.put([upload, upload])
            let usage = try store.usage()
            try require(usage.fragmentCount == 1, "twice in one call is once")
            let second = try store.put([upload])
            try require(first[0].signedBytes == first[1].signedBytes, "one receipt for both")
            try require(first[0].signedBytes == second[0].signedBytes, "the receipt of the record")
            try require(try store.usage() == usage, "no space for what is there")
            let third = try store.put([other, upload])
            try require(third[1].signedBytes == first[0].signedBytes, "in the order of the call")
            try require(third[0].sequence > third[1].sequence, "sequences rise")
        },
        Rule("has and list tell what is there, in order") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            let uploads = try (1...9).map { try customer.upload(seed: UInt64($0)) }
            _ = try store.put(Array(uploads[..<8]))
            let ids = uploads.map(\.header.fragment)
            try require(
                try store.has(ids, of: customer.owner) == ids.map { $0 != ids[8] }, "has")
            let sorted = ids[..<8].sorted()
            let all = try store.list(of: customer.owner, after: nil, limit: 100)
            try require(all.map(\.id) == sorted, "the list is ascending and complete")
            try require(all.allSatisfy { $0.length == 4096 }, "with lengths")
            var paged: [FragmentID] = []
            while let page = .some(
                try store.list(of: customer.owner, after: paged.last, limit: 3)), !page.isEmpty
            {
                paged += page.map(\.id)
            }
            try require(paged == sorted, "page by page")
        },
        Rule("a tombstoned fragment is gone, and may be put again") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            let uploads = try (1...2).map { try customer.upload(seed: UInt64($0)) }
            let before = try store.put(uploads)
            let id = uploads[0].header.fragment
            let used = try store.usage().used
            let length = uploads[0].storedLength
            try store.tombstone([id, id, FragmentID(.zero)], of: customer.owner)
            let usage = try store.usage()
            try require(usage.used == used + 4096, "the tombstone takes a page")
            try require(usage.tombstoned == length && usage.fragmentCount == 1, "and is told")
            try requireError(.notFound, "get") { _ = try store.bytes(of: id, of: customer.owner) }
            try requireError(.notFound, "header") {
                _ = try store.header(of: id, of: customer.owner)
            }
            try require(try store.has([id], of: customer.owner) == [false], "has")
            try require(
                try store.list(of: customer.owner, after: nil, limit: 9).map(\.id)
                    == [uploads[1].header.fragment], "list")
            try store.tombstone([id], of: customer.owner)
            try require(try store.usage() == usage, "twice changes nothing")
            let again = try store.put([uploads[0]])
            try require(again[0].sequence > before[0].sequence, "a new record")
            try require(
                try store.bytes(of: id, of: customer.owner) == uploads[0].content, "is back")
            try require(
                try store.usage().used == used + 4096 + length
                    && store.usage().tombstoned == length,
                "the old record still takes its space")
        },
        Rule("nobody reads or removes what another customer has put") { make in
            let (one, other) = (try StoreCustomer(seed: 1), try StoreCustomer(seed: 2))
            let store = try store(make, admitting: [one, other])
            let upload = try one.upload(seed: 1)
            let id = upload.header.fragment
            _ = try store.put([upload])
            try requireError(.notFound, "get") { _ = try store.bytes(of: id, of: other.owner) }
            try requireError(.notFound, "header") { _ = try store.header(of: id, of: other.owner) }
            try require(try store.has([id], of: other.owner) == [false], "has")
            try require(try store.list(of: other.owner, after: nil, limit: 9).isEmpty, "list")
            try store.tombstone([id], of: other.owner)
            try require(try store.has([id], of: one.owner) == [true], "tombstone")
            let same = try other.upload(upload.payload, descriptor: [1])
            _ = try store.put([same])
            try store.tombstone([id], of: other.owner)
            try require(
                try store.bytes(of: id, of: one.owner) == upload.content,
                "the same bytes of two customers are two fragments")
        },
        Rule("strangers and false signatures are refused") { make in
            let (customer, stranger) = (try StoreCustomer(seed: 1), try StoreCustomer(seed: 2))
            let store = try store(make, admitting: [customer])
            let upload = try customer.upload(seed: 1)
            try requireError(.unknownCustomer(stranger.owner), "a stranger's fragment") {
                _ = try store.put([upload, try stranger.upload(seed: 2)])
            }
            try require(
                try store.has([upload.header.fragment], of: customer.owner) == [false],
                "all or nothing")
            for call in [
                { _ = try store.list(of: stranger.owner, after: nil, limit: 1) },
                { _ = try store.heads(of: stranger.owner) },
                { try store.tombstone([upload.header.fragment], of: stranger.owner) },
                { try store.putHead(try stranger.head(sequence: 1)) },
            ] as [() throws -> Void] {
                try requireError(.unknownCustomer(stranger.owner), "a stranger", call)
            }
            let machine = try customer.onAnotherDevice(seed: 9)
            try requireError(.unknownDevice(machine.device.publicKey.deviceID), "a new device") {
                _ = try store.put([try machine.upload(seed: 3)])
            }
            let header = upload.header
            let forged = FragmentHeader(
                owner: header.owner, device: header.device, fragment: FragmentID(.zero),
                length: header.length, sealedDescriptor: header.sealedDescriptor
            ) { _ in header.signature }
            try requireError(.badSignature, "a forged header") {
                _ = try store.put([
                    FragmentUpload(header: forged, payload: upload.payload, range: 0..<4096)
                ])
            }
        },
        Rule("uploads that contradict themselves are refused") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            let upload = try customer.upload(seed: 1, pageCount: 3)
            for range in [0..<8192, 4096..<16384, 1..<12289, -4096..<8192] {
                try requireError(.invalid(field: "range"), "range \(range)") {
                    _ = try store.put([
                        FragmentUpload(
                            header: upload.header, payload: upload.payload, range: range)
                    ])
                }
            }
            let many = try (1...UInt64(Limits.groupCommitCountMax + 1)).map {
                try customer.upload(seed: $0)
            }
            try requireError(.invalid(field: "upload count"), "too many") {
                _ = try store.put(many)
            }
            try require(try store.usage().used == 0, "nothing was stored")
            try require(try store.put([]).isEmpty, "nothing is fine")
        },
        Rule("a closed store refuses everything") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            let upload = try customer.upload(seed: 1)
            let id = upload.header.fragment
            store.close()
            store.close()
            for call in [
                { _ = try store.put([upload]) },
                { _ = try store.bytes(of: id, of: customer.owner) },
                { _ = try store.header(of: id, of: customer.owner) },
                { _ = try store.has([id], of: customer.owner) },
                { _ = try store.list(of: customer.owner, after: nil, limit: 1) },
                { try store.tombstone([id], of: customer.owner) },
                { _ = try store.usage() },
                { try store.putHead(try customer.head(sequence: 1)) },
                { _ = try store.heads(of: customer.owner) },
                { try store.admit(customer.contract(quota: 1, with: store.supplier)) },
            ] as [() throws -> Void] {
                try requireError(.closed, "closed", call)
            }
        },
    ]
}
