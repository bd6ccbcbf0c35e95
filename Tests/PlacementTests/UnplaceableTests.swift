import Model
import Placement
import Testing

/// Blocks that can be placed nowhere hold back no others.
@Suite struct UnplaceableTests {
    private func id(_ number: UInt64) -> SupplierID {
        SupplierID(Bytes32(words: (number, 0, 0, 0)))
    }

    /// A block of `2+2` on four suppliers of which the first ones are gone.
    private func block(_ row: Int64, on places: [UInt64]) throws -> BlockHoldings {
        BlockHoldings(
            row: row, kind: .data, scheme: try #require(ErasureScheme("2+2")),
            fragmentLength: 4096, places: places.map(id),
            isHeld: Array(repeating: true, count: 4), spares: [])
    }

    private func views(gone: Set<UInt64>, free: [UInt64: Int] = [:]) -> [SupplierView] {
        (1...8 as ClosedRange<UInt64>).map { number in
            SupplierView(
                id: id(number), presence: gone.contains(number) ? .silent(2) : .answers,
                freeByteCount: free[number] ?? .max)
        }
    }

    @Test func `the most endangered that nobody can take leave the plan to the next`() throws {
        // 5 to 8 have no room: of those that have, each holds a fragment of the first ten already.
        let full = Dictionary(uniqueKeysWithValues: (5...8).map { (UInt64($0), 0) })
        var planner = RebuildPlanner(
            suppliers: views(gone: [1, 2], free: full), grace: 1, blockCountMax: 10)
        for row in 1...10 as ClosedRange<Int64> { planner.add(try block(row, on: [1, 2, 3, 4])) }
        for row in 11...20 as ClosedRange<Int64> { planner.add(try block(row, on: [1, 3, 5, 6])) }
        let plan = planner.plan()
        #expect(plan.items.map(\.row) == Array(11...20))
        #expect(plan.storeCount == 10 && plan.items.allSatisfy { $0.steps[0].supplier == id(4) })
        #expect(plan.unplacedCount == 20 && plan.postponedCount == 0)
    }

    @Test func `who waits for its share of bytes only is postponed`() throws {
        var all = views(gone: [1])
        for index in all.indices { all[index].byteBudget = 0 }
        var planner = RebuildPlanner(suppliers: all, grace: 1, blockCountMax: 10)
        planner.add(try block(1, on: [1, 2, 3, 4]))
        let plan = planner.plan()
        #expect(plan.items.isEmpty && plan.unplacedCount == 0 && plan.postponedCount == 1)
    }
}
