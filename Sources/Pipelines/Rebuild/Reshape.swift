internal import Catalogs
internal import ErasureCoding
package import Model
internal import Placement
internal import Suppliers
internal import Synchronization

/// What a change of the scheme did.
package struct ReshapeReport: Sendable {
    package var scheme: ErasureScheme
    package var blocksReshaped = 0
    /// Had the scheme already.
    package var blocksSame = 0
    /// Left as they were: too few fragments to read, or not every new fragment got a receipt.
    package var blocksLeft = 0
    package var bytesStored: UInt64 = 0
    /// Old fragments that were given up.
    package var fragmentsRetired = 0
}

/// Codes what is stored by another scheme, block after block.
///
/// Sealed bytes stay as they are: a block is read, coded anew and stored beside its old fragments;
/// with every receipt its row changes; when a head that names the new rows is on the suppliers the
/// old
/// fragments are given up. At no moment can less be lost than before, and a run that was stopped or
/// killed is taken up by the next, since each row says by which scheme its block is coded.
struct Reshape {
    let customer: Customer
    let redundancy: Redundancy
    let cancellation: Cancellation
    let progress: @Sendable (_ done: UInt64, _ total: UInt64) -> Void

    /// Blocks after which a head is sent and old fragments are given up: what both take at most
    /// beside one another.
    private static let groupCount = 256

    func perform() throws -> ReshapeReport {
        try customer.adoptNewerHead()
        let plan = try customer.plan(redundancy, onlyOnline: true)
        var report = ReshapeReport(scheme: plan.scheme)
        try retire(plan, &report)
        let fetcher = BlockFetcher(
            stores: customer.suppliers.withLock { $0 }.stores, user: customer.owner.user,
            time: customer.adapters.time)
        let total = UInt64(try customer.catalog.blockCount())
        var done: UInt64 = 0
        var pending = 0
        var last: Int64 = 0
        while let row = try customer.catalog.blocks(after: last, limit: 1).first {
            try cancellation.check()
            last = row.id
            done += 1
            if row.descriptor.scheme == plan.scheme {
                report.blocksSame += 1
            } else if try reshape(row, plan, fetcher, &report) {
                pending += 1
            }
            if pending >= Reshape.groupCount {
                try retire(plan, &report)
                pending = 0
            }
            progress(done, total)
        }
        try retire(plan, &report)
        return report
    }

    /// - Returns: whether the block has the scheme now.
    private func reshape(
        _ row: BlockRow, _ plan: FamilyPlan, _ fetcher: BlockFetcher, _ report: inout ReshapeReport
    ) throws -> Bool {
        let old = row.descriptor
        let length = plan.scheme.fragmentLength(sealedLength: old.length.sealedLength)
        let stripe = PageBuffer(
            byteCount: max(
                BlockFetcher.stripeByteCount(old), length * plan.scheme.fragmentCount))
        do {
            try fetcher.fetch(old, into: stripe)
        } catch is FetchError {
            report.blocksLeft += 1
            return false
        }
        let fragments = try FragmentCoder(ReedSolomon(scheme: plan.scheme))
            .fragments(of: stripe, sealedLength: old.length.sealedLength)
        let suppliers = plan.assignment(blockNumber: UInt64(bitPattern: row.id))
        let new = BlockDescriptor(
            block: old.block, kind: old.kind, scheme: plan.scheme, length: old.length,
            places: zip(suppliers, fragments).map { FragmentPlace(supplier: $0, fragment: $1) })
        guard try store(new, stripe) else {
            report.blocksLeft += 1
            return false
        }
        try customer.catalog.replace(
            old, by: new, receipts: Array(repeating: true, count: new.places.count), row: row.id)
        report.blocksReshaped += 1
        report.bytesStored += UInt64(length * plan.scheme.fragmentCount)
        return true
    }

    /// - Returns: whether every fragment has its receipt.
    private func store(_ block: BlockDescriptor, _ stripe: PageBuffer) throws -> Bool {
        let stores = customer.suppliers.withLock { $0 }.stores
        let signing = FragmentSigning(owner: customer.owner, random: customer.adapters.random)
        for (position, place) in block.places.enumerated() {
            let start = position * block.fragmentLength
            let upload = FragmentUpload(
                header: try signing.header(of: block, position: position), payload: stripe,
                range: start..<start + block.fragmentLength)
            guard let receipt = try? stores[place.supplier]?.put([upload]).first,
                receipt.fragment == place.fragment, receipt.supplier == place.supplier
            else { return false }
        }
        return true
    }

    /// Whether rows have changed that the newest head does not show. A copy of a block is a
    /// fragment of `1+0` and of `1+1`: then a block has a new scheme and nothing is given up.
    private func isHeadOld() throws -> Bool {
        for row in try customer.catalog.unpublishedBlockRows() {
            if let block = try customer.catalog.block(row: row), block.descriptor.kind != .catalog {
                return true
            }
        }
        let named = try customer.catalog.newestHead()?.body.catalogBlocks ?? []
        return try named.contains { block in
            try customer.catalog.descriptor(of: block.block).map { $0 != block } ?? false
        }
    }

    /// Sends the new rows, and only then gives up the fragments that they replace.
    private func retire(_ plan: FamilyPlan, _ report: inout ReshapeReport) throws {
        let hasRetired = try customer.catalog.retiredCount() > 0
        guard try hasRetired || isHeadOld() else { return }
        try customer.publishRows(plan, cancellation: cancellation)
        for supplier in customer.suppliers.withLock({ $0 }) {
            guard let store = supplier.store else { continue }
            while true {
                let some = try customer.catalog.retired(
                    on: supplier.record.id, limit: Limits.messageFragmentCountMax)
                guard !some.isEmpty,
                    (try? store.tombstone(some.map(\.fragment), of: customer.owner.user)) != nil
                else { break }
                try customer.catalog.forget(some)
                report.fragmentsRetired += some.count
            }
        }
    }
}
