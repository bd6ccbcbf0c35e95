internal import Catalogs
internal import Model
internal import Placement
internal import Suppliers

/// Hears when blocks are stored, records them in the catalog, and knows what is still on its way.
///
/// A block that has its receipts is recorded at once and not with its snapshot: a backup that was
/// killed finds what it had stored, and only the snapshot waits for all.
// @unchecked: the state is only touched under `monitor`.
final class BlockLedger: @unchecked Sendable {
    private let monitor = Monitor()
    private var outstanding = 0
    private var lossesToleratedMin: Int?
    /// Blocks without all of their receipts, by row: who has signed none.
    private var missing: [Int64: Missing] = [:]
    private var catalogBlocks: [(BlockDescriptor, [FrameEntry])] = []
    private let catalog: Catalog
    private let index: ChunkIndex
    private let tally: Tally
    private let outcome: Outcome
    private let rows: RowSet

    private struct Missing {
        let scheme: ErasureScheme
        let suppliers: [SupplierID]

        var lossesTolerated: Int {
            BlockHealth(
                scheme: scheme, presentCount: scheme.fragmentCount - suppliers.count
            ).lossesTolerated
        }
    }

    /// - Parameter rows: gets the rows of blocks that are stored, those of the catalog aside.
    init(catalog: Catalog, index: ChunkIndex, tally: Tally, outcome: Outcome, rows: RowSet) {
        self.catalog = catalog
        self.index = index
        self.tally = tally
        self.outcome = outcome
        self.rows = rows
    }

    func began(fragmentCount: Int) {
        monitor.lock()
        outstanding += 1
        monitor.unlock()
        tally.update { $0.fragmentsTotal += UInt64(fragmentCount) }
    }

    /// Takes a block whose lanes have all answered.
    func complete(_ block: PendingBlock) {
        let receipts = block.receipts
        let count = receipts.count { $0 }
        let scheme = block.descriptor.scheme
        if count < FamilyPlan.receiptsNeeded(scheme) {
            outcome.fail(
                StoringError.tooFewReceipts(
                    have: count, need: FamilyPlan.receiptsNeeded(scheme),
                    causes: block.failures))
        } else {
            outcome.run { note(block, row: try record(block, receipts: receipts)) }
            tally.update {
                $0.fragmentsAcknowledged += UInt64(count)
                $0.counts.bytesStored += UInt64(count * block.descriptor.fragmentLength)
            }
        }
        monitor.lock()
        lossesToleratedMin = min(lossesToleratedMin ?? .max, scheme.parityCount)
        outstanding -= 1
        if outstanding == 0 { monitor.wakeAll() }
        monitor.unlock()
    }

    /// Waits until every block that was begun is stored or has failed.
    func waitForAll() throws {
        monitor.lock()
        while outstanding > 0 { monitor.wait() }
        monitor.unlock()
        try outcome.check()
    }

    /// The weakest of the blocks of this run; `nil` when it stored none.
    var lossesTolerated: Int? {
        monitor.lock()
        defer { monitor.unlock() }
        return missing.values.reduce(lossesToleratedMin) {
            min($0 ?? .max, $1.lossesTolerated)
        }
    }

    /// Suppliers without receipts, by the row of their block.
    var missed: [Int64: [SupplierID]] {
        monitor.lock()
        defer { monitor.unlock() }
        return missing.mapValues(\.suppliers)
    }

    /// Takes what became of a block that had not all of its receipts.
    func caughtUp(_ row: Int64, scheme: ErasureScheme, missing suppliers: [SupplierID]) {
        monitor.lock()
        defer { monitor.unlock() }
        missing[row] =
            suppliers.isEmpty ? nil : Missing(scheme: scheme, suppliers: suppliers)
    }

    private func note(_ block: PendingBlock, row: Int64) {
        let suppliers = zip(block.descriptor.places, block.receipts).filter { !$1 }.map {
            $0.0.supplier
        }
        caughtUp(row, scheme: block.descriptor.scheme, missing: suppliers)
    }

    /// The catalog blocks of this run, in the order in which they were stored.
    var storedCatalogBlocks: [(BlockDescriptor, [FrameEntry])] {
        monitor.lock()
        defer { monitor.unlock() }
        return catalogBlocks
    }

    /// - Returns: the row.
    private func record(_ block: PendingBlock, receipts: [Bool]) throws -> Int64 {
        let isCatalog = block.descriptor.kind == .catalog
        let row = try catalog.append(
            block.descriptor, frames: block.frames, receipts: receipts, isPublished: isCatalog)
        if isCatalog {
            monitor.lock()
            catalogBlocks.append((block.descriptor, block.frames))
            monitor.unlock()
        } else {
            rows.insert(row)
            index.record(block.frames, blockRow: row)
        }
        return row
    }
}

/// Why blocks could not be stored.
enum StoringError: Error {
    case tooFewReceipts(have: Int, need: Int, causes: [any Error])
}
