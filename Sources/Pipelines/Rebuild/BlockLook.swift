internal import Catalogs
internal import Model
internal import Placement

/// All blocks as they look from here, by what they have in common.
///
/// Memory is that of a few shapes and of one plan, however many blocks and shapes there are.
struct BlockLook {
    private let catalog: Catalog
    private let suppliers: [SupplierID: SupplierView]
    private let views: [SupplierView]
    private let grace: UInt64

    init(_ customer: Customer, views: [SupplierView], grace: UInt64) {
        self.catalog = customer.catalog
        self.views = views
        self.grace = grace
        suppliers = Dictionary(views.map { ($0.id, $0) }) { first, _ in first }
    }

    /// Calls `body` with how many blocks look so; those of one shape come after each other.
    func forEach(_ body: (ShapeCount, BlockAssessment) throws -> Void) throws {
        var last: (id: Int64, block: BlockAssessment)?
        try catalog.forEachShape { count in
            let block =
                last.flatMap { $0.id == count.id ? $0.block : nil }
                ?? BlockAssessment(count.shape.holdings, suppliers: suppliers, grace: grace)
            last = (count.id, block)
            try body(count, block)
        }
    }

    /// The plan for the most endangered blocks.
    func plan() throws -> RebuildPlan {
        var draft = PlanDraft(views, grace: grace)
        try forEach { draft.add($1, $0) }
        return try draft.plan(of: catalog)
    }

    /// Rows of the blocks that cannot be read now.
    func lostRows() throws -> RowSet {
        let rows = RowSet()
        try forEach { count, block in
            guard block.lossesTolerated < 0 else { return }
            for (row, _) in try catalog.blockRows(shapes: [count.id]) { rows.insert(row) }
        }
        return rows
    }
}

/// Gathers the shapes that a plan is made for. Blocks of one shape are in the same danger, so that
/// only as many are read as a plan takes; and only so many shapes are kept, those with the oldest
/// blocks of equal danger, since others have none of the rows that would be read.
struct PlanDraft {
    private struct Wanted {
        let danger: Danger
        let id: Int64
        let block: BlockAssessment
        var count: Int
        let firstRow: Int64

        static func isBefore(_ left: Self, _ right: Self) -> Bool {
            left.danger == right.danger
                ? left.firstRow < right.firstRow : left.danger > right.danger
        }
    }

    private var planner: RebuildPlanner
    private var wanted: [Wanted] = []

    init(_ views: [SupplierView], grace: UInt64) {
        planner = RebuildPlanner(suppliers: views, grace: grace)
    }

    mutating func add(_ block: BlockAssessment, _ count: ShapeCount) {
        guard !RebuildPlanner.wanted(block).isEmpty else { return }
        guard planner.canPlace(block) else {
            return planner.leaveOut(block, count: count.blockCount)
        }
        wanted.append(
            Wanted(
                danger: Danger(block), id: count.id, block: block, count: count.blockCount,
                firstRow: count.firstRow))
        if wanted.count >= 2 * Limits.rebuildPlanCountMax { trim() }
    }

    mutating func plan(of catalog: Catalog) throws -> RebuildPlan {
        trim()
        var left = Limits.rebuildPlanCountMax
        var start = 0
        while start < wanted.count {
            let same = wanted[start...].prefix { $0.danger == wanted[start].danger }
            start = same.endIndex
            // One shape may be of several sets of sources.
            var open: [Int64: (block: BlockAssessment, count: Int)] = [:]
            for one in same { open[one.id, default: (one.block, 0)].count += one.count }
            if left > 0 {
                let rows = try catalog.blockRows(shapes: open.keys.sorted(), limit: left)
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

    private mutating func trim() {
        wanted.sort(by: Wanted.isBefore)
        for one in wanted.dropFirst(Limits.rebuildPlanCountMax) {
            planner.postpone(one.block, count: one.count)
        }
        wanted = Array(wanted.prefix(Limits.rebuildPlanCountMax))
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
