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

/// 0, 1, 2, ... as secret bytes.
func countingSecret(from first: UInt8 = 0) -> SecretBytes {
    SecretBytes(Bytes32((0..<32).map { first &+ UInt8($0) })!)
}
