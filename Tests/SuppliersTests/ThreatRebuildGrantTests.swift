import Foundation
import Identities
import Model
import Simulation
import Suppliers
import Synchronization
import Testing

/// What a grant to rebuild opens at a supplier, and what a malicious rebuilder gets with it.
@Suite struct ThreatRebuildGrantTests {
    private let owner = try! StoreCustomer(seed: 1)
    private let rebuilder = try! StoreCustomer(seed: 2)
    private let stranger = try! StoreCustomer(seed: 3)

    private func grant(
        by customer: StoreCustomer? = nil, to user: UserID? = nil, serial: UInt64 = 7,
        days: Int64 = 90
    ) throws -> RebuildGrant {
        let customer = customer ?? owner
        return try RebuildGrant(
            to: user ?? rebuilder.owner, serial: serial, issued: Timestamp(nanoseconds: 1),
            expires: Timestamp(nanoseconds: days * 86_400_000_000_000),
            certificate: customer.certificate, device: customer.device)
    }

    private final class Revoked: Sendable {
        let devices = Mutex<Set<DeviceID>>([])
    }

    /// A store in which the owner has two fragments, served by the rules of a real supplier.
    private final class Stage {
        let directory: TemporaryDirectory
        let time = ManualTime()
        let store: ServedStore
        let memory: MemoryFragmentStore
        let uploads: [FragmentUpload]
        let revoked = Revoked()

        init(_ owner: StoreCustomer, _ others: [StoreCustomer]) throws {
            directory = try TemporaryDirectory()
            memory = MemoryFragmentStore(key: supplierKey, capacity: 1 << 30)
            for customer in [owner] + others {
                try memory.admit(customer.contract(quota: 1 << 20, with: memory.supplier))
            }
            uploads = try (1...3).map { try owner.upload(seed: $0) }
            _ = try memory.put(Array(uploads.prefix(2)))
            try memory.putHead(owner.head(sequence: 1))
            var rules = SupplierRules.open
            rules.grants = OwnerGrants(
                revoked: try RevokedGrants(directory: directory.path), time: time
            ) { [revoked] _, device in
                revoked.devices.withLock { !$0.contains(device) }
            }
            store = ServedStore(memory, key: supplierKey, rules: rules)
        }

        func way(_ peer: PeerIdentity, _ grant: [UInt8]) -> RemoteFragmentStore {
            RemoteFragmentStore(
                supplier: store.supplier, user: peer.user,
                channel: LocalChannel(to: store.server, as: peer), time: time, grant: grant)
        }
    }

    private func stage() throws -> Stage { try Stage(owner, [stranger]) }

    @Test func `a grant is as in its golden file, and only its owner's device can sign it`() throws
    {
        let grant = try grant()
        let bytes = grant.encoded()
        #expect(bytes == (try golden("rebuild-grant/v1.bin", bytes)))
        #expect(try RebuildGrant(bytes) == grant)
        #expect(grant.device == owner.peer.device)
        #expect(bytes.count <= Limits.grantLengthMax)
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try RebuildGrant(Array(bytes[..<count])) }
        }
        bytes.forEachBitFlip { bytes, bit in
            if (try? RebuildGrant(bytes)) != nil { Issue.record("bit \(bit)") }
        }
        for index in 8..<bytes.count - 4 {
            var changed = Array(bytes.dropLast(4))
            changed[index] ^= 1
            var writer = ByteWriter()
            writer.raw(changed)
            writer.checksum()
            if let forged = try? RebuildGrant(writer.bytes) {
                #expect(forged.device == nil, "byte \(index)")
            }
        }
    }

    @Test func `it opens reading, audits, room and puts, and nothing else`() throws {
        let stage = try stage()
        let way = stage.way(rebuilder.peer, try grant().encoded())
        let (id, user) = (stage.uploads[0].header.fragment, owner.owner)
        let buffer = PageBuffer(byteCount: 4096)
        #expect(try way.get(id, of: user, range: nil, into: buffer.bytes) == 4096)
        #expect(try way.has([id], of: user) == [true])
        #expect(try way.scrub([id], of: user) == [true])
        try way.audit(
            AuditChallenge(id, nonce: .zero, ranges: [0..<1024]), of: user, length: 4096)
        #expect(try way.usage(of: user).quota == 1 << 20)
        let receipt = try #require(try way.put([stage.uploads[2]]).first)
        #expect(receipt.owner == user && receipt.isSigned)
        #expect(try stage.memory.has([stage.uploads[2].header.fragment], of: user) == [true])

        let unknown = StoreError.unknownCustomer(user)
        let refused: [(String, () throws -> Void)] = [
            ("list", { _ = try way.list(of: user, after: nil, limit: 9) }),
            ("heads", { _ = try way.heads(of: user) }),
            ("tombstone", { try way.tombstone([id], of: user) }),
            ("keep", { try way.keep([id], of: user) }),
            ("contract", { _ = try way.contract(of: user) }),
            ("revoke", { try way.revoke([], of: user) }),
            ("head", { try way.putHead(owner.head(sequence: 2)) }),
            (
                "propose",
                { try way.admit(owner.contract(quota: 1, with: way.supplier, sequence: 9)) }
            ),
        ]
        for (name, call) in refused {
            #expect(throws: unknown, "\(name)") { try call() }
        }
        #expect(try stage.memory.has([id], of: user) == [true])
    }

    @Test func `what the owner has not signed is not stored, nor are other bytes`() throws {
        let stage = try stage()
        let way = stage.way(rebuilder.peer, try grant().encoded())
        let header = stage.uploads[2].header
        let wrong = PageBuffer(byteCount: 4096)
        #expect(throws: StoreError.invalid(field: "root")) {
            try way.put([FragmentUpload(header: header, payload: wrong, range: 0..<4096)])
        }
        let forged = try FragmentHeader(
            owner: owner.owner, device: rebuilder.peer.device, fragment: header.fragment,
            length: 4096, sealedDescriptor: [1]
        ) { try rebuilder.device.sign($0, for: .fragmentHeader).array }
        #expect(throws: StoreError.unknownDevice(rebuilder.peer.device)) {
            try way.put([
                FragmentUpload(
                    header: forged, payload: stage.uploads[2].payload, range: 0..<4096)
            ])
        }
        #expect(throws: StoreError.unknownCustomer(stranger.owner)) {
            try way.put([stranger.upload(seed: 5)])
        }
        #expect(
            try stage.memory.usage(of: owner.owner).charged
                == stage.uploads[..<2].reduce(0) {
                    $0 + $1.storedLength
                })
    }

    @Test func `forged, expired, foreign and stolen grants open nothing`() throws {
        let stage = try stage()
        let id = stage.uploads[0].header.fragment
        func isOpen(_ grant: RebuildGrant, as peer: PeerIdentity) -> Bool {
            (try? stage.way(peer, grant.encoded()).has([id], of: owner.owner)) != nil
        }
        #expect(isOpen(try grant(), as: rebuilder.peer))
        #expect(!isOpen(try grant(), as: stranger.peer), "another shows it")
        #expect(!isOpen(try grant(by: stranger), as: rebuilder.peer), "another owner's")
        #expect(!isOpen(try grant(by: rebuilder), as: rebuilder.peer), "its own")
        let stolen = try RebuildGrant(
            to: rebuilder.owner, serial: 1, issued: Timestamp(nanoseconds: 1),
            expires: Timestamp(nanoseconds: .max), certificate: owner.certificate,
            device: rebuilder.device)
        #expect(!isOpen(stolen, as: rebuilder.peer), "signed by another device")
        stage.time.jump(days: 89)
        #expect(isOpen(try grant(), as: rebuilder.peer))
        stage.time.jump(days: 1)
        #expect(!isOpen(try grant(), as: rebuilder.peer), "expired")
        #expect(isOpen(try grant(days: 91), as: rebuilder.peer))
        _ = stage.revoked.devices.withLock { $0.insert(owner.peer.device) }
        #expect(!isOpen(try grant(days: 91), as: rebuilder.peer), "its device was revoked")
    }

    @Test func `a revoked grant is refused from then on, after a restart too`() throws {
        let stage = try stage()
        let id = stage.uploads[0].header.fragment
        let (old, new) = (try grant(serial: 7).encoded(), try grant(serial: 8).encoded())
        func isOpen(_ grant: [UInt8]) -> Bool {
            (try? stage.way(rebuilder.peer, grant).has([id], of: owner.owner)) != nil
        }
        #expect(isOpen(old) && isOpen(new))
        let own = stage.way(owner.peer, [])
        try own.revoke([7], of: owner.owner)
        #expect(!isOpen(old) && isOpen(new))
        let again = try RevokedGrants(directory: stage.directory.path)
        #expect(again.isRevoked(7, of: owner.owner) && !again.isRevoked(8, of: owner.owner))
        #expect(!again.isRevoked(7, of: stranger.owner))
        // Whoever damages the file makes no grant good again.
        let file = URL(
            filePath: "\(stage.directory.path)/revoked/\(owner.owner).grants")
        let bytes = Array(try Data(contentsOf: file))
        #expect(bytes == (try golden("rebuild-grant/revoked-v1.bin", bytes)))
        func expectAllRevoked(_ damaged: [UInt8], _ what: String) throws {
            try Data(damaged).write(to: file)
            let read = try RevokedGrants(directory: stage.directory.path)
            #expect(read.isRevoked(8, of: owner.owner), "\(what)")
        }
        for count in 0..<bytes.count {
            try expectAllRevoked(Array(bytes[..<count]), "cut to \(count)")
        }
        try bytes.forEachBitFlip { try expectAllRevoked($0, "bit \($1)") }
        #expect(throws: StoreError.unknownCustomer(rebuilder.owner), "no customer, no list") {
            try stage.way(rebuilder.peer, []).revoke([1], of: rebuilder.owner)
        }
    }
}
