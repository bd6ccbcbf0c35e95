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
    private let suppliers: [OpenSupplier]

    /// - Parameter isSparing: a few files are wanted, not all.
    init(
        suppliers: [OpenSupplier], user: UserID, catalog: Catalog, index: ChunkIndex,
        keys: RepositoryKeys, workerCount: Int, time: any TimeSource, isSparing: Bool
    ) throws {
        self.suppliers = suppliers
        self.suppliersNeeded =
            try catalog.newestHead()?.body.catalogBlocks.last?.scheme.dataCount ?? 1
        self.fetcher = BlockFetcher(
            stores: suppliers.stores, user: user, time: time,
            asksAtOnce: suppliers.contains { NodeAddress.isOne($0.record.address) })
        self.contents = ContentReader(
            chunks: ChunkReader(
                catalog: catalog, index: index, fetcher: fetcher, keys: keys,
                workerCount: workerCount, isSparing: isSparing && fetcher.asksAtOnce))
    }

    var suppliersOnline: Int { suppliers.count { $0.store != nil } }

    /// Fragments that were missing or wrong, by supplier, in the family's order.
    var faults: [(supplier: SupplierRecord, count: UInt64)] {
        let faults = fetcher.faults
        return suppliers.compactMap { supplier in
            faults[supplier.record.id].map { (supplier.record, $0) }
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
}
