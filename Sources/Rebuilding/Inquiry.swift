package import Model
internal import Placement
package import Suppliers
internal import Synchronization

/// Asks suppliers for what they should have: all at the same time and each at its own pace, so that
/// one that hangs holds up no other.
///
/// A supplier that says it has what the books call lost, of a block that too few fragments are left
/// of, is believed: a disk that was away may be back. What that is worth shows when it is read.
///
/// Thread rules: one call of `perform` at a time, on a thread that may block.
package struct Inquiry: Sendable {
    /// Blocks to ask for, and where the next ones begin; `nil` behind the last.
    package typealias Page = (blocks: [SealedBlock], next: Int64?)

    package struct Outcome: Hashable, Sendable {
        package var foundLost = 0
        /// Fragments that are there again.
        package var foundAgain = 0
        /// Suppliers that stopped answering, and were not asked for the rest.
        package var silent: [SupplierID] = []

        package init() {}
    }

    /// Blocks that a supplier is asked for at a time.
    package static let pageBlockCount = 256

    private let owner: UserID
    private let stores: [(id: SupplierID, store: any FragmentStore)]
    private let ledger: any RebuildLedger
    private let pages: SharedPages
    private let isCancelled: @Sendable () -> Bool
    private let progress: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - page: the blocks that begin at a place of its own numbering; the first is 0.
    ///   - progress: hears of how many more blocks one of the suppliers was asked for.
    package init(
        of owner: UserID, _ stores: [SupplierID: any FragmentStore], ledger: any RebuildLedger,
        isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (Int) -> Void = { _ in },
        page: @escaping @Sendable (_ start: Int64) throws -> Page
    ) {
        self.owner = owner
        self.stores = stores.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        self.ledger = ledger
        self.isCancelled = isCancelled
        self.progress = progress
        pages = SharedPages(read: page)
    }

    /// - Throws: what books and ledger throw.
    package func perform() throws -> Outcome {
        let all = try WorkerThread.map(stores.count, atOnce: Limits.suppliersAtOnce) { index in
            try ask(stores[index].id, stores[index].store)
        }
        return all.reduce(into: Outcome()) { total, own in
            total.foundLost += own.foundLost
            total.foundAgain += own.foundAgain
            total.silent += own.silent
        }
    }

    private func ask(_ id: SupplierID, _ store: any FragmentStore) throws -> Outcome {
        var outcome = Outcome()
        var silences = 0
        var start: Int64? = 0
        while let place = start, !isCancelled() {
            let page = try pages.page(place)
            start = page.next
            defer { progress(page.blocks.count) }
            let wanted = page.blocks.flatMap { block in
                (block.positionsHeld(by: id) + block.positionsMissed(at: id)).map {
                    (block: block, position: $0)
                }
            }
            guard !wanted.isEmpty else { continue }
            guard
                let answers = try? store.has(
                    wanted.map { $0.block.fragments[$0.position] }, of: owner)
            else {
                silences += 1
                if silences < Limits.roundSilencesMax { continue }
                outcome.silent.append(id)
                break
            }
            silences = 0
            for (item, isThere) in zip(wanted, answers) {
                let wasThere = item.block.positionsHeld(by: id).contains(item.position)
                if wasThere, !isThere {
                    try ledger.lost(item.block, position: item.position, on: id)
                    outcome.foundLost += 1
                } else if isThere, !wasThere {
                    try ledger.stored(
                        item.block, position: item.position, on: id, releases: nil)
                    outcome.foundAgain += 1
                }
            }
        }
        return outcome
    }

    /// The pages that were read last: suppliers that keep pace read each once.
    private final class SharedPages: Sendable {
        private static let countMax = 4
        private let read: @Sendable (Int64) throws -> Page
        private let known = Mutex<[(start: Int64, page: Page)]>([])

        init(read: @escaping @Sendable (Int64) throws -> Page) {
            self.read = read
        }

        func page(_ start: Int64) throws -> Page {
            try known.withLock { known in
                if let found = known.first(where: { $0.start == start }) { return found.page }
                let page = try read(start)
                known = known.suffix(SharedPages.countMax - 1) + [(start, page)]
                return page
            }
        }
    }
}

extension SealedBlock {
    /// Positions of which a supplier should have a copy.
    package func positionsHeld(by supplier: SupplierID) -> [Int] {
        holdings.places.indices.filter {
            holdings.isHeld[$0] && holdings.places[$0] == supplier
        } + holdings.spares.filter { $0.supplier == supplier }.map(\.position)
    }

    /// Positions that a supplier has lost of a block of which too little is left to read it.
    func positionsMissed(at supplier: SupplierID) -> [Int] {
        let isReadable =
            holdings.places.indices.count { !suppliers(of: $0).isEmpty } >= scheme.dataCount
        guard !isReadable else { return [] }
        return holdings.places.indices.filter {
            !holdings.isHeld[$0] && holdings.places[$0] == supplier
        }
    }
}
