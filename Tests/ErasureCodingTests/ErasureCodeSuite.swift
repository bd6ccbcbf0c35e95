import ErasureCoding
import Model
import Testing

/// What every implementation of ``ErasureCode`` must do.
@Suite struct ErasureCodeSuite {
    static let codes: [any ErasureCode] =
        [ReedSolomon(scheme: scheme("4+2"))]
        + ((try? LibErasureCode(scheme: scheme("4+2"))).map { [$0] } ?? [])

    private let fragment: [UInt8] = [1, 2, 3, 4, 5]

    @Test(arguments: codes)
    func `every loss pattern of 4+2 is recomputed`(_ code: any ErasureCode) throws {
        let stripe = try Stripe(code, length: 37, seed: 1)
        for kept in 0..<64 where kept.nonzeroBitCount >= 4 {
            let positions = (0..<6).filter { kept >> $0 & 1 == 1 }
            #expect(try stripe.survives(on: positions, code: code), "\(positions)")
        }
    }

    @Test(arguments: codes)
    func `empty fragments have empty parity`(_ code: any ErasureCode) throws {
        #expect(try code.parity(of: [[], [], [], []]) == [[], []])
        let present = (0..<4).map { (position: $0, bytes: [UInt8]()) }
        #expect(try code.reconstruct([4], from: present) == [[]])
    }

    @Test(arguments: codes)
    func `the wrong number of fragments is refused`(_ code: any ErasureCode) throws {
        #expect(throws: ErasureError.wrongFragmentCount(have: 3, need: 4)) {
            try code.parity(of: [fragment, fragment, fragment])
        }
        #expect(throws: ErasureError.wrongFragmentCount(have: 0, need: 4)) {
            try code.parity(of: [])
        }
        #expect(throws: ErasureError.tooFewFragments(have: 3, need: 4)) {
            try code.reconstruct([4], from: (0..<3).map { ($0, fragment) })
        }
        #expect(throws: ErasureError.tooFewFragments(have: 0, need: 4)) {
            try code.reconstruct([], from: [])
        }
        #expect(throws: ErasureError.wrongFragmentCount(have: 0, need: 1)) {
            try code.reconstruct([5], present: [], into: [])
        }
        let data = (0..<4).map { _ in UnsafeRawBufferPointer(start: nil, count: 0) }
        #expect(throws: ErasureError.wrongFragmentCount(have: 0, need: 2)) {
            try code.encode(data: data, parity: [])
        }
    }

    @Test(arguments: codes)
    func `fragments of different lengths are refused`(_ code: any ErasureCode) throws {
        #expect(throws: ErasureError.unequalFragmentLengths) {
            try code.parity(of: [fragment, fragment, [1], fragment])
        }
        let present = [(0, fragment), (1, fragment), (2, fragment), (3, [1, 2])]
        #expect(throws: ErasureError.unequalFragmentLengths) {
            try code.reconstruct([4], from: present)
        }
        let empty = (0..<4).map { ($0, UnsafeRawBufferPointer(start: nil, count: 0)) }
        let target = PageBuffer(byteCount: 1)
        #expect(throws: ErasureError.unequalFragmentLengths) {
            try code.reconstruct([4], present: empty, into: [target[0..<1]])
        }
    }

    @Test(arguments: codes)
    func `positions that make no sense are refused`(_ code: any ErasureCode) throws {
        let four = (0..<4).map { ($0, fragment) }
        #expect(throws: ErasureError.duplicatePosition(1)) {
            try code.reconstruct([4], from: four + [(1, fragment)])
        }
        #expect(throws: ErasureError.duplicatePosition(2)) {
            try code.reconstruct([2], from: four)
        }
        #expect(throws: ErasureError.duplicatePosition(4)) {
            try code.reconstruct([4, 4], from: four)
        }
        #expect(throws: ErasureError.positionsNotAscending) {
            try code.reconstruct([5, 4], from: four)
        }
        for position in [6, -1, Int.max, Int.min, 255, 256] {
            #expect(throws: ErasureError.positionOutOfRange(position)) {
                try code.reconstruct([position], from: four)
            }
            #expect(throws: ErasureError.positionOutOfRange(position)) {
                try code.reconstruct([5], from: four + [(position, fragment)])
            }
        }
    }

    @Test(arguments: codes)
    func `tasks share one code`(_ code: any ErasureCode) async throws {
        let stripe = try Stripe(code, length: 300, seed: 12)
        let kept = (0..<64).filter { $0.nonzeroBitCount == 4 }
        let failures = try await withThrowingTaskGroup(of: Int.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    var random = Seeded(UInt64(worker))
                    var failures = 0
                    for _ in 0..<200 {
                        let pattern = kept[random.below(kept.count)]
                        let positions = (0..<6).filter { pattern >> $0 & 1 == 1 }
                        if try !stripe.survives(on: positions, code: code) { failures += 1 }
                    }
                    return failures
                }
            }
            return try await group.reduce(0, +)
        }
        #expect(failures == 0)
    }
}
