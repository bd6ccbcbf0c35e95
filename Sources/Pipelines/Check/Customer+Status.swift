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
        let open = suppliers.withLock { $0 }
        report.suppliers = open.map { $0.state() }
        let online = Set(open.filter { $0.store != nil }.map(\.record.id))
        try catalog.forEachBlock { row in
            let health = row.health(online: online)
            report.lossesTolerated = min(
                report.lossesTolerated ?? .max, health.lossesTolerated)
            report.blockCount += 1
            report.sealedByteCount += UInt64(row.descriptor.length.sealedLength)
            let receipts = row.receipts.count { $0 }
            report.storedByteCount += UInt64(receipts * row.descriptor.fragmentLength)
            if row.descriptor.kind != .catalog {
                for frame in row.frames {
                    report.chunkCount += frame.chunks.count
                    report.plainByteCount += UInt64(frame.plainLength)
                }
            }
        }
        report.rebuilding = try rebuildJournal().days.last
        report.isReshapeWanted = try pendingReshape() != nil
        let snapshots = try snapshots()
        report.snapshotCount = snapshots.count
        report.latest = snapshots.last
        return report
    }
}

extension OpenSupplier {
    func state() -> SupplierState {
        let usage = try? store?.usage()
        return SupplierState(
            record: record, failure: failure.map(reasonText),
            usedByteCount: UInt64(usage?.used ?? 0),
            fragmentCount: UInt64(usage?.fragmentCount ?? 0))
    }
}
