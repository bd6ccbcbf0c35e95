import ErasureCoding
import Model
import Testing

/// Fragments too large for the cache are written by other instructions than small ones.
@Suite struct StreamingTests {
    private static let kernels = CodingKernel.allCases.filter { $0 != .scalar && $0.isSupported }

    @Test(arguments: kernels)
    func `large aligned fragments are coded like their parts`(_ kernel: CodingKernel) throws {
        // 17+20 leaves places of the transform that nobody wants, 29+51 has rows beside it.
        for (shape, length) in [("4+4", 4 << 20), ("17+20", 1 << 20), ("29+51", 384 << 10)] {
            let code = ReedSolomon(scheme: scheme(shape), kernel: kernel)
            let whole = PageBuffer(byteCount: code.scheme.fragmentCount * length)
            let parts = PageBuffer(byteCount: code.scheme.parityCount * length)
            fill(whole[0..<code.scheme.dataCount * length])
            let data = (0..<code.scheme.dataCount).map {
                UnsafeRawBufferPointer(whole[$0 * length..<($0 + 1) * length])
            }
            let parity = (code.scheme.dataCount..<code.scheme.fragmentCount).map {
                whole[$0 * length..<($0 + 1) * length]
            }
            try code.encode(data: data, parity: parity)
            for start in stride(from: 0, to: length, by: 64 << 10) {
                let range = start..<start + (64 << 10)
                try code.encode(
                    data: data.map { UnsafeRawBufferPointer(rebasing: $0[range]) },
                    parity: (0..<code.scheme.parityCount).map {
                        parts[$0 * length + start..<$0 * length + range.upperBound]
                    })
            }
            let written = whole[code.scheme.dataCount * length..<code.scheme.fragmentCount * length]
            let same = written.elementsEqual(parts[0..<code.scheme.parityCount * length])
            #expect(same, "\(shape)")
        }
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        var random = Seeded(77)
        for offset in stride(from: 0, to: bytes.count, by: 8) {
            bytes.storeBytes(of: random.next(), toByteOffset: offset, as: UInt64.self)
        }
    }
}
