import Foundation
import Hashing
import Identities
import Model
import Placement
import Rebuilding
import Simulation
import Suppliers
import Synchronization
import Testing

/// What owners hand over, and rounds that are done by a grant: formats, liars, losses.
@Suite struct DelegationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func golden(_ name: String, _ bytes: [UInt8]) throws -> [UInt8] {
        let url = root.appending(path: "fixtures/\(name)")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
        }
        return Array(try Data(contentsOf: url))
    }

    /// Every truncation and every change of a bit is refused.
    private func expectStrict(
        _ bytes: [UInt8], _ name: String, _ decode: ([UInt8]) throws -> Void
    ) throws {
        #expect(bytes == (try DelegationTests.golden(name, bytes)))
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try decode(Array(bytes[..<count])) }
        }
        for bit in 0..<bytes.count * 8 {
            var damaged = bytes
            damaged[bit / 8] ^= 1 << (bit % 8)
            if (try? decode(damaged)) != nil { Issue.record("\(name): bit \(bit)") }
        }
    }

    private func granted(_ stage: RebuildStage) throws -> GrantedBlock {
        let block = stage.books.block
        return GrantedBlock(
            block,
            headers: try block.fragments.indices.map {
                try stage.books.header(of: block, position: $0)
            })
    }

    @Test func `a block that is handed over is as in its golden file`() throws {
        let stage = try RebuildStage("2+1", pages: 1)
        let moved = stage.books.block.moving(1, to: stage.suppliers[4].supplier)
            .losing(2, on: stage.suppliers[2].supplier)
        let block = GrantedBlock(moved, headers: try granted(stage).headers)
        let bytes = block.encoded()
        try expectStrict(bytes, "rebuilder/block-v1.bin") { _ = try GrantedBlock($0) }
        let read = try GrantedBlock(bytes)
        #expect(read.block.digest == moved.digest && read.headers == block.headers)
        #expect(read.block.holdings.isHeld == [true, true, false])
        #expect(read.block.holdings.spares == moved.holdings.spares)
        #expect(moved.digest != stage.books.block.digest)
        #expect(
            stage.books.block.digest
                != stage.books.block.losing(0, on: stage.suppliers[0].supplier).digest)
    }

    @Test func `families and moves are as in their golden files`() throws {
        let family = GrantedFamily(members: [
            .init(
                supplier: SupplierID(Bytes32(words: (1, 2, 3, 4))), isLeaving: false,
                address: "node:\(String(repeating: "ab", count: 32))@203.0.113.5:7771"),
            .init(
                supplier: SupplierID(Bytes32(words: (5, 6, 7, 8))), isLeaving: true, address: ""),
        ])
        try expectStrict(family.encoded(), "rebuilder/family-v1.bin") { _ = try GrantedFamily($0) }
        #expect(try GrantedFamily(family.encoded()) == family)
        let key = try SupplierKey(seed: SecretBytes(from: SeededRandom(seed: 9)))
        let upload = try StoreCustomer(seed: 1).upload(seed: 2)
        let move = BlockMove(
            sequence: 5, row: 9, position: 3,
            receipt: try key.receipt(for: upload.header, sequence: 7))
        try expectStrict(move.encoded(), "rebuilder/move-v1.bin") { _ = try BlockMove($0) }
        #expect(try BlockMove(move.encoded()) == move)
        #expect(move.encoded().count == BlockMove.length)
    }

    // MARK: Rounds

    /// A rebuilder with a grant at the suppliers of a stage, which serve by the real rules.
    private struct Visit {
        let stage: RebuildStage
        let books: OneBlock
        let ways: [SupplierID: RemoteFragmentStore]

        init(
            _ stage: RebuildStage, rebuilder: StoreCustomer, keys: [SupplierKey],
            isUnanswered: @escaping @Sendable (SupplierID, SupplierRequest.Call) -> Bool = {
                _, _ in false
            }
        ) throws {
            self.stage = stage
            books = OneBlock(
                GrantedBlock(
                    stage.books.block,
                    headers: try stage.books.block.fragments.indices.map {
                        try stage.books.header(of: stage.books.block, position: $0)
                    }))
            let grant = try RebuildGrant(
                to: rebuilder.owner, serial: 1, issued: Timestamp(nanoseconds: 1),
                expires: Timestamp(nanoseconds: .max), certificate: stage.customer.certificate,
                device: stage.customer.device)
            let directory = FileManager.default.temporaryDirectory
                .appending(path: "grants-\(UUID().uuidString)").path
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            var ways: [SupplierID: RemoteFragmentStore] = [:]
            for (supplier, key) in zip(stage.suppliers, keys) {
                var rules = SupplierRules.open
                rules.grants = OwnerGrants(
                    revoked: try RevokedGrants(directory: directory), time: ManualTime(),
                    isDeviceValid: { _, _ in true })
                let server = SupplierServer(
                    store: supplier, key: key, rules: rules, time: ManualTime(), holds: nil)
                ways[supplier.supplier] = RemoteFragmentStore(
                    supplier: supplier.supplier, user: stage.customer.owner,
                    channel: PickyChannel(LocalChannel(to: server, as: rebuilder.peer)) {
                        [id = supplier.supplier] in isUnanswered(id, $0)
                    }, time: ManualTime(), grant: grant.encoded())
            }
            self.ways = ways
        }

        func round(silent: [Int] = []) throws -> DelegatedReport {
            let gone = Set(silent.map { stage.suppliers[$0].supplier })
            return try DelegatedRound(
                owner: stage.customer.owner, stores: ways.filter { !gone.contains($0.key) },
                books: books, grace: 1,
                throttle: Throttle(bytesPerSecond: nil, time: ManualTime()) { _ in },
                random: SeededRandom(seed: 5)
            ).perform(
                stage.suppliers.map {
                    SupplierView(
                        id: $0.supplier,
                        presence: gone.contains($0.supplier) ? .silent(2) : .answers)
                })
        }
    }

    /// To some requests there is no answer.
    private final class PickyChannel: RequestChannel {
        let inner: LocalChannel
        let isUnanswered: @Sendable (SupplierRequest.Call) -> Bool
        var payloadByteCountMax: Int { inner.payloadByteCountMax }

        init(
            _ inner: LocalChannel,
            _ isUnanswered: @escaping @Sendable (SupplierRequest.Call) -> Bool
        ) {
            (self.inner, self.isUnanswered) = (inner, isUnanswered)
        }

        func exchange(
            _ request: ChannelRequest, into target: UnsafeMutableRawBufferPointer?
        ) throws(ChannelError) -> ChannelAnswer {
            if let call = try? SupplierRequest(request.header).call, isUnanswered(call) {
                throw .timedOut
            }
            return try inner.exchange(request, into: target)
        }

        func close() { inner.close() }
    }

    /// The books of one block: what was handed over, and what was signed for.
    private final class OneBlock: DelegatedBooks {
        let granted: GrantedBlock
        let state: Mutex<(block: SealedBlock, receipts: [Receipt])>
        let waiting = Mutex<[SupplierID: ContainedChallenges]>([:])

        init(_ granted: GrantedBlock) {
            self.granted = granted
            state = Mutex((granted.block, []))
        }

        var rows: [Int64] { [granted.block.row] }
        func block(_ row: Int64) -> SealedBlock? { state.withLock { $0.block } }
        var contained: [SupplierID: ContainedChallenges] { waiting.withLock { $0 } }
        func note(_ contained: [SupplierID: ContainedChallenges]) {
            waiting.withLock { $0.merge(contained) { $1 } }
        }
        func header(of block: SealedBlock, position: Int) throws -> FragmentHeader {
            granted.headers[position]
        }
        func signed(_ receipt: Receipt, for block: SealedBlock, position: Int) throws {
            state.withLock { $0.receipts.append(receipt) }
        }
        func stored(
            _ block: SealedBlock, position: Int, on supplier: SupplierID, releases: Int?
        ) throws {
            #expect(releases == nil, "nobody but the owner gives a fragment up")
            state.withLock { $0.block = $0.block.moving(position, to: supplier) }
        }
        func lost(_ block: SealedBlock, position: Int, on supplier: SupplierID) throws {
            state.withLock { $0.block = $0.block.losing(position, on: supplier) }
        }
    }

    private func keys(_ count: Int, seed: UInt64) throws -> [SupplierKey] {
        // As the stage makes them.
        let random = SeededRandom(seed: seed)
        return try (0..<count).map { _ in try SupplierKey(seed: SecretBytes(from: random)) }
    }

    private func visit(
        _ scheme: String, spare: Int = 2, rebuilder seed: UInt64 = 40
    ) throws -> Visit {
        let stage = try RebuildStage(scheme, spareSuppliers: spare)
        return try Visit(
            stage, rebuilder: StoreCustomer(seed: seed),
            keys: keys(stage.suppliers.count, seed: 1))
    }

    /// What suppliers hold where the rebuilder's books say that it is.
    private func isWhole(_ visit: Visit) throws -> Bool {
        let block = visit.books.block(1)!
        return try block.fragments.indices.allSatisfy { position in
            let store = visit.stage.suppliers.first {
                $0.supplier == block.holdings.places[position]
            }!
            let buffer = PageBuffer(byteCount: block.fragmentLength)
            _ = try store.get(
                block.fragments[position], of: visit.stage.customer.owner, range: nil,
                into: buffer.bytes)
            return Array(buffer.bytes) == visit.stage.content[position]
        }
    }

    @Test func `two suppliers that are gone are replaced by the grant alone`() throws {
        let visit = try visit("2+2")
        let report = try visit.round(silent: [0, 3])
        #expect(report.fragmentsStored == 2 && report.fragmentsMissing == 0)
        #expect(report.blocksLost == 0 && report.auditsPassed > 0)
        #expect(try isWhole(visit))
        let receipts = visit.books.state.withLock { $0.receipts }
        #expect(receipts.count == 2 && receipts.allSatisfy { $0.isSigned })
        let again = try visit.round(silent: [0, 3])
        #expect(again.fragmentsStored == 0 && again.bytesStored == 0)
    }

    @Test func `what a supplier lost without a word is found and put back`() throws {
        let visit = try visit("2+2")
        try visit.stage.lose([2])
        let report = try visit.round()
        #expect(report.fragmentsFoundLost == 1 && report.fragmentsStored == 1)
        #expect(try isWhole(visit))
        #expect(visit.books.block(1)?.holdings.places == visit.stage.books.block.holdings.places)
    }

    /// Proofs of a fragment, as an audit or as a read: what only its holder can answer.
    private static func isChallenge(_ call: SupplierRequest.Call) -> Bool {
        switch call {
        case .audit: true
        case .get(_, _, _, let wantsProof): wantsProof
        default: false
        }
    }

    @Test func `who answers all but challenges is found, after as many rounds as for its owner`()
        throws
    {
        let stage = try RebuildStage("2+2")
        let silent = stage.suppliers[1].supplier
        let visit = try Visit(
            stage, rebuilder: StoreCustomer(seed: 40), keys: keys(6, seed: 1)
        ) { $0 == silent && DelegationTests.isChallenge($1) }
        // The challenge is put a few times in each round, and it is the same one.
        var puts = 0
        var first: AuditSchedule.Challenge?
        while puts + Limits.roundSilencesMax < Limits.auditAttemptsMax {
            let report = try visit.round()
            #expect(report.fragmentsFoundLost == 0 && report.fragmentsStored == 0)
            puts += Limits.roundSilencesMax
            #expect(report.auditsUnanswered == Limits.roundSilencesMax)
            let waiting = try #require(visit.books.contained[silent]?.data)
            #expect(waiting.silences == puts)
            first = first ?? waiting
            #expect(waiting.fragment == first?.fragment && waiting.offset == first?.offset)
        }
        let last = try visit.round()
        #expect(last.fragmentsFoundLost >= 1)
        #expect(visit.books.contained.filter { $0.key != silent }.allSatisfy { $1.data == nil })
    }

    @Test func `a late answer ends the wait, and nobody is blamed for those before`() throws {
        let stage = try RebuildStage("2+2")
        let late = stage.suppliers[2].supplier
        let isSlow = Mutex(true)
        let visit = try Visit(
            stage, rebuilder: StoreCustomer(seed: 40), keys: keys(6, seed: 1)
        ) { id, call in
            id == late && DelegationTests.isChallenge(call) && isSlow.withLock { $0 }
        }
        for _ in 0..<10 {
            isSlow.withLock { $0 = true }
            #expect(try visit.round().fragmentsFoundLost == 0)
            #expect(visit.books.contained[late]?.data?.silences == Limits.roundSilencesMax)
            isSlow.withLock { $0 = false }
            let report = try visit.round()
            #expect(report.fragmentsFoundLost == 0 && report.auditsUnanswered == 0)
            #expect(visit.books.contained[late]?.data == nil)
        }
        #expect(try isWhole(visit))
    }

    @Test func `two rebuilders at the same block make one copy of each fragment`() throws {
        let first = try visit("2+2")
        let second = try Visit(
            first.stage, rebuilder: StoreCustomer(seed: 41), keys: keys(6, seed: 1))
        let failure = Mutex<(any Error)?>(nil)
        let threads = [first, second].map { visit in
            Thread {
                do { _ = try visit.round(silent: [1, 2]) } catch {
                    failure.withLock { $0 = error }
                }
            }
        }
        for thread in threads { thread.start() }
        while threads.contains(where: { !$0.isFinished }) { sched_yield() }
        #expect(failure.withLock { $0 } == nil)
        #expect(try isWhole(first) && isWhole(second))
        #expect(first.books.block(1)?.holdings.places == second.books.block(1)?.holdings.places)
        let counts = try first.stage.suppliers.map {
            try $0.list(of: first.stage.customer.owner, after: nil, limit: 99).count
        }
        #expect(counts.allSatisfy { $0 <= 1 }, "\(counts)")
    }

    @Test func `with too few left nothing is made up, and it goes on when one returns`() throws {
        let visit = try visit("2+2")
        let lost = try visit.round(silent: [0, 1, 2])
        #expect(lost.blocksLost == 1 && lost.fragmentsStored == 0)
        let back = try visit.round(silent: [0, 1])
        #expect(back.blocksLost == 0 && back.fragmentsStored == 2)
        #expect(try isWhole(visit))
    }

    @Test func `a header that lies stops the round, and nothing is stored by it`() throws {
        let visit = try visit("2+2")
        let honest = visit.books.granted
        var headers = honest.headers
        let header = headers[0]
        // Of the right fragment, signed by nobody of the owner's.
        headers[0] = FragmentHeader(
            owner: header.owner, device: header.device, fragment: header.fragment,
            length: header.length, sealedDescriptor: [9]
        ) { _ in [UInt8](repeating: 0, count: 64) }
        let books = OneBlock(GrantedBlock(honest.block, headers: headers))
        let round = DelegatedRound(
            owner: visit.stage.customer.owner,
            stores: visit.ways.filter { $0.key != visit.stage.suppliers[0].supplier },
            books: books, grace: 1,
            throttle: Throttle(bytesPerSecond: nil, time: ManualTime()) { _ in },
            random: SeededRandom(seed: 5))
        let views = visit.stage.suppliers.enumerated().map {
            SupplierView(id: $1.supplier, presence: $0 == 0 ? .silent(2) : .answers)
        }
        #expect(throws: RebuildError.wrongHeader(row: 1, position: 0)) {
            try round.perform(views)
        }
        #expect(books.state.withLock { $0.receipts.isEmpty })
    }
}
