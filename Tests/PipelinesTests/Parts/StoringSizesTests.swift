import Model
import Testing

@testable import Pipelines

@Suite struct StoringSizesTests {
    private static let schemes: [ErasureScheme] = {
        let all = (1...Limits.fragmentCountMax).flatMap { data in
            [0, 1, 2, data / 2, data, 3 * data, 254].compactMap {
                ErasureScheme(dataCount: data, parityCount: $0)
            }
        }
        return all
    }()

    @Test(arguments: [32 << 20, 96 << 20, Limits.pipelineMemoryDefault, 1 << 30])
    func `all buffers together stay within the budget`(_ budget: Int) {
        for scheme in StoringSizesTests.schemes {
            for workerCount in [1, 2, 3, 8, 64] {
                let sizes = StoringSizes(
                    scheme: scheme, workerCount: workerCount, memoryByteCount: budget)
                #expect(sizes.sealerCount >= 1 && sizes.sealerCount <= workerCount)
                #expect(sizes.readerCount >= 1 && sizes.readerCount <= workerCount)
                // One of each, and the smallest class that a longest chunk fits, is the least.
                let isLeast =
                    sizes.sealerCount == 1
                    && (sizes.blockLength == StoringSizes.blockLengthMin
                        || sizes.stripeByteCount <= budget / 4)
                #expect(sizes.byteCount <= budget || isLeast, "\(scheme) \(workerCount)")
            }
        }
    }

    @Test func `the default budget holds for every scheme up to thirty times its data`() {
        for scheme in StoringSizesTests.schemes
        where scheme.fragmentCount <= 30 * scheme.dataCount {
            let sizes = StoringSizes(
                scheme: scheme, workerCount: 2, memoryByteCount: Limits.pipelineMemoryDefault)
            #expect(sizes.byteCount <= Limits.pipelineMemoryDefault, "\(scheme)")
        }
    }

    @Test func `the usual schemes use the longest blocks and all cores`() {
        for text in ["1+0", "1+1", "2+1", "2+2", "4+4", "8+12", "29+51"] {
            let scheme = ErasureScheme(text)!
            let sizes = StoringSizes(
                scheme: scheme, workerCount: 2, memoryByteCount: Limits.pipelineMemoryDefault)
            #expect(sizes.blockLength == .largest, "\(text)")
            #expect(sizes.sealerCount == 2 && sizes.readerCount == 2)
            #expect(sizes.frameLength == Limits.frameLengthMax)
        }
    }

    @Test func `a frame and a page that do not shrink fit an empty block`() {
        for scheme in StoringSizesTests.schemes {
            for budget in [1 << 20, 32 << 20, 160 << 20] {
                let sizes = StoringSizes(scheme: scheme, workerCount: 2, memoryByteCount: budget)
                #expect(sizes.frameLength >= Limits.chunkLengthMax)
                let room = sizes.blockLength.plaintextLength - BlockTable.headerLength - 8
                let frameTable = FrameEntry.tableLength(chunkCount: Limits.frameChunkCountMax)
                #expect(sizes.frameLength + frameTable <= room)
                #expect(sizes.pageLength + FrameEntry.tableLength(chunkCount: 1) <= room)
                // The row of a block with as many chunks as it may have, and 255 places.
                let row = 64 + 36 * Limits.blockChunkCountMax + 64 * Limits.fragmentCountMax
                #expect(sizes.pageLength >= row)
            }
        }
    }
}
