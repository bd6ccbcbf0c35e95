import Identities
import Model
import Simulation
import Suppliers
import Synchronization
import Testing

/// The two holes of the older product, and what else a peer may not do to a supplier (threat A11).
@Suite struct ThreatOldHoleTests {
    let owner = try! StoreCustomer(seed: 1)
    let stranger = try! StoreCustomer(seed: 2)

    /// A served store in which the owner has put two fragments.
    private func served(
        _ rules: SupplierRules = .open
    ) throws -> (store: ServedStore, uploads: [FragmentUpload]) {
        let memory = MemoryFragmentStore(key: supplierKey, capacity: 1 << 30)
        for customer in [owner, stranger] {
            try memory.admit(customer.contract(quota: 1 << 20, with: memory.supplier))
        }
        let uploads = try (1...2).map { try owner.upload(seed: $0) }
        _ = try memory.put(uploads)
        try memory.putHead(owner.head(sequence: 1))
        return (ServedStore(memory, key: supplierKey, rules: rules), uploads)
    }

    private func way(
        to store: ServedStore, as peer: PeerIdentity, grant: [UInt8] = []
    ) -> RemoteFragmentStore {
        RemoteFragmentStore(
            supplier: store.supplier, user: peer.user,
            channel: LocalChannel(to: store.server, as: peer), time: ManualTime(), grant: grant)
    }

    /// Every call about the owner's things.
    private func reads(
        _ store: RemoteFragmentStore, _ upload: FragmentUpload
    ) -> [(String, () throws -> Void)] {
        let (id, user) = (upload.header.fragment, owner.owner)
        let buffer = PageBuffer(byteCount: 4096)
        return [
            ("get", { _ = try store.get(id, of: user, range: nil, into: buffer.bytes) }),
            ("part", { _ = try store.get(id, of: user, range: 0..<9, into: buffer.bytes) }),
            ("header", { _ = try store.header(of: id, of: user) }),
            ("has", { _ = try store.has([id], of: user) }),
            ("list", { _ = try store.list(of: user, after: nil, limit: 9) }),
            ("heads", { _ = try store.heads(of: user) }),
            ("contract", { _ = try store.contract(of: user) }),
            ("usage", { _ = try store.usage(of: user) }),
            ("scrub", { _ = try store.scrub([id], of: user) }),
            (
                "audit",
                {
                    let challenge = AuditChallenge(id, nonce: .zero, ranges: [0..<1024])
                    try store.audit(challenge, of: user, length: 4096)
                }
            ),
        ]
    }

    @Test func `ThreatOldHole: nobody else reads what an owner has stored`() throws {
        let (store, uploads) = try served()
        for peer in [
            stranger.peer, PeerIdentity(user: UserID(.zero), device: stranger.peer.device),
        ] {
            for (name, call) in reads(way(to: store, as: peer), uploads[0]) {
                // The same answer as for a user who is no customer: not even that is told.
                #expect(throws: StoreError.unknownCustomer(owner.owner), "\(name)") {
                    try call()
                }
            }
        }
        for (name, call) in reads(way(to: store, as: owner.peer), uploads[0]) {
            #expect(throws: Never.self, "\(name)") { try call() }
        }
    }

    @Test func `ThreatOldHole: nobody else deletes what an owner has stored`() throws {
        let (store, uploads) = try served()
        let ids = uploads.map(\.header.fragment)
        let way = self.way(to: store, as: stranger.peer)
        #expect(throws: StoreError.unknownCustomer(owner.owner)) {
            try way.tombstone(ids, of: owner.owner)
        }
        let order = try TombstoneOrder(
            ids, of: owner.owner, at: store.supplier, signedBy: stranger.identity)
        #expect(throws: StoreError.unknownCustomer(owner.owner)) {
            try way.perform(order, of: owner.owner)
        }
        #expect(throws: StoreError.badSignature, "a signature of another identity") {
            try self.way(to: store, as: owner.peer).perform(order, of: owner.owner)
        }
        // As its own: names that mean nothing there.
        try way.tombstone(ids, of: stranger.owner)
        #expect(try store.has(ids, of: owner.owner) == [true, true])
    }

    @Test func `nobody puts, proposes or publishes for another`() throws {
        let (store, _) = try served()
        let way = self.way(to: store, as: stranger.peer)
        let unknown = StoreError.unknownCustomer(owner.owner)
        #expect(throws: unknown) { try way.put([owner.upload(seed: 9)]) }
        #expect(throws: unknown) { try way.putHead(owner.head(sequence: 5)) }
        let proposal = try owner.contract(quota: 1, with: store.supplier, sequence: 9)
        #expect(throws: unknown) { try way.admit(proposal) }
        let mixed = try [stranger.upload(seed: 1), owner.upload(seed: 9)]
        #expect(throws: unknown) { try way.put(mixed) }
        #expect(try store.contract(of: owner.owner)?.quota == 1 << 20)
    }

    private struct OneGrant: GrantChecking {
        let friend: UserID
        let access: SupplierAccess

        func allows(
            _ access: SupplierAccess, to peer: PeerIdentity, fragments: [FragmentID],
            of owner: UserID, grant: [UInt8]
        ) -> Bool { access == self.access && peer.user == friend && grant == [7] }
    }

    @Test(arguments: SupplierAccess.allCases)
    func `a grant opens what it is for and nothing else`(_ access: SupplierAccess) throws {
        var rules = SupplierRules.open
        rules.grants = OneGrant(friend: stranger.owner, access: access)
        let (store, uploads) = try served(rules)
        let opened: [SupplierAccess: Set<String>] = [
            .read: ["get", "part", "header", "has"], .list: ["list"], .heads: ["heads"],
            .tombstone: [], .audit: ["audit", "scrub"], .put: [], .usage: ["usage"],
        ]
        for grant in [[7], [8], []] as [[UInt8]] {
            let way = self.way(to: store, as: stranger.peer, grant: grant)
            for (name, call) in reads(way, uploads[0]) {
                let isOpen = grant == [7] && opened[access]!.contains(name)
                #expect(((try? call()) != nil) == isOpen, "\(access): \(name)")
            }
            let gone = (try? way.tombstone([FragmentID(.zero)], of: owner.owner)) != nil
            #expect(gone == (grant == [7] && access == .tombstone))
        }
    }

    @Test func `a revoked device is refused at once`() throws {
        let revoked = Mutex<Set<DeviceID>>([])
        var rules = SupplierRules.open
        rules.isDeviceValid = { _, device in revoked.withLock { !$0.contains(device) } }
        let (store, uploads) = try served(rules)
        let (old, new) = (owner.peer, try owner.onAnotherDevice(seed: 9).peer)
        let id = uploads[0].header.fragment
        #expect(try self.way(to: store, as: old).has([id], of: owner.owner) == [true])
        revoked.withLock { _ = $0.insert(old.device) }
        #expect(throws: StoreError.unknownDevice(old.device)) {
            try self.way(to: store, as: old).has([id], of: owner.owner)
        }
        let way = self.way(to: store, as: new)
        #expect(try way.has([id], of: owner.owner) == [true], "the other device goes on")
        for call in [
            { _ = try way.put([owner.upload(seed: 9)]) },
            { try way.putHead(owner.head(sequence: 9)) },
            { try way.admit(owner.contract(quota: 1, with: store.supplier, sequence: 9)) },
        ] as [() throws -> Void] {
            #expect(throws: StoreError.unknownDevice(old.device), "signed by the revoked one") {
                try call()
            }
        }
    }

    @Test func `contracts go up and down within what the supplier allows`() throws {
        var rules = SupplierRules.open
        rules.quotaMax = { _ in 1 << 20 }
        let (store, uploads) = try served(rules)
        let way = self.way(to: store, as: owner.peer)
        func propose(_ quota: Int, _ sequence: UInt64) throws -> Contract {
            try way.admit(owner.contract(quota: quota, with: store.supplier, sequence: sequence))
        }
        #expect(throws: StoreError.contractRefused(quotaMax: 1 << 20)) {
            try propose(1 << 20 + 1, 2)
        }
        #expect(throws: StoreError.staleContract(newest: 1)) { try propose(1 << 19, 1) }
        let less = try propose(4096, 2)
        #expect(try way.contract(of: owner.owner) == less)
        let more = try owner.upload(seed: 9)
        #expect(throws: StoreError.quotaExceeded(need: more.storedLength, available: 0)) {
            try way.put([more])
        }
        let kept = try way.bytes(of: uploads[0].header.fragment, of: owner.owner)
        #expect(kept == uploads[0].content, "what is there stays")
        _ = try propose(1 << 20, 3)
        _ = try way.put([more])
    }

    @Test func `a quota is checked before the payload is read`() throws {
        let (store, uploads) = try served()
        let small = try owner.contract(
            quota: uploads.reduce(0) { $0 + $1.storedLength }, with: store.supplier, sequence: 2)
        try store.admit(small)
        let more = try owner.upload(seed: 9)
        func refusal(_ headers: [FragmentHeader], _ count: Int) throws -> SupplierResponse? {
            let request = SupplierRequest(owner: owner.owner, .put(headers)).encoded()
            let answer = store.server.refuses(request, payloadByteCount: count, from: owner.peer)
            return try answer.map { try SupplierResponse($0.header) }
        }
        #expect(
            try refusal([more.header], 4096)
                == .refused(.quotaExceeded(need: more.storedLength, available: 0)))
        #expect(try refusal(uploads.map(\.header), 8192) == nil, "what is there needs no room")
        #expect(try refusal([more.header], 4095) == .refused(.invalid(field: "payload")))
    }

    @Test func `after its term a contract takes nothing and gives everything`() throws {
        let memory = MemoryFragmentStore(key: supplierKey, capacity: 1 << 30)
        let time = ManualTime()
        let store = ServedStore(memory, key: supplierKey, time: time)
        try store.admit(owner.contract(quota: 1 << 20, with: store.supplier, termDays: 30))
        let upload = try owner.upload(seed: 1)
        time.jump(days: 3650)
        _ = try store.put([upload])
        time.advance(days: 29)
        _ = try store.put([owner.upload(seed: 2)])
        time.advance(days: 1)
        #expect(throws: StoreError.contractEnded) { try store.put([owner.upload(seed: 3)]) }
        #expect(
            try store.bytes(of: upload.header.fragment, of: owner.owner) == upload.content)
        try store.admit(owner.contract(quota: 1 << 20, with: store.supplier, sequence: 2))
        _ = try store.put([owner.upload(seed: 3)])
    }

    @Test func `a customer that asks too often is told so, and nobody else`() throws {
        var rules = SupplierRules.open
        rules.requestRate = 10
        let time = ManualTime()
        let memory = MemoryFragmentStore(key: supplierKey, capacity: 1 << 30)
        let store = ServedStore(memory, key: supplierKey, rules: rules, time: time)
        let one = store.seen(by: owner.owner)
        for _ in 0..<Limits.requestBurstMax { _ = try one.contract(of: owner.owner) }
        #expect(throws: StoreError.busy) { try one.contract(of: owner.owner) }
        _ = try store.seen(by: stranger.owner).contract(of: stranger.owner)
        time.advance(nanoseconds: 200_000_000)
        for _ in 0..<2 { _ = try one.contract(of: owner.owner) }
        #expect(throws: StoreError.busy) { try one.contract(of: owner.owner) }
    }

    @Test func `what is no request is refused, counted and changes nothing`() throws {
        let (store, uploads) = try served()
        let before = try store.usage()
        let good = SupplierRequest(owner: owner.owner, .put([uploads[0].header])).encoded()
        var malformed: UInt64 = 0
        for header in [[], [1], Array(good.dropLast()), good + [0]] as [[UInt8]] {
            let answer = store.server.answer(header, payload: [], from: owner.peer) { _ in nil }
            #expect(answer.isMalformed)
            malformed += 1
        }
        // The right header with other bytes than it announces.
        let wrong = [
            [], [PayloadPart(uploads[0].payload, 0..<4095)],
            [
                PayloadPart(uploads[0].payload, 0..<2048),
                PayloadPart(uploads[0].payload, 2048..<4096),
            ],
        ]
        for payload in wrong {
            let answer = store.server.answer(good, payload: payload, from: owner.peer) { _ in nil }
            #expect(answer.isMalformed)
            malformed += 1
        }
        #expect(store.server.counts.malformed == malformed)
        #expect(try store.usage() == before)
    }
}
