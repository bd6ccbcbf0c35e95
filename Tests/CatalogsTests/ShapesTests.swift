import Catalogs
import Foundation
import Model
import Testing

@Suite struct ShapesTests {
    private func with(_ body: (Catalog) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "shapes-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let catalog = try Catalog(path: folder.appending(path: "catalog.sqlite").path)
        defer { catalog.close() }
        try body(catalog)
    }

    /// What the narrow rows say, and what the blocks themselves say.
    private func expectTrue(_ catalog: Catalog, _ comment: Comment) throws {
        var counted: [String: Int] = [:]
        for one in try catalog.shapeCounts() {
            counted[text(one.shape), default: 0] += one.blockCount
        }
        var found: [String: Int] = [:]
        var (chunks, plain) = (0, 0)
        try catalog.forEachBlock { row in
            let spares = try catalog.spares(rows: row.id...row.id)[row.id] ?? []
            found[
                text(row.descriptor, row.receipts, spares.map { ($0.position, $0.supplier) }),
                default: 0] += 1
            guard row.descriptor.kind != .catalog else { return }
            chunks += row.frames.reduce(0) { $0 + $1.chunks.count }
            plain += row.frames.reduce(0) { $0 + $1.plainLength }
        }
        #expect(counted == found, comment)
        let totals = try catalog.contentTotals()
        #expect(totals.chunkCount == chunks && totals.plainByteCount == UInt64(plain), comment)
    }

    private func text(_ shape: BlockShape) -> String {
        "\(shape.kind) \(shape.scheme) \(shape.length) \(shape.places) \(shape.isHeld) "
            + "\(shape.spares.map { "\($0.position) \($0.supplier)" })"
    }

    private func text(
        _ block: BlockDescriptor, _ receipts: [Bool], _ spares: [(Int, SupplierID)]
    ) -> String {
        "\(block.kind) \(block.scheme) \(block.length) \(block.places.map(\.supplier)) \(receipts) "
            + "\(spares.map { "\($0) \($1)" })"
    }

    @Test func `the counts follow every change of a block`() throws {
        try with { catalog in
            var rows: [Int64] = []
            for number in 0..<40 as Range<UInt8> {
                rows.append(
                    try catalog.append(
                        CatalogSamples.descriptor(number), frames: CatalogSamples.frames,
                        receipts: [true, number % 3 != 0, true, true]))
            }
            try expectTrue(catalog, "appended")
            #expect(try catalog.shapeCounts().count == 2)
            for row in rows.prefix(7) {
                try catalog.move(row: row, position: 1, to: CatalogSamples.id(90), releases: nil)
            }
            try expectTrue(catalog, "moved")
            for row in rows.suffix(5) {
                try catalog.lose(row: row, position: 2, on: CatalogSamples.id(22))
            }
            try catalog.lose(row: rows[1], position: 1, on: CatalogSamples.id(21))
            try expectTrue(catalog, "lost, also a spare")
            let old = try #require(try catalog.block(row: rows[9])).descriptor
            let new = BlockDescriptor(
                block: old.block, kind: old.kind,
                scheme: ErasureScheme(dataCount: 1, parityCount: 1)!, length: old.length,
                places: Array(old.places.prefix(2)))
            try catalog.replace(old, by: new, receipts: [true, true], row: rows[9])
            try expectTrue(catalog, "coded anew")
            try catalog.commit(
                CatalogSamples.commit(1, run: nil, retired: [CatalogSamples.descriptor(3).block]))
            try expectTrue(catalog, "given up")
            let before = try catalog.shapeCounts().map(\.id)
            try catalog.dropUnusedShapes()
            #expect(try catalog.shapeCounts().map(\.id) == before)
        }
    }

    @Test func `rows of shapes come oldest first, as many as are wanted`() throws {
        try with { catalog in
            for number in 0..<20 as Range<UInt8> {
                _ = try catalog.append(
                    CatalogSamples.descriptor(number), frames: [],
                    receipts: [true, number % 2 == 0, true, true])
            }
            let ids = try catalog.shapeCounts().map(\.id)
            #expect(try catalog.blockRows(shapes: ids).map(\.row) == Array(1...20))
            #expect(try catalog.blockRows(shapes: ids, limit: 5).map(\.row) == Array(1...5))
            #expect(try catalog.blockRows(shapes: Array(ids.prefix(1)), limit: 3).count == 3)
            #expect(try catalog.blockRows(shapes: [99]).isEmpty)
        }
    }

    @Test func `a block that two sources need is counted in both`() throws {
        try with { catalog in
            for number in 0..<10 as Range<UInt8> {
                _ = try catalog.append(
                    CatalogSamples.descriptor(number), frames: [],
                    receipts: [true, true, true, true])
            }
            func note(_ name: String, _ rows: [ClosedRange<Int64>], _ number: UInt8) throws {
                try catalog.note(
                    SourceUse(setName: name, paths: [number], rows: rows, isComplete: true),
                    of: CatalogSamples.id(number))
            }
            func count(_ name: String) throws -> Int {
                let id = try #require(try catalog.source(setName: name)).id
                return try catalog.shapeCounts().filter { $0.sources.contains(id) }
                    .reduce(0) { $0 + $1.blockCount }
            }
            try note("docs", [1...4], 1)
            try note("home", [3...3, 5...8], 2)
            try note("docs", [4...5], 3)
            #expect(try count("docs") == 5 && count("home") == 5)
            let unknown = try catalog.shapeCounts().filter { $0.sources.isEmpty }
            #expect(unknown.reduce(0) { $0 + $1.blockCount } == 2, "rows 9 and 10")
            #expect(try catalog.shapeCounts().reduce(0) { $0 + $1.blockCount } == 10)
        }
    }

    @Test func `a snapshot is known to be complete once it was said`() throws {
        try with { catalog in
            for number in 1...2 as ClosedRange<UInt8> {
                try catalog.commit(CatalogSamples.commit(number, run: nil))
            }
            #expect(try catalog.unmappedSnapshots().count == 2)
            for isComplete in [false, true] {
                try catalog.note(
                    SourceUse(setName: "set", paths: [], rows: [], isComplete: isComplete),
                    of: CatalogSamples.id(101))
                #expect(try catalog.unmappedSnapshots().count == (isComplete ? 1 : 2))
            }
            #expect(try catalog.source(setName: "set")?.run == 0, "not this machine's run")
        }
    }
}
