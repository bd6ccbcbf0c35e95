internal import Catalogs
internal import Model
internal import Placement
internal import Rebuilding

extension Customer {
    /// How it stands with all that is stored, as far as the catalog and the suppliers' presence
    /// say; asks suppliers for nothing but their usage.
    package func health(grace: UInt64 = Limits.supplierGrace) throws -> HealthReport {
        do {
            let watch = try SupplierWatch(self, notes: true)
            return try health(watch, grace: grace, byteBudget: .max).report
        } catch {
            throw Failure.of(error)
        }
    }

    /// The report, and the plan that it speaks of.
    func health(
        _ watch: SupplierWatch, without failed: Set<SupplierID> = [], grace: UInt64,
        byteBudget: Int
    ) throws -> (report: HealthReport, plan: RebuildPlan) {
        let views = watch.views(without: failed, byteBudget: byteBudget)
        var planner = RebuildPlanner(suppliers: views, grace: grace)
        var report = HealthReport()
        try RebuildBooks(customer: self).forEachGroup(of: 64) { blocks in
            for (_, block) in blocks { report.add(planner.add(block.holdings)) }
        }
        report.groups.sort {
            ($1.kind.rawValue, $0.scheme.description) < ($0.kind.rawValue, $1.scheme.description)
        }
        let plan = planner.plan()
        report.fragmentsToStore = plan.storeCount
        report.bytesToStore = plan.byteCount
        report.fragmentsUnplaced = plan.unplacedCount
        report.fragmentsPostponed = plan.postponedCount
        report.suppliers = zip(watch.entries, views).map { entry, view in
            HealthReport.Supplier(
                record: entry.supplier.record, view: view,
                failure: entry.answers ? nil : entry.supplier.failure.map(reasonText) ?? "silent",
                score: entry.state.score)
        }
        if let pace = try catalog.setting("rebuild pace"),
            let text = Double(
                String(decoding: pace, as: UTF8.self))
        {
            report.bytesPerSecond = text
        }
        return (report, plan)
    }
}

extension HealthReport {
    fileprivate mutating func add(_ block: BlockAssessment) {
        let (kind, scheme) = (block.holdings.kind, block.holdings.scheme)
        let index =
            groups.firstIndex { $0.kind == kind && $0.scheme == scheme }
            ?? {
                groups.append(Group(kind: kind, scheme: scheme))
                return groups.count - 1
            }()
        groups[index].blockCount += 1
        groups[index].stored += block.count(.stored)
        groups[index].doubtful += block.count(.doubtful)
        groups[index].lost += block.count(.lost)
        groups[index].misplaced += block.count(.misplaced)
        groups[index].spare += block.spareCount
        groups[index].lossesTolerated = min(
            groups[index].lossesTolerated, block.lossesTolerated)
        if block.lossesTolerated < 0 { blocksLost += 1 }
    }
}
