import Foundation
import Hashing
import Model

/// What the tests hash: a linear congruential generator, as in fixtures/blake3/generate.py.
enum TestInput {
    static let bytes: [UInt8] = make(byteCount: 2_099_201)
    static let key = Bytes32((0..<32).map { UInt8(100 + $0) })!
    static let context = "bitdust 2026-01 test vectors"
    static let modes: [BLAKE3.Mode] = [.plain, .keyed(key), .derivingKey(context: context)]
    static let kernels = BLAKE3.Kernel.allCases.filter(\.isSupported)

    static let packageRoot = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let fixtures = packageRoot.appending(path: "fixtures/blake3")

    /// The digest of a part of ``bytes``.
    static func digest(
        _ range: Range<Int>, _ mode: BLAKE3.Mode = .plain, _ kernel: BLAKE3.Kernel = .best
    ) -> Bytes32 {
        BLAKE3.hash(bytes.span.bytes.extracting(range), mode: mode, kernel: kernel)
    }

    static func make(byteCount: Int) -> [UInt8] {
        var state: UInt32 = 1
        return (0..<byteCount).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
    }
}
