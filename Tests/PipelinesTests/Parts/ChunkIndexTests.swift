import Catalogs
import Model
import Simulation
import Testing

@testable import Pipelines

@Suite struct ChunkIndexTests {
    private struct Known {
        var length: Int
        var location: ChunkLocation?
    }

    @Test func `a hundred thousand random operations give what a dictionary gives`() {
        let random = SeededRandom(seed: 21)
        let index = ChunkIndex()
        var model: [ChunkID: Known] = [:]
        let ids = (0..<40_000).map { _ in ChunkID(random.bytes32()) }
        var blockRow: Int64 = 0
        for _ in 0..<100_000 {
            let id = ids[random.below(ids.indices)]
            switch random.below(0..<10) {
            case 0..<5:
                let length = random.below(1..<524_289)
                #expect(index.claim(id, length: length) == (model[id] == nil))
                if model[id] == nil { model[id] = Known(length: length) }
            case 5:
                blockRow += 1
                record(ids, random, blockRow: blockRow, in: index, &model)
            default:
                #expect(index.location(of: id) == model[id]?.location)
            }
        }
        #expect(index.count == model.count)
        for id in ids { #expect(index.location(of: id) == model[id]?.location) }
    }

    private func record(
        _ ids: [ChunkID], _ random: SeededRandom, blockRow: Int64, in index: ChunkIndex,
        _ model: inout [ChunkID: Known]
    ) {
        let frames = (0..<random.below(1..<4)).map { _ in
            FrameEntry(
                codec: 0, storedLength: 1,
                chunks: (0..<random.below(1..<6)).map { _ in
                    FrameChunk(
                        id: ids[random.below(ids.indices)], length: random.below(1..<200_000))
                })
        }
        index.record(frames, blockRow: blockRow)
        for (number, frame) in frames.enumerated() {
            var offset = 0
            for chunk in frame.chunks {
                let location = ChunkLocation(
                    blockRow: UInt32(blockRow), frame: number, offset: offset,
                    length: chunk.length)
                model[chunk.id] = Known(length: chunk.length, location: location)
                offset += chunk.length
            }
        }
    }

    @Test func `the furthest place of a block and the longest chunk are kept`() {
        let index = ChunkIndex()
        let id = ChunkID(SeededRandom(seed: 1).bytes32())
        let last = Limits.blockFrameCountMax - 1
        var frames = (0..<last).map { _ in FrameEntry(codec: 0, storedLength: 1, chunks: []) }
        let before = FrameChunk(
            id: ChunkID(SeededRandom(seed: 2).bytes32()), length: Limits.frameLengthMax - 1)
        frames.append(
            FrameEntry(codec: 0, storedLength: 1, chunks: [before, FrameChunk(id: id, length: 1)]))
        index.record(frames, blockRow: Int64(UInt32.max))
        #expect(
            index.location(of: id)
                == ChunkLocation(
                    blockRow: .max, frame: last, offset: Limits.frameLengthMax - 1, length: 1))
    }

    @Test func `of many threads that claim a chunk one gets it`() async {
        let index = ChunkIndex()
        let ids = (0..<2000).map { ChunkID(SeededRandom(seed: UInt64($0)).bytes32()) }
        let wins = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask { ids.count { index.claim($0, length: 1) } }
            }
            return await group.reduce(0, +)
        }
        #expect(wins == ids.count && index.count == ids.count)
    }
}
