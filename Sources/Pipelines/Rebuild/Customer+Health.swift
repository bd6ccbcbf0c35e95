internal import Catalogs
internal import Model
internal import Placement
internal import Rebuilding
internal import Suppliers
internal import Synchronization

extension Customer {
    /// How it stands with all that is stored, as far as the catalog and the suppliers' presence
    /// say; asks suppliers for nothing but their usage and which heads they have.
    package func health(grace: UInt64 = Limits.supplierGrace) throws -> HealthReport {
        do {
            return try health(SupplierWatch(self), grace: grace)
        } catch {
            throw Failure.of(error)
        }
    }

    func health(_ watch: SupplierWatch, grace: UInt64) throws -> HealthReport {
        let views = watch.views(without: [], byteBudget: .max)
        let look = try BlockLook(self, views: views, grace: grace)
        var report = try report(look)
        let plan = try look.plan(of: self)
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

    func report(_ look: BlockLook) throws -> HealthReport {
        var report = HealthReport()
        let rows = try catalog.sources()
        var groups: [Int64: [HealthReport.Group]] = [:]
        for (count, block) in look.shapes {
            report.add(block, count.blockCount)
            guard block.holdings.kind != .catalog else { continue }
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

/// All blocks as they look from here, by what they have in common.
struct BlockLook {
    let shapes: [(count: ShapeCount, block: BlockAssessment)]
    private let views: [SupplierView]
    private let grace: UInt64

    init(_ customer: Customer, views: [SupplierView], grace: UInt64) throws {
        self.views = views
        self.grace = grace
        let suppliers = Dictionary(views.map { ($0.id, $0) }) { first, _ in first }
        shapes = try customer.catalog.shapeCounts().map {
            ($0, BlockAssessment($0.shape.holdings, suppliers: suppliers, grace: grace))
        }
    }

    /// The plan for the most endangered blocks. Blocks of one shape are in the same danger, so that
    /// only as many are read as a plan takes.
    func plan(of customer: Customer) throws -> RebuildPlan {
        var planner = RebuildPlanner(suppliers: views, grace: grace)
        let wanted = shapes.filter { count, block in
            guard !RebuildPlanner.wanted(block).isEmpty else { return false }
            if planner.canPlace(block) { return true }
            planner.leaveOut(block, count: count.blockCount)
            return false
        }
        .map { (danger: Danger($0.block), shape: $0) }.sorted { $0.danger > $1.danger }
        var left = Limits.rebuildPlanCountMax
        var start = 0
        while start < wanted.count {
            let same = wanted[start...].prefix { $0.danger == wanted[start].danger }
            start = same.endIndex
            // One shape may be of several sets of sources.
            var open: [Int64: (block: BlockAssessment, count: Int)] = [:]
            for (_, shape) in same {
                open[shape.count.id, default: (shape.block, 0)].count += shape.count.blockCount
            }
            if left > 0 {
                let rows = try customer.catalog.blockRows(
                    shapes: open.keys.sorted(), limit: left)
                left -= rows.count
                for (row, id) in rows {
                    guard let block = open[id]?.block else { continue }
                    planner.add(block.holdings.of(row: row))
                    open[id]?.count -= 1
                }
            }
            for (block, count) in open.values { planner.postpone(block, count: count) }
        }
        return planner.plan()
    }

    /// Rows of the blocks that cannot be read now.
    func lostRows(of customer: Customer) throws -> Set<Int64> {
        let ids = Set(shapes.filter { $0.block.lossesTolerated < 0 }.map(\.count.id))
        return Set(try customer.catalog.blockRows(shapes: ids.sorted()).map(\.row))
    }
}

extension BlockShape {
    /// What such a block has where; of no row.
    var holdings: BlockHoldings {
        BlockHoldings(
            row: 0, kind: kind, scheme: scheme,
            fragmentLength: scheme.fragmentLength(sealedLength: length.sealedLength),
            places: places, isHeld: isHeld,
            spares: spares.map {
                BlockHoldings.Spare(position: $0.position, supplier: $0.supplier)
            })
    }
}

extension BlockHoldings {
    /// The same of another block.
    fileprivate func of(row: Int64) -> BlockHoldings {
        BlockHoldings(
            row: row, kind: kind, scheme: scheme, fragmentLength: fragmentLength, places: places,
            isHeld: isHeld, spares: spares)
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
