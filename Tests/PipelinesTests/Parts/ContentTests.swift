import Model
import Simulation
import Testing

@testable import Pipelines

@Suite struct ContentTests {
    /// Stores lists in memory and reads them back.
    private final class Lists {
        private(set) var stored: [ChunkID: [ChunkID]] = [:]
        private var count: UInt64 = 0

        func store(_ list: [ChunkID]) -> ChunkID {
            count += 1
            let id = ContentTests.id(count << 32)
            stored[id] = list
            return id
        }

        func leaves(_ ids: [ChunkID], depth: Int) -> [ChunkID] {
            depth == 0 ? ids : ids.flatMap { leaves(stored[$0] ?? [], depth: depth - 1) }
        }
    }

    private static func id(_ number: UInt64) -> ChunkID {
        ChunkID(Bytes32(words: (number, 0, 0, 0)))
    }

    private static let list = Limits.listChunkCountMax

    /// Count of ids, depth of the content.
    private static let cases: [[Int]] = [
        [0, 0], [1, 0], [64, 0], [65, 1], [list - 1, 1], [list, 1], [list + 1, 1],
        [64 * list, 1], [64 * list + 1, 2], [65 * list, 2], [66 * list + 17, 2],
    ]

    @Test(arguments: ContentTests.cases)
    func `ids come back in order at every depth`(_ sample: [Int]) throws {
        let (count, depth) = (sample[0], sample[1])
        let lists = Lists()
        var builder = ContentBuilder { lists.store($0) }
        for number in 0..<count { try builder.append(ContentTests.id(UInt64(number))) }
        let content = try builder.finish()
        #expect(content.depth == UInt8(depth))
        #expect(content.ids.count <= Limits.entryChunkCountMax)
        #expect(lists.stored.values.allSatisfy { (1...ContentTests.list).contains($0.count) })
        let leaves = lists.leaves(content.ids, depth: depth)
        #expect(leaves.count == count)
        #expect(
            leaves.enumerated().allSatisfy { $0.element.bytes.words.0 == UInt64($0.offset) })
    }

    @Test func `a list is its ids one after the other`() {
        let ids = (1...3).map { ContentTests.id($0) }
        #expect(ContentBuilder.encode(ids) == ids.flatMap(\.bytes.array))
    }
}
