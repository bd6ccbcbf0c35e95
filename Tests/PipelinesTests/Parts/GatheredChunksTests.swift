import Catalogs
import Foundation
import Model
import Simulation
import Testing

@testable import Pipelines

@Suite struct GatheredChunksTests {
    private func with(_ body: (Catalog) throws -> Void) throws {
        let scratch = Scratch()
        let catalog = try Catalog(path: scratch["catalog.sqlite"])
        defer { catalog.close() }
        try body(catalog)
    }

    private func block(_ kind: BlockKind, _ random: SeededRandom) -> BlockDescriptor {
        BlockDescriptor(
            block: BlockID(random.bytes32()), kind: kind,
            scheme: ErasureScheme(dataCount: 1, parityCount: 1)!, length: .smallest,
            places: (0..<2).map { _ in
                FragmentPlace(
                    supplier: SupplierID(random.bytes32()),
                    fragment: FragmentID(random.bytes32()))
            })
    }

    private func gathered(
        _ catalog: Catalog, _ isWanted: (Int64, BlockKind) -> Bool
    ) throws -> GatheredChunks {
        try GatheredChunks(catalog, cancellation: Cancellation(), isWanted: isWanted)
    }

    @Test func `it says of every chunk of some blocks what an index of all says`() throws {
        try with { catalog in
            let random = SeededRandom(seed: 4)
            // Few different chunks, so that most are in several blocks.
            let chunks = (0..<200).map { _ in
                FrameChunk(id: ChunkID(random.bytes32()), length: random.below(1..<5000))
            }
            for _ in 0..<700 {
                let frames = (0..<random.below(1..<4)).map { _ in
                    FrameEntry(
                        codec: 0, storedLength: 1,
                        chunks: (0..<random.below(1..<3)).map { _ in
                            chunks[random.below(0..<chunks.count)]
                        })
                }
                _ = try catalog.append(
                    block([.data, .tree, .catalog][random.below(0..<3)], random), frames: frames,
                    receipts: [true, true])
            }
            let index = ChunkIndex()
            var kinds: [Int64: BlockKind] = [:]
            try catalog.forEachBlock { row in
                kinds[row.id] = row.descriptor.kind
                if row.descriptor.kind != .catalog { index.record(row.frames, blockRow: row.id) }
            }
            func isWanted(_ row: Int64, _ kind: BlockKind) -> Bool { kind == .tree || row % 3 == 0 }
            // Twice: what was gathered before is forgotten.
            _ = try gathered(catalog) { _, _ in true }
            let some = try gathered(catalog, isWanted)
            var found = 0
            for chunk in chunks {
                let all = index.location(of: chunk.id)
                let isExpected = all.map {
                    isWanted(Int64($0.blockRow), kinds[Int64($0.blockRow)]!)
                }
                let here = try some.location(of: chunk.id)
                #expect(here == (isExpected == true ? all : nil))
                found += here == nil ? 0 : 1
            }
            #expect(found > 20 && found < 180)
        }
    }

    @Test func `a filter lets each of its chunks pass, and few others`() {
        let random = SeededRandom(seed: 5)
        var filter = ChunkFilter(byteCount: 4096)
        let inside = (0..<4096).map { _ in ChunkID(random.bytes32()) }
        for id in inside { filter.insert(id) }
        #expect(inside.allSatisfy { filter.mayContain($0) })
        let others = (0..<4096).count { _ in filter.mayContain(ChunkID(random.bytes32())) }
        #expect(others < 400, "one of twenty")
    }

    @Test func `directories that begin alike are told apart, and no more are kept than may be`() {
        let random = SeededRandom(seed: 6)
        let ids = (0..<3).map { _ in ChunkID(random.bytes32()) }
        let one = ContentReference(depth: 0, ids: [ids[0], ids[1]])
        let other = ContentReference(depth: 0, ids: [ids[0], ids[2]])
        let alone = ContentReference(depth: 0, ids: [ids[0]])
        var memory = TreeMemory(countMax: 2)
        #expect(memory.insert(one) && memory.contains(one))
        #expect(!memory.contains(other) && !memory.contains(alone))
        #expect(!memory.contains(ContentReference(depth: 1, ids: one.ids)))
        #expect(memory.insert(alone) && !memory.insert(alone))
        // No room: it is walked each time.
        #expect(memory.insert(other) && memory.insert(other) && !memory.contains(other))
    }
}
