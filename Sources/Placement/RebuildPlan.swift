package import Model

/// What is to be done so that blocks are whole again, most endangered first.
package struct RebuildPlan: Hashable, Sendable {
    package enum Step: Hashable, Sendable {
        /// The copy on this supplier becomes the fragment's place; no bytes move.
        case adopt(position: Int, supplier: SupplierID)
        /// The fragment is copied, or rebuilt where no copy can be read, and stored there. The
        /// spare that the supplier holds of the same block is given up before.
        case store(position: Int, supplier: SupplierID, releases: Int?)

        package var position: Int {
            switch self {
            case .adopt(let position, _), .store(let position, _, _): position
            }
        }

        package var supplier: SupplierID {
            switch self {
            case .adopt(_, let supplier), .store(_, let supplier, _): supplier
            }
        }
    }

    /// What is done with one block.
    package struct Item: Hashable, Sendable {
        package let row: Int64
        package let fragmentLength: Int
        /// Ascending by position.
        package let steps: [Step]

        /// Bytes that are sent to suppliers.
        package var byteCount: Int { storeCount * fragmentLength }

        package var storeCount: Int {
            steps.count {
                if case .store = $0 { true } else { false }
            }
        }
    }

    package var items: [Item] = []
    /// Fragments that should be stored anew and have no supplier that may take them: all that
    /// answer hold another fragment of the block, or have no room.
    package var unplacedCount = 0
    /// Fragments that a later plan stores: the suppliers that have room have had their share of
    /// bytes, or the plan is full.
    package var postponedCount = 0

    /// Bytes that are sent to suppliers.
    package var byteCount: Int { items.reduce(0) { $0 + $1.byteCount } }
    package var storeCount: Int { items.reduce(0) { $0 + $1.storeCount } }
}

/// Makes a plan from blocks that are shown one after the other; keeps the most endangered, so that
/// its memory is bounded however many there are.
package struct RebuildPlanner: Sendable {
    private let suppliers: [SupplierID: SupplierView]
    private let grace: UInt64
    private let blockCountMax: Int
    private let releasesSpares: Bool
    private var kept: [(danger: Danger, block: BlockAssessment)] = []
    private var dropped = 0
    private var leftOut = 0

    /// - Parameters:
    ///   - grace: nanoseconds of silence after which a supplier counts as gone.
    ///   - blockCountMax: blocks of one plan.
    ///   - releasesSpares: whether a supplier may be asked to give up a spare for another fragment
    ///     of the same block; who acts for the owner may not.
    package init(
        suppliers: [SupplierView], grace: UInt64, blockCountMax: Int = Limits.rebuildPlanCountMax,
        releasesSpares: Bool = true
    ) {
        precondition(blockCountMax > 0)
        self.suppliers = Dictionary(suppliers.map { ($0.id, $0) }) { first, _ in first }
        self.grace = grace
        self.blockCountMax = blockCountMax
        self.releasesSpares = releasesSpares
    }

    /// Takes a block in; returns how it stands.
    @discardableResult
    package mutating func add(_ holdings: BlockHoldings) -> BlockAssessment {
        let block = BlockAssessment(holdings, suppliers: suppliers, grace: grace)
        guard !RebuildPlanner.wanted(block).isEmpty else { return block }
        guard canPlace(block) else {
            leaveOut(block, count: 1)
            return block
        }
        kept.append((Danger(block), block))
        if kept.count >= 2 * blockCountMax { trim() }
        return block
    }

    /// Whether anything can be done for a block now, with all the room that there is. A block for
    /// which nothing can waits outside the plan: it holds back none that is less endangered.
    package func canPlace(_ block: BlockAssessment) -> Bool {
        var (room, plan) = (suppliers, RebuildPlan())
        return !steps(block, &room, &plan).isEmpty || plan.postponedCount > 0
    }

    /// Takes in how many blocks there are for which nothing can be done now.
    package mutating func leaveOut(_ block: BlockAssessment, count: Int) {
        leftOut += count * RebuildPlanner.wanted(block).count
    }

    /// Takes in how many blocks there are beyond those that were shown: a later plan has them.
    package mutating func postpone(_ block: BlockAssessment, count: Int) {
        dropped += count * RebuildPlanner.wanted(block).count
    }

    package mutating func plan() -> RebuildPlan {
        trim()
        var plan = RebuildPlan()
        plan.postponedCount = dropped
        plan.unplacedCount = leftOut
        var room = suppliers
        for (_, block) in kept {
            let steps = steps(block, &room, &plan)
            if !steps.isEmpty {
                plan.items.append(
                    RebuildPlan.Item(
                        row: block.holdings.row, fragmentLength: block.holdings.fragmentLength,
                        steps: steps))
            }
        }
        return plan
    }

    private mutating func trim() {
        kept.sort { $0.danger > $1.danger }
        for (_, block) in kept.dropFirst(blockCountMax) {
            dropped += RebuildPlanner.wanted(block).count
        }
        kept = Array(kept.prefix(blockCountMax))
    }

    /// Positions for which something should be done.
    ///
    /// A doubtful fragment waits for its supplier, unless the block could not stand one more loss.
    /// A lost one can be rebuilt from `dataCount` others only; a misplaced one is copied.
    package static func wanted(_ block: BlockAssessment) -> [Int] {
        let isReadable = block.lossesTolerated >= 0
        let isCritical = block.lossesTolerated == 0
        return block.best.indices.filter { position in
            switch block.state(position) {
            case .stored: block.best[position]?.supplier != block.holdings.places[position]
            case .misplaced: true
            case .doubtful: isCritical
            case .lost: isReadable
            }
        }
    }

    private func steps(
        _ block: BlockAssessment, _ room: inout [SupplierID: SupplierView],
        _ plan: inout RebuildPlan
    ) -> [RebuildPlan.Step] {
        let wanted = RebuildPlanner.wanted(block)
        var targets = RebuildTargets(block, releasesSpares: releasesSpares)
        var steps: [RebuildPlan.Step] = []
        for position in wanted {
            if block.state(position) == .stored, let supplier = block.best[position]?.supplier {
                steps.append(.adopt(position: position, supplier: supplier))
                continue
            }
            let length = block.holdings.fragmentLength
            switch targets.choose(position, length: length, room) {
            case .supplier(let id, let releases):
                room[id]?.freeByteCount -= length
                room[id]?.byteBudget -= length
                steps.append(.store(position: position, supplier: id, releases: releases))
            case .later: plan.postponedCount += 1
            case .nobody: plan.unplacedCount += 1
            }
        }
        return steps
    }
}
