import Dispatch
import Identities
import Model
import Placement
import Rebuilding
import Simulation
import Suppliers
import Synchronization
import Testing

/// Suppliers are asked at the same time, and each at its own pace.
@Suite struct InquiryTests {
    /// Does something before each question for fragments is passed on.
    private final class Before: RequestChannel {
        typealias Body = @Sendable () throws(ChannelError) -> Void

        private let inner: any RequestChannel
        private let body: Body

        init(_ inner: any RequestChannel, _ body: @escaping Body) {
            self.inner = inner
            self.body = body
        }

        var payloadByteCountMax: Int { inner.payloadByteCountMax }
        func close() { inner.close() }

        func exchange(
            _ request: ChannelRequest, into target: UnsafeMutableRawBufferPointer?
        ) throws(ChannelError) -> ChannelAnswer {
            if case .has? = try? SupplierRequest(request.header).call { try body() }
            return try inner.exchange(request, into: target)
        }
    }

    /// The suppliers of a stage, asked through channels: supplier by number.
    private func stores(
        of stage: RebuildStage, _ before: @escaping @Sendable (Int) throws(ChannelError) -> Void
    ) throws -> [SupplierID: any FragmentStore] {
        // As the stage makes them.
        let random = SeededRandom(seed: 1)
        var found: [SupplierID: any FragmentStore] = [:]
        for (number, supplier) in stage.suppliers.enumerated() {
            let server = SupplierServer(
                store: supplier, key: try SupplierKey(seed: SecretBytes(from: random)),
                rules: .open, time: ManualTime(), holds: nil)
            let channel = Before(LocalChannel(to: server, as: stage.customer.peer)) {
                () throws(ChannelError) in try before(number)
            }
            found[supplier.supplier] = RemoteFragmentStore(
                supplier: supplier.supplier, user: stage.customer.owner, channel: channel,
                time: ManualTime())
        }
        return found
    }

    /// Asks for the block of the stage so many times, page by page.
    private func inquiry(
        _ stage: RebuildStage, _ stores: [SupplierID: any FragmentStore], pages: Int64,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) -> Inquiry {
        let books = stage.books
        return Inquiry(of: stage.customer.owner, stores, ledger: books, progress: progress) {
            ([books.block], $0 + 1 < pages ? $0 + 1 : nil)
        }
    }

    @Test func `who does not answer holds up nobody else`() throws {
        let stage = try RebuildStage("2+2", spareSuppliers: 0)
        let others = DispatchSemaphore(value: 0)
        let heldUp = Atomic(0)
        let pages = 9
        let stores = try stores(of: stage) { number throws(ChannelError) in
            guard number == 1 else {
                others.signal()
                return
            }
            // Its first answer comes when all others have been asked for everything.
            for _ in 0..<3 * pages where others.wait(timeout: .now() + 30) == .timedOut {
                heldUp.add(1, ordering: .relaxed)
                return
            }
            for _ in 0..<3 * pages { others.signal() }
        }
        let asked = Atomic(0)
        let found = try inquiry(stage, stores, pages: Int64(pages)) {
            asked.add($0, ordering: .relaxed)
        }.perform()
        #expect(heldUp.load(ordering: .relaxed) == 0)
        #expect(asked.load(ordering: .relaxed) == 4 * pages)
        #expect(found == Inquiry.Outcome())
    }

    @Test func `who stays silent is left alone for the round, and has lost nothing`() throws {
        let stage = try RebuildStage("2+2", spareSuppliers: 0)
        let asked = Mutex<[Int]>([0, 0, 0, 0])
        let stores = try stores(of: stage) { number throws(ChannelError) in
            let count = asked.withLock { asked in
                asked[number] += 1
                return asked[number]
            }
            if number == 3 { throw .timedOut }
            // An answer in between: these are not in a row.
            if number == 0, !count.isMultiple(of: 3) { throw .timedOut }
        }
        let found = try inquiry(stage, stores, pages: 9).perform()
        #expect(found.silent == [stage.suppliers[3].supplier] && found.foundLost == 0)
        #expect(asked.withLock { $0 } == [9, 9, 9, Limits.roundSilencesMax])
        #expect(stage.books.block.holdings.isHeld == [true, true, true, true])
    }

    @Test func `what was lost is asked for again only where the block cannot be read`() throws {
        let stage = try RebuildStage("2+2", spareSuppliers: 0)
        let stores = try stores(of: stage) { _ in }
        func lose(_ position: Int) throws {
            try stage.books.lost(
                stage.books.block, position: position, on: stage.suppliers[position].supplier)
        }
        // Their suppliers have them still.
        try lose(0)
        try lose(1)
        #expect(try inquiry(stage, stores, pages: 1).perform().foundAgain == 0)
        try lose(2)
        #expect(try inquiry(stage, stores, pages: 1).perform().foundAgain == 3)
        #expect(stage.books.block.holdings.isHeld == [true, true, true, true])
    }
}
