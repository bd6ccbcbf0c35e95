internal import Identities
internal import Model
internal import Suppliers

extension FragmentStoreConformance {
    static let roomRules: [Rule] = [
        Rule("the quota is exact to the byte and charged before the first one") { make in
            let (customer, other) = (try StoreCustomer(seed: 1), try StoreCustomer(seed: 2))
            let store = try store(make, admitting: [other])
            let uploads = try (1...3).map {
                try customer.upload(seed: UInt64($0), descriptorLength: $0 * 3000)
            }
            let need = uploads.reduce(0) { $0 + $1.storedLength }
            try store.admit(customer.contract(quota: need - 1, with: store.supplier))
            try requireError(
                .quotaExceeded(need: need, available: need - 1), "one byte too few"
            ) { _ = try store.put(uploads) }
            try require(try store.usage().used == 0, "nothing was stored")
            _ = try store.put([try other.upload(seed: 1)])
            try store.admit(customer.contract(quota: need, with: store.supplier, sequence: 2))
            _ = try store.put(uploads)
            let last = try customer.upload(seed: 4)
            try requireError(
                .quotaExceeded(need: last.storedLength, available: 0), "the quota is used up"
            ) { _ = try store.put([last]) }
            _ = try store.put(uploads)
            try store.tombstone([uploads[0].header.fragment], of: customer.owner)
            try requireError(
                .quotaExceeded(need: last.storedLength, available: 0),
                "a tombstone gives nothing back by itself"
            ) { _ = try store.put([last]) }
            try requireError(
                .quotaExceeded(need: uploads[0].storedLength, available: 0),
                "put again is charged again"
            ) { _ = try store.put([uploads[0]]) }
            try store.admit(customer.contract(quota: 0, with: store.supplier, sequence: 3))
            try require(
                try store.bytes(of: uploads[1].header.fragment, of: customer.owner)
                    == uploads[1].content, "what is there stays when a quota shrinks")
        },
        Rule("the donated space is exact to the byte") { make in
            let customer = try StoreCustomer(seed: 1)
            let uploads = try (1...2).map { try customer.upload(seed: UInt64($0)) }
            let lengths = uploads.map(\.storedLength)
            let store = try make(lengths[0] + lengths[1] - 1)
            try store.admit(customer.contract(quota: capacity, with: store.supplier))
            _ = try store.put([uploads[0]])
            try requireError(
                .capacityExceeded(need: lengths[1], available: lengths[1] - 1), "a byte too few"
            ) { _ = try store.put([uploads[1]]) }
            let usage = try store.usage()
            try require(
                usage.used == lengths[0] && usage.capacity == lengths[0] + lengths[1] - 1, "usage")
            let fitting = try make(lengths[0] + lengths[1])
            try fitting.admit(customer.contract(quota: capacity, with: fitting.supplier))
            _ = try fitting.put(uploads)
            try require(try fitting.usage().used == lengths[0] + lengths[1], "exactly full")
        },
    ]

    static let headRules: [Rule] = [
        Rule("the newest heads of each repository are kept, newest first") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            try require(try store.heads(of: customer.owner).isEmpty, "none at first")
            let count = UInt64(Limits.headsKept + 3)
            let first = try (1...count).map { try customer.head(sequence: $0) }
            for head in first { try store.putHead(head) }
            let other = RepositoryID(Bytes32(words: (1, 0, 0, 0)))
            let second = try customer.head(sequence: 2, repository: other)
            try store.putHead(second)
            let heads = try store.heads(of: customer.owner)
            let expected = Array(first.suffix(Limits.headsKept).reversed())
            try require(heads == expected + [second], "the newest of each, newest first")
        },
        Rule("an older head never replaces a newer one") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            let head = try customer.head(sequence: 5)
            try store.putHead(head)
            try store.putHead(head)
            for sequence in [1, 4, 5] as [UInt64] {
                try requireError(.staleHead(newest: 5), "sequence \(sequence)") {
                    try store.putHead(try customer.head(sequence: sequence, body: [9]))
                }
            }
            try require(try store.heads(of: customer.owner) == [head], "the head stays")
        },
        Rule("a head is signed by a device that the identity has certified") { make in
            let (customer, other) = (try StoreCustomer(seed: 1), try StoreCustomer(seed: 2))
            let store = try store(make, admitting: [customer, other])
            let machine = try customer.onAnotherDevice(seed: 9)
            try store.putHead(try machine.head(sequence: 1))
            let head = try customer.head(sequence: 2)
            func forged(certificate: [UInt8], signature: [UInt8]) -> Head {
                Head(
                    owner: head.owner, repository: head.repository, device: head.device,
                    sequence: head.sequence, previous: head.previous, written: head.written,
                    certificate: certificate, sealedBody: head.sealedBody
                ) { _ in signature }
            }
            var signature = head.signature
            signature[5] ^= 1
            try requireError(.badSignature, "a changed signature") {
                try store.putHead(forged(certificate: head.certificate, signature: signature))
            }
            try requireError(.badSignature, "another identity's certificate") {
                try store.putHead(
                    forged(certificate: other.certificate.encoded, signature: head.signature))
            }
            try requireError(.badSignature, "no certificate") {
                try store.putHead(forged(certificate: [], signature: head.signature))
            }
        },
        Rule("heads cannot fill a disk") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            func repository(_ number: Int) -> RepositoryID {
                RepositoryID(Bytes32(words: (UInt64(number), 0, 0, 0)))
            }
            for number in 0..<Limits.repositoriesPerCustomerMax {
                try store.putHead(
                    try customer.head(sequence: 1, repository: repository(number)))
            }
            try requireError(.invalid(field: "repository count"), "one repository too many") {
                try store.putHead(try customer.head(sequence: 1, repository: repository(99)))
            }
            try store.putHead(try customer.head(sequence: 2, repository: repository(0)))
        },
        Rule("a contract is the owner's, signed by a device that the owner has certified") { make in
            let (customer, other) = (try StoreCustomer(seed: 1), try StoreCustomer(seed: 2))
            let store = try make(capacity)
            func contract(
                of owner: UserID, at supplier: SupplierID, certificates: [[UInt8]],
                signedBy device: DeviceKey
            ) throws -> Contract {
                try Contract(
                    supplier: supplier, owner: owner,
                    identityKey: customer.identity.publicKey.bytes, quota: 1, sequence: 1,
                    certificates: certificates, signedBy: device)
            }
            let (ours, theirs) = (customer.certificate.encoded, other.certificate.encoded)
            let supplier = store.supplier
            for contract in [
                try contract(
                    of: other.owner, at: supplier, certificates: [ours], signedBy: customer.device),
                try contract(
                    of: customer.owner, at: supplier, certificates: [ours, theirs],
                    signedBy: customer.device),
                try contract(
                    of: customer.owner, at: supplier, certificates: [ours], signedBy: other.device),
                try contract(
                    of: customer.owner, at: supplier, certificates: [], signedBy: customer.device),
                try contract(
                    of: customer.owner, at: SupplierID(.zero), certificates: [ours],
                    signedBy: customer.device),
            ] {
                try requireError(.badSignature, "a false contract") { try store.admit(contract) }
            }
            try requireError(.unknownCustomer(customer.owner), "not admitted") {
                _ = try store.list(of: customer.owner, after: nil, limit: 1)
            }
        },
        Rule("a contract is signed by both, and an older one does not come back") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try make(capacity)
            try require(try store.contract(of: customer.owner) == nil, "none at first")
            let first = try customer.contract(quota: 5, with: store.supplier)
            let agreed = try store.admit(first)
            try require(agreed.isSignedBySupplier && agreed.hasTerms(of: first), "signed by both")
            try require(try store.contract(of: customer.owner) == agreed, "and kept")
            try require(try store.admit(first).hasTerms(of: first), "the same again is fine")
            let second = try customer.contract(quota: 3, with: store.supplier, sequence: 2)
            let usage = CustomerUsage(quota: 3, charged: 0)
            _ = try store.admit(second)
            try require(try store.usage(of: customer.owner) == usage, "less may be agreed on")
            try requireError(.staleContract(newest: 2), "the first one") {
                try store.admit(first)
            }
        },
        Rule("a fragment that is sound is said to be, one that is not there is not") { make in
            let customer = try StoreCustomer(seed: 1)
            let store = try store(make, admitting: [customer])
            let uploads = try (1...2).map { try customer.upload(seed: UInt64($0)) }
            _ = try store.put([uploads[0]])
            let ids = uploads.map(\.header.fragment)
            try require(try store.scrub(ids, of: customer.owner) == [true, false], "scrub")
            try require(try store.has(ids, of: customer.owner) == [true, false], "nothing changes")
        },
    ]
}
