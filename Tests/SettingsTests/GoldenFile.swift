import Foundation
import Testing

/// Bytes that a format had once and must always have: `fixtures/<format>/v1.bin`.
///
/// With `UPDATE_GOLDEN=1` in the environment the file is written instead of compared.
struct GoldenFile {
    let path: String

    private static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"

    var bytes: [UInt8] {
        get throws { [UInt8](try Data(contentsOf: url)) }
    }

    func expect(_ found: [UInt8]) throws {
        if GoldenFile.isUpdating {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(found).write(to: url)
        }
        let expected = try bytes
        let first = zip(expected, found).enumerated().first { $0.element.0 != $0.element.1 }
        #expect(
            expected == found,
            """
            \(path) has \(expected.count) bytes, the encoder gives \(found.count); they part at \
            \(first?.offset ?? min(expected.count, found.count)). Bytes of a released version \
            never change: give the format a new version.
            """)
    }

    private var url: URL { GoldenFile.root.appending(path: path) }
}
