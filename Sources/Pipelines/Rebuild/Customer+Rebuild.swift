internal import Catalogs
internal import Model
package import Placement
internal import Suppliers
internal import Synchronization

extension Customer {
    /// Makes everything whole again that can be: asks, audits, plans, rebuilds, and tells the
    /// suppliers where fragments are now. What was stored stays when it is stopped or killed.
    package func rebuild(
        _ request: RebuildRequest, cancellation: Cancellation,
        progress: @escaping @Sendable (RebuildProgress) -> Void
    ) throws -> RebuildReport {
        let pass = RebuildPass(
            customer: self, request: request, cancellation: cancellation, progress: progress)
        do {
            let report = try pass.perform()
            try note(report)
            try noteRepair(report)
            return report
        } catch {
            throw Failure.of(error)
        }
    }

    /// Codes all that is stored by another scheme; takes up what a run before has left.
    package func reshape(
        _ redundancy: Redundancy, cancellation: Cancellation,
        progress: @escaping @Sendable (_ done: UInt64, _ total: UInt64) -> Void
    ) throws -> ReshapeReport {
        let reshape = Reshape(
            customer: self, redundancy: redundancy, cancellation: cancellation, progress: progress)
        do {
            try wantReshape(redundancy)
            let report = try reshape.perform()
            if report.blocksLeft == 0 { try wantReshape(nil) }
            return report
        } catch {
            throw Failure.of(error)
        }
    }

    /// Puts the newest head on every supplier that lacks it: it comes before all blocks.
    ///
    /// - Returns: on how many.
    @discardableResult
    package func spreadHead() throws -> Int {
        guard let newest = try catalog.newestHead() else { return 0 }
        let user = owner.user
        return inParallel(suppliers.withLock { $0 }) { supplier in
            guard let store = supplier.store, let heads = try? store.heads(of: user) else {
                return false
            }
            return !heads.contains(newest.head) && (try? store.putHead(newest.head)) != nil
        }.count { $0 }
    }

    /// Stores the rows that no head names yet, and a head that names them.
    func publishRows(_ plan: FamilyPlan, cancellation: Cancellation) throws {
        let tally = Tally(time: adapters.time) { _ in }
        let parts = try BackupParts(
            customer: self, plan: plan, request: BackupRequest(paths: []), tally: tally,
            cancellation: cancellation, isDryRun: false)
        for lane in parts.lanes { lane.start() }
        defer { for lane in parts.lanes { lane.finish() } }
        let head = try publisher(parts).publish(nil, run: nil, written: adapters.time.now)
        try publishHead(head)
    }
}
