import ErasureCoding
import Model
import Testing

@Suite struct KernelTests {
    static let vectorKernels = CodingKernel.allCases.filter { $0 != .scalar && $0.isSupported }
    static let lengths = [
        0, 1, 2, 3, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 95, 96, 97, 127, 128, 129, 255, 256,
        257, 511, 513, 1023, 1024, 1025, 4095, 4096, 4097,
    ]
    /// Every number of rows of a pass, both parities of the columns, and all sizes of transform.
    static let shapes =
        (1...9).map { "3+\($0)" }
        + ["1+1", "2+2", "4+4", "4+20", "7+17", "8+12", "10+6", "16+16", "17+40", "29+51", "64+64"]

    @Test(arguments: vectorKernels)
    func `a vector kernel gives the bytes of the scalar reference`(_ kernel: CodingKernel) throws {
        for shape in KernelTests.shapes {
            let reference = ReedSolomon(scheme: scheme(shape), kernel: .scalar)
            let code = ReedSolomon(scheme: scheme(shape), kernel: kernel)
            let lengths =
                reference.scheme.fragmentCount > 32 ? [1, 63, 65, 257] : KernelTests.lengths
            for length in lengths {
                let expected = try Stripe(reference, length: length, seed: UInt64(length))
                let found = try Stripe(code, length: length, seed: UInt64(length))
                #expect(found.fragments == expected.fragments, "\(shape), \(length) bytes")
            }
        }
    }

    @Test(arguments: vectorKernels)
    func `unaligned buffers are read and written exactly`(_ kernel: CodingKernel) throws {
        for shape in ["5+3", "4+4", "16+16", "29+51"] {
            for (offset, length) in [(1, 65), (3, 64), (13, 127), (31, 1025), (63, 300)] {
                try expectExact(scheme(shape), kernel, offset: offset, length: length)
            }
        }
    }

    /// Lays the fragments between guard bytes, `offset` bytes off a page, and encodes in place.
    private func expectExact(
        _ scheme: ErasureScheme, _ kernel: CodingKernel, offset: Int, length: Int
    ) throws {
        let expected = try Stripe(
            ReedSolomon(scheme: scheme, kernel: .scalar), length: length, seed: 9)
        let stride = length + 64 + offset
        let buffer = PageBuffer(byteCount: stride * scheme.fragmentCount + 128)
        buffer.bytes.initializeMemory(as: UInt8.self, repeating: 0xA5)
        let slots = (0..<scheme.fragmentCount).map {
            buffer[offset + $0 * stride..<offset + $0 * stride + length]
        }
        for index in 0..<scheme.dataCount {
            slots[index].copyBytes(from: expected.fragments[index])
        }
        try ReedSolomon(scheme: scheme, kernel: kernel).encode(
            data: slots[..<scheme.dataCount].map { UnsafeRawBufferPointer($0) },
            parity: Array(slots[scheme.dataCount...]))
        for (slot, fragment) in zip(slots, expected.fragments) {
            #expect(slot.elementsEqual(fragment), "\(scheme) at \(offset), \(length) bytes")
            let guards = slot.baseAddress! + length
            #expect((0..<64).allSatisfy { guards.load(fromByteOffset: $0, as: UInt8.self) == 0xA5 })
        }
    }

    @Test func `the scalar reference is the formula of the format page`() throws {
        for shape in ["1+0", "1+1", "2+1", "4+4", "10+6", "29+51", "254+1", "1+254", "100+155"] {
            let code = ReedSolomon(scheme: scheme(shape), kernel: .scalar)
            let stripe = try Stripe(code, length: 5, seed: 3)
            let data = Array(stripe.fragments[..<code.scheme.dataCount])
            let formula = parityByFormula(data, scheme: code.scheme)
            #expect(Array(stripe.fragments[code.scheme.dataCount...]) == formula, "\(shape)")
        }
    }

    @Test(arguments: vectorKernels)
    func `losses are recomputed by every kernel`(_ kernel: CodingKernel) throws {
        var random = Seeded(17)
        for shape in ["4+4", "8+12", "10+6", "16+16", "29+51", "64+64", "100+155"] {
            let code = ReedSolomon(scheme: scheme(shape), kernel: kernel)
            let stripe = try Stripe(code, length: 70, seed: 5)
            let count = code.scheme.dataCount
            let parity = Array(count..<code.scheme.fragmentCount)
            if parity.count >= count {
                #expect(try stripe.survives(on: parity, code: code), "\(shape)")
                let last = Array(parity.suffix(count))
                #expect(try stripe.survives(on: last, code: code), "\(shape)")
            }
            for _ in 0..<5 {
                let kept = random.positions(count, below: code.scheme.fragmentCount)
                #expect(try stripe.survives(on: kept, code: code), "\(shape) \(kept)")
            }
        }
    }
}
