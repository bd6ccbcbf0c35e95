internal import Catalogs
internal import Model
internal import Sealing
internal import Suppliers

/// What reads stored bytes, put together for one command.
struct Reading: Sendable {
    let contents: ContentReader
    let fetcher: BlockFetcher
    /// Data fragments of the newest blocks: with so many suppliers everything newer can be read.
    let suppliersNeeded: Int
    /// Threads that all of it is read with: those who ask far away mostly wait.
    let readerCount: Int
    private let suppliers: [OpenSupplier]

    /// - Parameter isSparing: a few files are wanted, not all.
    init(
        suppliers: [OpenSupplier], user: UserID, catalog: Catalog, index: any ChunkLocator,
        keys: RepositoryKeys, adapters: Adapters, isSparing: Bool,
        patience: FetchPatience? = nil
    ) throws {
        self.suppliers = suppliers
        self.suppliersNeeded =
            try catalog.newestHead()?.body.catalogBlocks.last?.scheme.dataCount ?? 1
        self.fetcher = BlockFetcher(
            stores: suppliers.stores, absent: suppliers.absent, user: user, time: adapters.time,
            asksAtOnce: suppliers.contains { NodeAddress.isOne($0.record.address) },
            delays: adapters.hedging, patience: patience)
        let isFar = suppliers.contains { $0.latency ?? 0 > Limits.farLatency }
        self.readerCount =
            isFar
            ? max(
                adapters.workerCount,
                min(Limits.farReaderCount, adapters.memoryByteCount / Limits.readerMemory))
            : adapters.workerCount
        self.contents = ContentReader(
            chunks: ChunkReader(
                catalog: catalog, index: index, fetcher: fetcher, keys: keys,
                readerCount: readerCount, isSparing: isSparing && fetcher.asksAtOnce))
    }

    var suppliersOnline: Int { suppliers.count { $0.store != nil } }

    /// Fragments that their suppliers did not have, or had with other bytes, in the family's order.
    var faults: [(supplier: SupplierRecord, count: UInt64)] {
        let faults = fetcher.faults
        return suppliers.compactMap { supplier in
            faults[supplier.record.id].map { (supplier.record, $0) }
        }
    }

    /// Asks those that would be ``absences`` whether they are back.
    func askAbsent() { fetcher.askUnanswered() }

    /// Suppliers that gave no answer for some fragments and none since.
    var absences: [SupplierAbsence] {
        let unanswered = fetcher.unanswered
        return suppliers.compactMap { supplier in
            unanswered[supplier.record.id].map {
                SupplierAbsence(
                    supplier: supplier.record, fragmentCount: $0,
                    reason: supplier.failure.map(reasonText))
            }
        }
    }
}

extension Array where Element == OpenSupplier {
    /// The stores of those that are online.
    var stores: [SupplierID: any FragmentStore] {
        var stores: [SupplierID: any FragmentStore] = [:]
        for supplier in self { stores[supplier.record.id] = supplier.store }
        return stores
    }

    /// Those that could not be opened and may be back some day.
    var absent: Set<SupplierID> {
        Set(filter { ($0.failure as? StoreError)?.isTransient == true }.map(\.record.id))
    }
}
