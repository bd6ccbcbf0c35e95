internal import Catalogs
internal import Model
internal import Placement
internal import Rebuilding
internal import Suppliers
internal import Synchronization

extension Customer {
    /// How it stands with all that is stored, as far as the catalog and the suppliers' presence
    /// say; asks suppliers for nothing but their usage and which heads they have.
    package func health() throws -> HealthReport {
        do {
            return try health(SupplierWatch(self), grace: adapters.grace)
        } catch {
            throw Failure.of(error)
        }
    }

    func health(_ watch: SupplierWatch, grace: UInt64) throws -> HealthReport {
        let views = watch.views(without: [], byteBudget: .max)
        var draft = PlanDraft(views, grace: grace)
        var report = try report(BlockLook(self, views: views, grace: grace)) {
            draft.add($1, $0)
        }
        let plan = try draft.plan(of: catalog)
        report.fragmentsToStore = plan.storeCount
        report.bytesToStore = plan.byteCount
        report.fragmentsUnplaced = plan.unplacedCount
        report.fragmentsPostponed = plan.postponedCount
        report.heads = try headHolders(watch, views: views, grace: grace)
        report.suppliers = zip(watch.entries, views).map { entry, view in
            HealthReport.Supplier(
                standing: entry.standing, view: view, score: entry.state.score)
        }
        if let pace = try catalog.setting("rebuild pace") {
            report.bytesPerSecond = Double(String(decoding: pace, as: UTF8.self))
        }
        return report
    }

    /// - Parameter also: hears of the same blocks.
    func report(
        _ look: BlockLook, _ also: (ShapeCount, BlockAssessment) throws -> Void
    ) throws -> HealthReport {
        var report = HealthReport()
        let rows = try catalog.sources()
        var groups: [Int64: [HealthReport.Group]] = [:]
        try look.forEach { count, block in
            report.add(block, count.blockCount)
            try also(count, block)
            guard block.holdings.kind != .catalog else { return }
            for source in count.sources.isEmpty ? [0] : count.sources {
                HealthReport.add(block, count.blockCount, to: &groups[source, default: []])
            }
        }
        report.groups.sort(by: HealthReport.isBefore)
        let snapshots = try catalog.snapshots()
        func source(_ id: Int64, _ name: String?) -> HealthReport.Source? {
            guard let own = groups[id] else { return nil }
            let latest = snapshots.last { $0.snapshot.setName == name }?.snapshot
            return HealthReport.Source(
                name: name, host: latest?.host, paths: latest?.roots.map(\.path) ?? [],
                groups: own.sorted(by: HealthReport.isBefore))
        }
        report.sources =
            rows.compactMap { source($0.id, $0.setName) } + [source(0, nil)].compactMap { $0 }
        report.unmappedSnapshotCount = try catalog.unmappedSnapshots().count
        return report
    }

    /// Who has the newest head: a supplier that answers and has it not gets it with the next round.
    private func headHolders(
        _ watch: SupplierWatch, views: [SupplierView], grace: UInt64
    ) throws -> HealthReport.Heads? {
        guard let newest = try catalog.newestHead()?.head else { return nil }
        let user = owner.user
        let hasIt = inParallel(watch.entries.map(\.supplier)) { supplier in
            (try? supplier.store?.heads(of: user))?.contains(newest) ?? false
        }
        var heads = HealthReport.Heads()
        for (view, hasIt) in zip(views, hasIt) {
            switch view.presence {
            case .answers where hasIt:
                if view.isLeaving { heads.misplaced += 1 } else { heads.stored += 1 }
            case .silent(let silence) where silence <= grace && !view.isLeaving:
                heads.doubtful += 1
            default: heads.lost += view.isLeaving ? 0 : 1
            }
        }
        return heads
    }
}

extension HealthReport {
    static func isBefore(_ left: Group, _ right: Group) -> Bool {
        (right.kind.rawValue, left.scheme.description)
            < (left.kind.rawValue, right.scheme.description)
    }

    static func add(_ block: BlockAssessment, _ count: Int, to groups: inout [Group]) {
        let (kind, scheme) = (block.holdings.kind, block.holdings.scheme)
        let index =
            groups.firstIndex { $0.kind == kind && $0.scheme == scheme }
            ?? {
                groups.append(Group(kind: kind, scheme: scheme))
                return groups.count - 1
            }()
        groups[index].blockCount += count
        groups[index].stored += count * block.count(.stored)
        groups[index].doubtful += count * block.count(.doubtful)
        groups[index].lost += count * block.count(.lost)
        groups[index].misplaced += count * block.count(.misplaced)
        groups[index].spare += count * block.spareCount
        groups[index].lossesTolerated = min(
            groups[index].lossesTolerated, block.lossesTolerated)
        if block.lossesTolerated < 0 { groups[index].blocksLost += count }
    }

    fileprivate mutating func add(_ block: BlockAssessment, _ count: Int) {
        HealthReport.add(block, count, to: &groups)
        let length = block.holdings.fragmentLength
        let missing = block.missingCount
        if block.lossesTolerated < 0 {
            blocksLost += count
            if block.returnsWithSilent { blocksWaiting += count }
        } else {
            fragmentsLeft += count * missing
            bytesLeft += count * missing * length
        }
    }
}
