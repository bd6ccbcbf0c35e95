internal import Catalogs
internal import Model
internal import Sealing
internal import Suppliers

/// Writes lost or damaged fragments again to the suppliers that should have them.
struct FragmentRepairer: Sendable {
    let customer: Customer
    let fetcher: BlockFetcher

    /// Rebuilds what is not `good` from what is, in the stripe that holds the good fragments.
    ///
    /// - Returns: positions that have their receipts again.
    func repair(
        _ row: BlockRow, good: [Bool], stripe: PageBuffer,
        stores: [SupplierID: any FragmentStore]
    ) throws -> [Int] {
        let descriptor = row.descriptor
        let present = good.indices.filter { good[$0] }
        let missing = good.indices.filter {
            !good[$0] && stores[descriptor.places[$0].supplier] != nil
        }
        guard present.count >= descriptor.scheme.dataCount, !missing.isEmpty else { return [] }
        try fetcher.rebuild(
            missing, from: Array(present.prefix(descriptor.scheme.dataCount)), descriptor,
            in: stripe)
        var receipts = row.receipts
        var rebuilt: [Int] = []
        for position in missing where try put(position, descriptor, stripe, stores) {
            receipts[position] = true
            rebuilt.append(position)
        }
        if receipts != row.receipts { try customer.catalog.setReceipts(receipts, row: row.id) }
        return rebuilt
    }

    private func put(
        _ position: Int, _ descriptor: BlockDescriptor, _ stripe: PageBuffer,
        _ stores: [SupplierID: any FragmentStore]
    ) throws -> Bool {
        let place = descriptor.places[position]
        guard let store = stores[place.supplier] else { return false }
        let start = position * descriptor.fragmentLength
        let upload = FragmentUpload(
            header: try FragmentSigning(
                owner: customer.owner, random: customer.adapters.random
            ).header(of: descriptor, position: position), payload: stripe,
            range: start..<start + descriptor.fragmentLength)
        do {
            // What a supplier knows to be damaged, or has given up, it stores anew: it looks for
            // itself. Giving up what may be sound would be a way to lose it.
            _ = try store.scrub([place.fragment], of: customer.owner.user)
            return try store.put([upload]).first?.fragment == place.fragment
        } catch {
            return false
        }
    }
}
