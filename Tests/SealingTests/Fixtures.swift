import Foundation
import Model
import Testing

/// Places of the files that tests read, and golden files that `UPDATE_GOLDEN=1` rewrites.
enum Fixtures {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let vectors = root.appending(path: "../shared/vectors/wycheproof")

    /// Compares `bytes` with a golden file, or writes it when asked to.
    static func expectGolden(
        _ bytes: [UInt8], _ path: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let url = root.appending(path: "fixtures").appending(path: path)
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: url)
        }
        let golden = [UInt8](try Data(contentsOf: url))
        #expect(golden == bytes, "differs from fixtures/\(path)", sourceLocation: sourceLocation)
    }
}

/// Random bytes from a seed (splitmix64): the same in every run.
final class SeededRandom: RandomSource, @unchecked Sendable {
    // @unchecked: each test makes its own and keeps it to itself.
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        for index in bytes.indices { bytes[index] = UInt8(truncatingIfNeeded: next()) }
    }
}

/// 0, 1, 2, ... as secret bytes.
func countingSecret(from first: UInt8 = 0) -> SecretBytes {
    SecretBytes(Bytes32((0..<32).map { first &+ UInt8($0) })!)
}
