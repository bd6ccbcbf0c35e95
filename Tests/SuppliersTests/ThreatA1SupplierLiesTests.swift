import Identities
import Model
import Simulation
import Suppliers
import Testing

/// Threat A1: whatever a supplier answers, the customer gets the truth or an error that says what
/// happened, and never trusts a wrong byte.
@Suite struct ThreatA1SupplierLiesTests {
    private let customer = try! StoreCustomer(seed: 1)

    /// A store with two fragments and two heads in it, and a liar in front of it from now on.
    private func liar(_ lie: Lie) throws -> (store: RemoteFragmentStore, [FragmentUpload]) {
        let memory = MemoryFragmentStore(key: supplierKey, capacity: 1 << 30)
        try memory.admit(customer.contract(quota: 1 << 30, with: memory.supplier))
        let uploads = try (1...2).map { try customer.upload(seed: $0, pageCount: 3) }
        _ = try memory.put(uploads)
        for sequence in 1...2 as ClosedRange<UInt64> {
            try memory.putHead(customer.head(sequence: sequence))
        }
        let time = ManualTime()
        let server = SupplierServer(
            store: memory, key: supplierKey, rules: .open, time: time, holds: nil)
        let channel = LyingSupplier(lie, before: LocalChannel(to: server, as: customer.peer))
        let store = RemoteFragmentStore(
            supplier: memory.supplier, user: customer.owner, channel: channel, time: time)
        return (store, uploads)
    }

    /// Lies that leave no answer standing: every call must fail.
    private static let alwaysFound: Set<Lie> = [
        .drop, .bitFlip, .truncate, .extend, .slowDrip, .hugeFrame,
    ]

    @Test(arguments: Lie.allCases)
    func `bytes are right or refused`(_ lie: Lie) throws {
        let (store, uploads) = try liar(lie)
        var failures = 0
        for _ in 0..<2 {
            for upload in uploads {
                do {
                    let buffer = PageBuffer(byteCount: upload.header.length)
                    let count = try store.get(
                        upload.header.fragment, of: customer.owner, range: nil,
                        into: buffer.bytes)
                    #expect(Array(buffer[0..<count]) == upload.content, "\(lie)")
                } catch {
                    failures += 1
                    #expect(error.fault == (try expectedFault(lie)), "\(lie): \(error)")
                }
            }
        }
        if ThreatA1SupplierLiesTests.alwaysFound.contains(lie) { #expect(failures == 4) }
        if lie == .wrongOwner { #expect(failures == 4) }
        if lie == .swapFragments || lie == .replayOldVersion { #expect(failures >= 2) }
    }

    private func expectedFault(_ lie: Lie) throws -> SupplierFault {
        switch lie {
        case .drop, .slowDrip: .unreachable
        case .answerAuditsOnly, .acknowledgeThenDelete: .refused
        default: .lied
        }
    }

    @Test(arguments: Lie.allCases)
    func `proved ranges are right or refused`(_ lie: Lie) throws {
        let (store, uploads) = try liar(lie)
        for range in [0..<1024, 4096..<12288, 0..<1024] {
            for upload in uploads {
                let buffer = PageBuffer(byteCount: range.count)
                guard
                    (try? store.getProved(
                        upload.header.fragment, of: customer.owner, range: range, length: 12288,
                        into: buffer.bytes)) != nil
                else { continue }
                #expect(Array(buffer[0..<range.count]) == Array(upload.content[range]), "\(lie)")
            }
        }
    }

    @Test(arguments: Lie.allCases)
    func `receipts are for what was put, or refused`(_ lie: Lie) throws {
        let (store, _) = try liar(lie)
        for seeds in [[11, 12], [13, 14], [11, 12]] as [[UInt64]] {
            let uploads = try seeds.map { try customer.upload(seed: $0) }
            guard let receipts = try? store.put(uploads) else { continue }
            for (upload, receipt) in zip(uploads, receipts) {
                #expect(receipt.isSigned && receipt.supplier == store.supplier)
                #expect(receipt.fragment == upload.header.fragment, "\(lie)")
                #expect(receipt.owner == customer.owner && receipt.length == upload.header.length)
            }
            #expect(receipts.count == 2)
            #expect(!ThreatA1SupplierLiesTests.alwaysFound.contains(lie), "\(lie) was believed")
        }
    }

    @Test(arguments: Lie.allCases)
    func `heads are the owner's, headers are of what was asked`(_ lie: Lie) throws {
        let (store, uploads) = try liar(lie)
        let known = try (1...2).map { try customer.head(sequence: $0) }
        for _ in 0..<2 {
            if let heads = try? store.heads(of: customer.owner) {
                #expect(heads.allSatisfy { known.contains($0) && $0.isSigned }, "\(lie)")
            }
            for upload in uploads {
                guard
                    let header = try? store.header(
                        of: upload.header.fragment, of: customer.owner)
                else { continue }
                #expect(header == upload.header, "\(lie)")
            }
        }
    }

    @Test(arguments: Lie.allCases)
    func `contracts are those that were proposed`(_ lie: Lie) throws {
        let (store, _) = try liar(lie)
        for sequence in 2...3 as ClosedRange<UInt64> {
            let proposal = try customer.contract(
                quota: Int(sequence) << 30, with: store.supplier, sequence: sequence)
            if let agreed = try? store.admit(proposal) {
                #expect(agreed.hasTerms(of: proposal) && agreed.isSignedBySupplier, "\(lie)")
            }
        }
    }

    @Test(arguments: Lie.allCases)
    func `lists are in order and flags are as many as asked`(_ lie: Lie) throws {
        let (store, uploads) = try liar(lie)
        let ids = uploads.map(\.header.fragment)
        for _ in 0..<2 {
            if let flags = try? store.has(ids, of: customer.owner) { #expect(flags.count == 2) }
            if let flags = try? store.scrub(ids, of: customer.owner) { #expect(flags.count == 2) }
            if let records = try? store.list(of: customer.owner, after: nil, limit: 9) {
                #expect(records.map(\.id) == records.map(\.id).sorted(), "\(lie)")
            }
            _ = try? store.usage()
            _ = try? store.usage(of: customer.owner)
            try? store.putHead(customer.head(sequence: 3))
            try? store.tombstone([], of: customer.owner)
            try? store.keep(ids, of: customer.owner)
        }
    }

    @Test(arguments: Lie.allCases)
    func `an audit shows the bytes or fails`(_ lie: Lie) throws {
        let (store, uploads) = try liar(lie)
        for number in 0..<2 as Range<UInt64> {
            let challenge = AuditChallenge(
                uploads[0].header.fragment, nonce: Bytes32(words: (number, 0, 0, 0)),
                ranges: [0..<1024, 11264..<12288])
            let answer = try? store.audit(challenge, of: customer.owner, length: 12288)
            if ThreatA1SupplierLiesTests.alwaysFound.contains(lie) { #expect(answer == nil) }
            if lie == .answerAuditsOnly { #expect(answer != nil) }
            if lie == .replayOldVersion && number == 1 { #expect(answer == nil, "the nonce") }
        }
    }
}
