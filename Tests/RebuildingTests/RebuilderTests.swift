import Identities
import Model
import Placement
import Rebuilding
import Simulation
import Suppliers
import Synchronization
import Testing

@Suite struct RebuilderTests {
    @Test(arguments: ["1+1", "2+2", "3+2"])
    func `every pattern of losses that can be rebuilt is`(_ scheme: String) throws {
        let count = ErasureScheme(scheme)!.fragmentCount
        for pattern in 1..<(1 << count) {
            let missing = (0..<count).filter { pattern >> $0 & 1 == 1 }
            let stage = try RebuildStage(scheme, pages: 1)
            try stage.lose(missing)
            let steps = missing.map {
                RebuildPlan.Step.store(
                    position: $0, supplier: stage.suppliers[$0].supplier, releases: nil)
            }
            let outcome = try stage.rebuilder().perform(steps, of: stage.books.block)
            if missing.count <= stage.scheme.parityCount {
                #expect(outcome.fragmentsStored == missing.count)
                #expect(stage.readAll() == stage.content)
            } else {
                #expect(outcome.sourcesLeft == count - missing.count)
                #expect(outcome.fragmentsStored == 0 && outcome.bytesStored == 0)
            }
        }
    }

    @Test func `only k fragments are read and only the missing are sent`() throws {
        let stage = try RebuildStage("4+3", pages: 70)
        try stage.lose([1, 5])
        let steps = try #require(stage.plan().items.first).steps
        let outcome = try stage.rebuilder(memoryByteCount: 4 << 20)
            .perform(steps, of: stage.books.block)
        #expect(outcome.bytesFetched == 4 * 70 * 4096)
        #expect(outcome.bytesStored == 2 * 70 * 4096 && outcome.fragmentsStored == 2)
        #expect(stage.readAll() == stage.content)
        #expect(stage.plan().items.isEmpty)
    }

    @Test(arguments: [1, 2, 3, 64, 65, 129])
    func `little memory means more rounds, not other bytes`(_ pages: Int) throws {
        for memory in [1, 16 << 10, 64 << 10, 1 << 20] {
            let stage = try RebuildStage("3+3", pages: pages)
            try stage.lose([0, 2, 4])
            let steps = try #require(stage.plan().items.first).steps
            let outcome = try stage.rebuilder(memoryByteCount: memory)
                .perform(steps, of: stage.books.block)
            #expect(outcome.fragmentsStored == 3)
            #expect(stage.readAll() == stage.content)
        }
    }

    @Test func `a source with wrong bytes is found, noted and done without`() throws {
        let stage = try RebuildStage("3+3", pages: 5)
        try stage.lose([0])
        stage.suppliers[2].fail([StoreFault(.flipBit(offset: 9000), on: .get, count: 100)])
        let steps = try #require(stage.plan().items.first).steps
        let outcome = try stage.rebuilder().perform(steps, of: stage.books.block)
        #expect(outcome.fragmentsStored == 1 && outcome.fragmentsFoundLost == 1)
        #expect(stage.books.block.holdings.isHeld == [true, true, false, true, true, true])
        // It is rebuilt in turn.
        stage.suppliers[2].fail([])
        #expect(stage.plan().items.first?.steps.map(\.position) == [2])
    }

    @Test func `a supplier that says yes and serves nothing is done without`() throws {
        let stage = try RebuildStage("2+2")
        try stage.lose([0])
        stage.suppliers[1].fail([
            StoreFault(.fail(.unavailable(reason: "later")), on: .get, count: 100)
        ])
        let steps = try #require(stage.plan().items.first).steps
        let outcome = try stage.rebuilder().perform(steps, of: stage.books.block)
        #expect(outcome.fragmentsStored == 1 && outcome.fragmentsFoundLost == 0)
        #expect(outcome.suppliersFailed == [stage.suppliers[1].supplier])
        #expect(stage.books.block.holdings.isHeld[1], "silence is no loss")
    }

    @Test func `a target that refuses is named and nothing is noted`() throws {
        let stage = try RebuildStage("2+2")
        try stage.lose([3])
        stage.suppliers[3].fail([StoreFault(.fail(.diskFull), on: .put, count: 100)])
        let steps = try #require(stage.plan().items.first).steps
        let outcome = try stage.rebuilder().perform(steps, of: stage.books.block)
        #expect(outcome.fragmentsStored == 0)
        #expect(outcome.suppliersFailed == [stage.suppliers[3].supplier])
        #expect(!stage.books.block.holdings.isHeld[3])
    }

    @Test func `a fragment is copied where it can still be read, and rebuilt where not`() throws {
        for isReadable in [true, false] {
            let stage = try RebuildStage("2+2", pages: 4)
            if !isReadable {
                stage.suppliers[1].fail([StoreFault(.fail(.notFound), on: .get, count: 100)])
            }
            let target = stage.suppliers[4].supplier
            let outcome = try stage.rebuilder().perform(
                [.store(position: 1, supplier: target, releases: nil)], of: stage.books.block)
            #expect(outcome.fragmentsStored == 1)
            #expect(outcome.fragmentsCopied == (isReadable ? 1 : 0))
            #expect(outcome.bytesFetched == (isReadable ? 1 : 2) * 4 * 4096)
            #expect(stage.books.block.holdings.places[1] == target)
            #expect(stage.books.block.holdings.spares.count == (isReadable ? 1 : 0))
            #expect(stage.readAll() == stage.content)
        }
    }

    @Test func `a run that died after any call is taken up by the next`() throws {
        struct Died: Error {}
        /// Books that die before, or right after, the n-th entry.
        final class Dying: RebuildLedger {
            let books: MemoryBooks
            let left: Mutex<Int>
            let notes: Bool
            init(_ books: MemoryBooks, after count: Int, notes: Bool) {
                self.books = books
                left = Mutex(count)
                self.notes = notes
            }
            func stored(
                _ block: SealedBlock, position: Int, on supplier: SupplierID, releases: Int?
            ) throws {
                let dies = left.withLock {
                    $0 -= 1
                    return $0 < 0
                }
                if !dies || notes {
                    try books.stored(block, position: position, on: supplier, releases: releases)
                }
                if dies { throw Died() }
            }
            func lost(_ block: SealedBlock, position: Int, on supplier: SupplierID) throws {
                try books.lost(block, position: position, on: supplier)
            }
        }
        for (count, notes) in [(0, false), (0, true), (1, false), (1, true), (2, false)] {
            let stage = try RebuildStage("3+3", pages: 2, spareSuppliers: 3)
            try stage.lose([1, 3, 5])
            let dying = Rebuilder(
                stores: Dictionary(
                    uniqueKeysWithValues: stage.suppliers.map { ($0.supplier, $0) }),
                owner: stage.customer.owner, headers: stage.books,
                ledger: Dying(stage.books, after: count, notes: notes),
                throttle: Throttle(bytesPerSecond: nil, time: ManualTime()) { _ in })
            let steps = try #require(stage.plan().items.first).steps
            #expect(throws: Died.self) { try dying.perform(steps, of: stage.books.block) }
            let again = try #require(stage.plan().items.first).steps
            _ = try stage.rebuilder().perform(again, of: stage.books.block)
            #expect(stage.readAll() == stage.content && stage.plan().items.isEmpty)
            // What the dead run had stored is not stored twice.
            let fragmentCount = try stage.suppliers.reduce(0) {
                $0 + (try $1.usage().fragmentCount)
            }
            #expect(fragmentCount == 6)
        }
    }

    @Test func `two rebuilders of one block do no harm`() throws {
        let stage = try RebuildStage("2+2", pages: 2)
        try stage.lose([0, 3])
        let steps = try #require(stage.plan().items.first).steps
        let before = stage.books.block
        for _ in 0..<2 {
            let outcome = try stage.rebuilder().perform(steps, of: before)
            #expect(outcome.fragmentsStored == 2)
        }
        #expect(stage.readAll() == stage.content)
        #expect(try stage.suppliers.reduce(0) { $0 + (try $1.usage().fragmentCount) } == 4)
    }

    @Test func `a header that is another's or unsigned is not sent`() throws {
        struct Wrong: HeaderSource {
            let header: @Sendable (SealedBlock, Int) throws -> FragmentHeader
            func header(of block: SealedBlock, position: Int) throws -> FragmentHeader {
                try header(block, position)
            }
        }
        let stage = try RebuildStage("2+2")
        let stranger = try StoreCustomer(seed: 99)
        let own = stage.customer
        try stage.lose([2])
        let steps = try #require(stage.plan().items.first).steps
        let wrong: [@Sendable (SealedBlock, Int) throws -> FragmentHeader] = [
            { block, position in
                try own.header(
                    fragment: block.fragments[0], length: block.fragmentLength, descriptor: [])
            },
            { block, position in
                try own.header(
                    fragment: block.fragments[position], length: 4096, descriptor: [])
            },
            { block, position in
                try stranger.header(
                    fragment: block.fragments[position], length: block.fragmentLength,
                    descriptor: [])
            },
            { block, position in
                FragmentHeader(
                    owner: own.owner, device: own.device.publicKey.deviceID,
                    fragment: block.fragments[position], length: block.fragmentLength,
                    sealedDescriptor: []
                ) { _ in [UInt8](repeating: 7, count: 64) }
            },
        ]
        for header in wrong {
            #expect(throws: RebuildError.wrongHeader(row: 1, position: 2)) {
                try stage.rebuilder(headers: Wrong(header: header))
                    .perform(steps, of: stage.books.block)
            }
        }
        #expect(stage.readAll()[2] == nil)
    }

    @Test func `a block whose roots contradict each other is never stored`() throws {
        let stage = try RebuildStage("2+2")
        let other = try RebuildStage("2+2", seed: 2)
        try stage.lose([3])
        let block = SealedBlock(
            holdings: stage.books.block.holdings,
            fragments: Array(stage.books.block.fragments.prefix(3))
                + [other.books.block.fragments[3]])
        let steps = try #require(stage.plan().items.first).steps
        #expect(throws: RebuildError.wrongRoot(row: 1, positions: [3])) {
            try stage.rebuilder().perform(steps, of: block)
        }
    }

    @Test func `the throttle holds back what is read and what is sent`() throws {
        let time = ManualTime()
        let waited = Mutex<UInt64>(0)
        let stage = try RebuildStage("2+2", pages: 256)
        try stage.lose([1])
        let throttle = Throttle(bytesPerSecond: 1 << 20, time: time) { wait in
            waited.withLock { $0 += wait }
            time.advance(nanoseconds: wait)
        }
        let steps = try #require(stage.plan().items.first).steps
        _ = try stage.rebuilder(throttle: throttle).perform(steps, of: stage.books.block)
        // Three fragments of 1 MiB at 1 MiB a second.
        let seconds = Double(waited.withLock { $0 }) / 1e9
        #expect(seconds > 2.7 && seconds < 3.1)
    }
}
