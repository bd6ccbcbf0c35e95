import Catalogs
import Foundation
import Model
import Testing

@Suite struct CatalogTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "catalog-\(UUID().uuidString)")

    private func open() throws -> Catalog {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return try Catalog(path: folder.appending(path: "catalog.sqlite").path)
    }

    private func with(_ body: (Catalog) throws -> Void) throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let catalog = try open()
        defer { catalog.close() }
        try body(catalog)
    }

    @Test func `an empty file becomes a catalog and opens again`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data().write(to: folder.appending(path: "catalog.sqlite"))
        let first = try open()
        try first.quickCheck()
        #expect(try first.blockCount() == 0 && first.newestHead() == nil)
        #expect(try first.snapshots().isEmpty && first.suppliers().isEmpty)
        try first.set("name", to: [1, 2, 0xFF])
        first.close()
        let second = try open()
        #expect(try second.setting("name") == [1, 2, 0xFF] && second.setting("other") == nil)
        second.close()
    }

    @Test func `a file that is no catalog is called damaged`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let garbage = Data((0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try garbage.write(to: folder.appending(path: "catalog.sqlite"))
        do {
            _ = try open()
            Issue.record("garbage was opened")
        } catch let error as CatalogError {
            #expect(error.isCorruption)
        }
    }

    @Test func `what an uncommitted run has seen is invisible`() throws {
        try with { catalog in
            let path = Array("/a".utf8)
            let killed = try catalog.beginRun()
            try catalog.record([SeenRow(key: 7, path: path, listing: [1])], run: killed)
            #expect(try catalog.seen(key: 7, path: path)?.listing == nil)
            let run = try catalog.beginRun()
            #expect(run != killed)
            try catalog.record([SeenRow(key: 7, path: path, listing: [2])], run: run)
            #expect(try catalog.seen(key: 7, path: path)?.listing == nil)
            try catalog.commit(CatalogSamples.commit(1, run: run))
            #expect(try catalog.seen(key: 7, path: path)?.listing == [2])
            #expect(
                try catalog.seen(key: 7, path: Array("/b".utf8))?.listing == nil, "another path")
        }
    }

    @Test func `a commit makes all of it true at once`() throws {
        try with { catalog in
            let block = CatalogSamples.descriptor(1)
            let row = try catalog.append(
                block, frames: CatalogSamples.frames, receipts: [true, true, false, true])
            #expect(try catalog.unpublishedBlockRows() == [row])
            let run = try catalog.beginRun()
            try catalog.commit(CatalogSamples.commit(1, run: run, rows: [row]))
            #expect(try catalog.unpublishedBlockRows() == [])
            let head = try #require(try catalog.newestHead())
            #expect(head.head.sequence == 1 && !head.isPublished)
            #expect(try catalog.snapshots().map(\.snapshot.taken) == [1])
            try catalog.setPublished(sequence: 1)
            #expect(try catalog.newestHead()?.isPublished == true)
        }
    }

    @Test func `a commit that fails leaves nothing of itself`() throws {
        try with { catalog in
            let first = try catalog.beginRun()
            try catalog.commit(CatalogSamples.commit(1, run: first))
            let row = try catalog.append(
                CatalogSamples.descriptor(2), frames: [], receipts: [true, true, true, true])
            let run = try catalog.beginRun()
            try catalog.record([SeenRow(key: 1, path: [1], listing: [1])], run: run)
            // The head's sequence is taken: the insert fails after that of the snapshot.
            let clash = CatalogSamples.commit(2, sequence: 1, run: run, rows: [row])
            #expect(throws: CatalogError.self) { try catalog.commit(clash) }
            #expect(try catalog.snapshots().map(\.snapshot.taken) == [1])
            #expect(try catalog.unpublishedBlockRows() == [row])
            #expect(try catalog.seen(key: 1, path: [1])?.listing == nil)
            #expect(try catalog.newestHead()?.head.sequence == 1)
            try catalog.commit(CatalogSamples.commit(2, run: run, rows: [row]))
            #expect(try catalog.snapshots().map(\.snapshot.taken) == [1, 2])
        }
    }

    @Test func `blocks come back as they were and in order`() throws {
        try with { catalog in
            var rows: [Int64] = []
            for number in 0..<150 as Range<UInt8> {
                rows.append(
                    try catalog.append(
                        CatalogSamples.descriptor(number), frames: CatalogSamples.frames,
                        receipts: [true, false, number % 2 == 0, true]))
            }
            var found: [BlockRow] = []
            try catalog.forEachBlock { found.append($0) }
            #expect(found.map(\.id) == rows && rows == rows.sorted())
            #expect(found.map(\.descriptor) == (0..<150).map { CatalogSamples.descriptor($0) })
            #expect(found.allSatisfy { $0.frames == CatalogSamples.frames })
            #expect(found[3].receipts == [true, false, false, true])
            try catalog.move(
                row: rows[3], position: 1, to: CatalogSamples.id(21), releases: nil)
            try catalog.move(
                row: rows[3], position: 2, to: CatalogSamples.id(22), releases: nil)
            #expect(try catalog.block(row: rows[3])?.receipts == [true, true, true, true])
            #expect(try catalog.block(row: rows[149] + 1) == nil)
            #expect(throws: CatalogError.self, "the same block twice") {
                _ = try catalog.append(
                    CatalogSamples.descriptor(3), frames: [], receipts: [true])
            }
        }
    }

    @Test func `a fragment moves, leaves a spare, comes back and is lost`() throws {
        try with { catalog in
            let row = try catalog.append(
                CatalogSamples.descriptor(1), frames: CatalogSamples.frames,
                receipts: [true, true, true, false], isPublished: true)
            let (old, new): (SupplierID, SupplierID) = (
                CatalogSamples.id(21), CatalogSamples.id(90)
            )
            func spares() throws -> [SupplierID] {
                try catalog.spares(rows: row...row)[row, default: []].map(\.supplier)
            }
            try catalog.move(row: row, position: 1, to: new, releases: nil)
            #expect(try catalog.block(row: row)?.descriptor.places[1].supplier == new)
            #expect(try spares() == [old] && catalog.unpublishedBlockRows() == [row])
            try catalog.move(row: row, position: 1, to: old, releases: nil)
            #expect(try catalog.block(row: row)?.descriptor == CatalogSamples.descriptor(1))
            #expect(try spares() == [new])
            try catalog.lose(row: row, position: 1, on: new)
            #expect(try spares().isEmpty && catalog.block(row: row)?.receipts[1] == true)
            try catalog.lose(row: row, position: 1, on: old)
            #expect(try catalog.block(row: row)?.receipts == [true, false, true, false])
            // A place without a receipt leaves no spare.
            try catalog.move(row: row, position: 3, to: new, releases: nil)
            #expect(try spares().isEmpty)
            try catalog.move(row: row + 1, position: 0, to: new, releases: nil)
            try catalog.move(row: row, position: 9, to: new, releases: nil)
        }
    }

    @Test func `a block that is coded anew retires its old fragments and no others`() throws {
        try with { catalog in
            let before = CatalogSamples.descriptor(1)
            let row = try catalog.append(
                before, frames: CatalogSamples.frames, receipts: [true, true, true, true])
            try catalog.move(row: row, position: 0, to: CatalogSamples.id(90), releases: nil)
            let old = try #require(try catalog.block(row: row)).descriptor
            let new = BlockDescriptor(
                block: old.block, kind: old.kind,
                scheme: ErasureScheme(dataCount: 1, parityCount: 1)!,
                length: old.length,
                places: [
                    old.places[3],
                    FragmentPlace(supplier: CatalogSamples.id(20), fragment: CatalogSamples.id(99)),
                ])
            try catalog.replace(before, by: new, receipts: [true, true], row: row)
            #expect(try catalog.retiredCount() == 0, "the row was another meanwhile")
            try catalog.replace(old, by: new, receipts: [true, true], row: row)
            #expect(try catalog.block(row: row)?.descriptor == new)
            // Three of the places, and the spare on the first of the old suppliers.
            #expect(try catalog.retiredCount() == 4)
            let some = try catalog.retired(on: CatalogSamples.id(20), limit: 10)
            #expect(some.map(\.fragment) == [CatalogSamples.id(1)])
            try catalog.forget(some)
            #expect(try catalog.retiredCount() == 3)
            #expect(try catalog.spares(rows: row...row).isEmpty)
        }
    }

    @Test func `what was seen of a supplier is kept`() throws {
        try with { catalog in
            var state = SupplierStateRow(CatalogSamples.id(7))
            state.silence = 5
            (state.idle, state.asked, state.seen) = (6, 7, -8)
            (state.uptime, state.boot) = (.max, 1 << 63)
            (state.looks, state.answers, state.notice) = (9, 4, 1_800_000_000)
            (state.catalogRow, state.catalogOffset, state.catalogSilences) = (2, 0.5, 3)
            state.isLeaving = true
            state.passes = 12.5
            state.containedRow = 3
            state.containedOffset = 0.25
            state.audited = -1
            try catalog.record([state, SupplierStateRow(CatalogSamples.id(8))])
            state.lieCount = 2
            try catalog.record([state])
            #expect(
                try catalog.supplierStates() == [state, SupplierStateRow(CatalogSamples.id(8))])
        }
    }

    @Test func `retired catalog blocks go with the commit that replaces them`() throws {
        try with { catalog in
            for number in 1...3 as ClosedRange<UInt8> {
                _ = try catalog.append(
                    CatalogSamples.descriptor(number), frames: [],
                    receipts: [true, true, true, true], isPublished: true)
            }
            let run = try catalog.beginRun()
            let retired = [1, 2].map { CatalogSamples.descriptor($0).block }
            try catalog.commit(CatalogSamples.commit(1, run: run, retired: retired))
            #expect(try catalog.blockCount() == 1)
        }
    }

    @Test func `the latest snapshot is that of its set`() throws {
        try with { catalog in
            for number in 1...4 as ClosedRange<UInt8> {
                let name = number % 2 == 0 ? "even" : "odd"
                try catalog.commit(
                    CatalogSamples.commit(number, run: nil, setName: name))
            }
            #expect(try catalog.latestSnapshot(setName: "odd")?.snapshot.taken == 3)
            #expect(try catalog.latestSnapshot(setName: nil)?.snapshot.taken == 4)
            #expect(try catalog.latestSnapshot(setName: "none") == nil)
        }
    }

    @Test func `a supplier that moves keeps its place in the family`() throws {
        try with { catalog in
            let ids: [SupplierID] = [5, 3, 9].map { CatalogSamples.id($0) }
            for id in ids { try catalog.record(SupplierRecord(id: id, address: "old")) }
            try catalog.record(SupplierRecord(id: ids[1], address: "new"))
            #expect(try catalog.suppliers().map(\.id) == ids)
            #expect(try catalog.suppliers().map(\.address) == ["old", "new", "old"])
        }
    }

    @Test func `a row that was damaged is an error that names its table`() throws {
        defer { try? FileManager.default.removeItem(at: folder) }
        let first = try open()
        let row = try first.append(
            CatalogSamples.descriptor(1), frames: CatalogSamples.frames,
            receipts: [true, true, true, true])
        first.close()
        var encoded = ByteWriter()
        CatalogSamples.descriptor(1).encode(into: &encoded)
        let file = folder.appending(path: "catalog.sqlite")
        var bytes = try Data(contentsOf: file)
        let place = try #require(bytes.firstRange(of: Data(encoded.bytes)))
        bytes[place.lowerBound + 32] ^= 0x80
        try bytes.write(to: file)
        let second = try open()
        defer { second.close() }
        do {
            _ = try second.block(row: row)
            Issue.record("damage was read")
        } catch {
            #expect(error.isCorruption)
            guard case .badRow("blocks", _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}
