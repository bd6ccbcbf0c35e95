import Catalogs
import Foundation
import Model
import Pipelines
import Placement
import Simulation
import Testing

/// What is asked of a large repository. `Benchmarks/large-catalog.sh` fills a home by the last test
/// of these and measures the program on it.
@Suite struct LargeCatalogTests {
    private static let environment = ProcessInfo.processInfo.environment

    private static func filler() -> CatalogFiller {
        var filler = CatalogFiller()
        func number(_ name: String) -> Int? {
            environment["BITDUST_FILL_\(name)"].flatMap { Int($0) }
        }
        filler.blockCount = number("BLOCKS") ?? filler.blockCount
        filler.chunksPerBlock = number("CHUNKS") ?? filler.chunksPerBlock
        filler.movedPercent = number("MOVED") ?? filler.movedPercent
        filler.lostPercent = number("LOST") ?? filler.lostPercent
        return filler
    }

    @Test(
        .enabled(
            if: environment["BITDUST_FILL_HOME"] != nil,
            "fills a home for Benchmarks/large-catalog.sh"))
    func `a catalog is filled`() throws {
        let home = try #require(LargeCatalogTests.environment["BITDUST_FILL_HOME"])
        let catalog = try Catalog(path: "\(home)/catalog.sqlite")
        defer { catalog.close() }
        let filler = LargeCatalogTests.filler()
        let rows = try filler.fill(catalog)
        #expect(rows.count == filler.blockCount)
    }

    private func with(_ station: Station, _ body: (Catalog) throws -> Void) throws {
        let catalog = try Catalog(path: "\(station.scratch["home"])/catalog.sqlite")
        defer { catalog.close() }
        try body(catalog)
    }

    private func lost(_ station: Station) throws -> [String] {
        var found: [String] = []
        try station.with {
            try $0.forEachLost(cancellation: Cancellation()) {
                found.append(String(decoding: $0.path, as: UTF8.self))
                return true
            }
        }
        return found
    }

    /// A plan by looking at each block, as it was made before there were shapes.
    private func plan(_ catalog: Catalog, _ views: [SupplierView]) throws -> RebuildPlan {
        var planner = RebuildPlanner(suppliers: views, grace: Limits.supplierGrace)
        try catalog.forEachBlock { row in
            let block = row.descriptor
            planner.add(
                BlockHoldings(
                    row: row.id, kind: block.kind, scheme: block.scheme,
                    fragmentLength: block.fragmentLength, places: block.places.map(\.supplier),
                    isHeld: row.receipts))
        }
        return planner.plan()
    }

    @Test func `with as many shapes as blocks the plan is that of all blocks`() throws {
        let station = try Station(suppliers: 14)
        station.write([1, 2, 3], "one")
        try station.backup { $0.redundancy = .scheme(ErasureScheme("3+3")!) }
        var filler = CatalogFiller()
        (filler.blockCount, filler.chunksPerBlock) = (9000, 1)
        (filler.movedPercent, filler.lostPercent) = (100, 2)
        var shapeCount = 0
        try with(station) { catalog in
            try filler.fill(catalog)
            try catalog.forEachShape { _ in shapeCount += 1 }
            #expect(shapeCount > Limits.rebuildPlanCountMax)
        }
        let health = try station.with { customer in
            try customer.setLeaving(true, try customer.family()[0].record.id)
            try customer.setLeaving(true, try customer.family()[4].record.id)
            return try customer.health()
        }
        try with(station) { catalog in
            let plan = try plan(catalog, health.suppliers.map(\.view))
            #expect(plan.items.count == Limits.rebuildPlanCountMax, "and more is postponed")
            #expect(health.fragmentsToStore == plan.storeCount)
            #expect(health.bytesToStore == plan.byteCount)
            #expect(health.fragmentsPostponed == plan.postponedCount)
            #expect(health.fragmentsUnplaced == plan.unplacedCount)
            #expect(try health.groups.reduce(0) { $0 + $1.blockCount } == catalog.blockCount())
        }
        #expect((100...300).contains(health.blocksLost), "2 of 100, and what was there")
        #expect(try lost(station) == ["one"])
    }

    @Test func `a chunk that a newer block holds too is not lost`() throws {
        let station = try Station()
        station.write(SeededRandom(seed: 3).bytes(300_000), "one")
        station.directory("empty")
        try station.backup()
        var old: [BlockRow] = []
        var copies: [BlockRow] = []
        try with(station) { catalog in
            for row in try catalog.blockRows(kind: .data) {
                let block = try #require(try catalog.block(row: row))
                old.append(block)
                let copy = BlockDescriptor(
                    block: BlockID(SeededRandom(seed: UInt64(row)).bytes32()), kind: .data,
                    scheme: block.descriptor.scheme, length: block.descriptor.length,
                    places: block.descriptor.places)
                let id = try catalog.append(
                    copy, frames: block.frames, receipts: block.receipts, isPublished: true)
                copies.append(try #require(try catalog.block(row: id)))
            }
            try lose(old, catalog)
        }
        #expect(!old.isEmpty)
        #expect(try station.with { try $0.health() }.blocksLost == old.count)
        #expect(try lost(station).isEmpty)
        #expect(try station.restore().problems.isEmpty, "as a restore finds")
        try with(station) { try lose(copies, $0) }
        #expect(try lost(station) == ["one"])
    }

    private func lose(_ blocks: [BlockRow], _ catalog: Catalog) throws {
        for block in blocks {
            for (position, place) in block.descriptor.places.enumerated() {
                try catalog.lose(row: block.id, position: position, on: place.supplier)
            }
        }
    }

    @Test func `in every snapshot what it lost is named, and shared directories once for each`()
        throws
    {
        let station = try Station()
        for name in ["a", "b", "c"] {
            station.directory(name)
            station.write(SeededRandom(seed: UInt64(name.utf8.first!)).bytes(90_000), "\(name)/x")
        }
        try station.backup()
        var first: [Int64] = []
        try with(station) { first = try $0.blockRows(kind: .data) }
        station.write(SeededRandom(seed: 9).bytes(80_000), "b/y")
        try station.backup()
        try with(station) { catalog in
            // What the second run stored.
            try lose(
                try catalog.blockRows(kind: .data).filter { !first.contains($0) }
                    .compactMap { try catalog.block(row: $0) }, catalog)
        }
        #expect(try lost(station) == ["b/y"], "the first snapshot lost nothing")
        try with(station) { catalog in
            try lose(first.compactMap { try catalog.block(row: $0) }, catalog)
        }
        #expect(
            try lost(station)
                == ["a/x", "b/x", "b/y", "c/x", "a/x", "b/x", "c/x"])
    }
}
