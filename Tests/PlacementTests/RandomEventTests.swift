import Model
import Testing

@testable import Placement

/// Suppliers come, go, return, forget and fill up at random; plans are made and carried out.
@Suite struct RandomEventTests {
    /// What is true, where the catalog's rows are what the customer believes.
    fileprivate struct World {
        var suppliers: [SupplierView]
        var blocks: [BlockHoldings]
        /// Positions of each block that each supplier really has.
        var contents: [SupplierID: [Int64: Set<Int>]] = [:]
        /// A step went below a cap, or to a supplier that takes nothing.
        var isBroken = false

        mutating func perform(_ plan: RebuildPlan) {
            for item in plan.items {
                let index = Int(item.row) - 1
                for step in item.steps { blocks[index] = perform(step, on: blocks[index]) }
            }
        }

        private mutating func perform(
            _ step: RebuildPlan.Step, on block: BlockHoldings
        ) -> BlockHoldings {
            var spares = Set(block.spares)
            let position = step.position
            if case .store(_, let supplier, let releases) = step {
                if let releases {
                    contents[supplier]?[block.row]?.remove(releases)
                    spares.remove(.init(position: releases, supplier: supplier))
                }
                contents[supplier, default: [:]][block.row, default: []].insert(position)
                let number = suppliers.firstIndex { $0.id == supplier }!
                suppliers[number].freeByteCount -= block.fragmentLength
                isBroken = isBroken || suppliers[number].freeByteCount < 0
                isBroken = isBroken || !suppliers[number].answers || suppliers[number].isLeaving
            }
            let old = block.places[position]
            if block.isHeld[position], old != step.supplier {
                spares.insert(.init(position: position, supplier: old))
            }
            spares.remove(.init(position: position, supplier: step.supplier))
            var (places, isHeld) = (block.places, block.isHeld)
            places[position] = step.supplier
            isHeld[position] = true
            return BlockHoldings(
                row: block.row, kind: block.kind, scheme: block.scheme,
                fragmentLength: block.fragmentLength, places: places, isHeld: isHeld,
                spares: spares.sorted { ($0.position, $0.supplier) < ($1.position, $1.supplier) })
        }

        /// Notes in the catalog what suppliers that answer do not have.
        mutating func audit() {
            for (index, block) in blocks.enumerated() {
                func isThere(_ supplier: SupplierID, _ position: Int) -> Bool {
                    guard let view = suppliers.first(where: { $0.id == supplier }), view.answers
                    else { return true }
                    return contents[supplier]?[block.row]?.contains(position) == true
                }
                blocks[index] = BlockHoldings(
                    row: block.row, kind: block.kind, scheme: block.scheme,
                    fragmentLength: block.fragmentLength, places: block.places,
                    isHeld: block.places.indices.map {
                        block.isHeld[$0] && isThere(block.places[$0], $0)
                    }, spares: block.spares.filter { isThere($0.supplier, $0.position) })
            }
        }

        func plan() -> RebuildPlan {
            var planner = RebuildPlanner(suppliers: suppliers, grace: 1000)
            for block in blocks { planner.add(block) }
            return planner.plan()
        }
    }

    private static func world(_ random: inout SeededGenerator) -> World {
        let scheme = ErasureScheme(["1+1", "2+2", "3+2", "4+4"].randomElement(using: &random)!)!
        let count = scheme.fragmentCount + Int.random(in: 0...3, using: &random)
        let suppliers = (0..<count).map {
            SupplierView(
                id: SupplierID(Bytes32(words: (UInt64($0 + 1), random.next(), 0, 0))),
                freeByteCount: Int.random(in: 0...60, using: &random) * 4096)
        }
        var world = World(suppliers: suppliers, blocks: [])
        for row in 1...8 {
            let places = suppliers.shuffled(using: &random).prefix(scheme.fragmentCount).map(\.id)
            for (position, place) in places.enumerated() {
                world.contents[place, default: [:]][Int64(row)] = [position]
            }
            world.blocks.append(
                BlockHoldings(
                    row: Int64(row), kind: BlockKind.allCases.randomElement(using: &random)!,
                    scheme: scheme, fragmentLength: 4096, places: places,
                    isHeld: places.map { _ in true }))
        }
        return world
    }

    private static func happen(_ world: inout World, _ random: inout SeededGenerator) {
        let number = Int.random(in: 0..<world.suppliers.count, using: &random)
        let id = world.suppliers[number].id
        switch Int.random(in: 0..<7, using: &random) {
        case 0: world.suppliers[number].presence = .silent(10)
        case 1: world.suppliers[number].presence = .silent(2000)
        case 2, 3: world.suppliers[number].presence = .answers
        case 4:
            if let row = world.contents[id]?.keys.sorted().randomElement(using: &random) {
                world.contents[id]?[row] = nil
            }
        case 5: world.suppliers[number].isLeaving.toggle()
        default: world.suppliers[number].freeByteCount += 8 * 4096
        }
    }

    @Test(arguments: 0..<60)
    func `no supplier ever gets two fragments of a block, whatever happens`(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var world = RandomEventTests.world(&random)
        for _ in 0..<40 {
            RandomEventTests.happen(&world, &random)
            world.audit()
            let before = world.blocks.map { world.tolerated($0) }
            let plan = world.plan()
            world.isBroken = world.isBroken || plan != world.plan()
            world.perform(plan)
            for (block, tolerated) in zip(world.blocks, before) {
                world.isBroken = world.isBroken || world.tolerated(block) < tolerated
            }
            let isShared = world.contents.values.contains { $0.values.contains { $0.count > 1 } }
            world.isBroken = world.isBroken || isShared
        }
        #expect(!world.isBroken)
    }

    @Test(arguments: 0..<40)
    func `once everybody is back and has room all becomes whole and stays so`(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var world = RandomEventTests.world(&random)
        for _ in 0..<30 {
            // Nothing is forgotten here: then nothing may be lost.
            if Int.random(in: 0..<3, using: &random) > 0 {
                let number = Int.random(in: 0..<world.suppliers.count, using: &random)
                world.suppliers[number].presence =
                    Bool.random(using: &random) ? .answers : .silent(2000)
                world.suppliers[number].isLeaving = false
            }
            world.audit()
            world.perform(world.plan())
        }
        for number in world.suppliers.indices {
            world.suppliers[number].presence = .answers
            world.suppliers[number].freeByteCount = .max / 2
        }
        world.audit()
        for _ in 0..<4 { world.perform(world.plan()) }
        #expect(world.plan().items.count == 0, "nothing is left to do")
        #expect(world.blocks.allSatisfy { world.assessment($0).isWhole })
    }
}

extension RandomEventTests.World {
    fileprivate func assessment(_ block: BlockHoldings) -> BlockAssessment {
        BlockAssessment(
            block, suppliers: Dictionary(uniqueKeysWithValues: suppliers.map { ($0.id, $0) }),
            grace: 1000)
    }

    fileprivate func tolerated(_ block: BlockHoldings) -> Int { assessment(block).lossesTolerated }
}
