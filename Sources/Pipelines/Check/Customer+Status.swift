internal import Catalogs
internal import Model
internal import Placement
internal import Suppliers
internal import Synchronization

extension Customer {
    /// What is stored, where, and how much may be lost; asks suppliers for nothing but their usage.
    package func status() throws -> StatusReport {
        let identity = identity
        var report = StatusReport(
            user: owner.user, userName: identity.name, isKeySaved: identity.isKeySaved)
        let watch = try SupplierWatch(self)
        report.suppliers = watch.entries.map(\.condition)
        let online = Set(watch.entries.filter(\.answers).map(\.supplier.record.id))
        let views = watch.views(without: [], byteBudget: .max)
        let look = BlockLook(self, views: views, grace: adapters.grace)
        report.sources = try self.report(look) { count, _ in
            report.add(count, online: online)
        }.sources
        let totals = try catalog.contentTotals()
        report.chunkCount = totals.chunkCount
        report.plainByteCount = totals.plainByteCount
        report.rebuilding = try rebuildJournal().days.last
        report.isReshapeWanted = try pendingReshape() != nil
        let snapshots = try snapshots()
        report.snapshotCount = snapshots.count
        report.latest = snapshots.last
        return report
    }
}

extension StatusReport {
    fileprivate mutating func add(_ count: ShapeCount, online: Set<SupplierID>) {
        let (shape, blocks) = (count.shape, count.blockCount)
        let held = zip(shape.places, shape.isHeld).filter(\.1).map(\.0)
        let health = BlockHealth(
            scheme: shape.scheme, presentCount: held.count { online.contains($0) })
        lossesTolerated = min(lossesTolerated ?? .max, health.lossesTolerated)
        blockCount += blocks
        sealedByteCount += UInt64(blocks * shape.length.sealedLength)
        storedByteCount += UInt64(
            blocks * held.count
                * shape.scheme.fragmentLength(sealedLength: shape.length.sealedLength))
    }
}
