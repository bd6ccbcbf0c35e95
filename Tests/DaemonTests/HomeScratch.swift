import Foundation
import Model
import Pipelines

@testable import Daemon

/// A home in a temporary directory.
final class HomeScratch: Sendable {
    let home: NodeHome

    init() throws {
        let directory = FileManager.default.temporaryDirectory
            .appending(path: "bitdust-node-\(UUID().uuidString)")
        home = try NodeHome(path: Array(directory.path.utf8))
        try home.create()
    }

    /// A home that is there.
    init(path: String) throws {
        home = try NodeHome(path: Array(path.utf8))
        try home.create()
    }

    deinit { try? FileManager.default.removeItem(atPath: home.path) }

    func text(_ path: String) throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    func setting(environment: [String: String] = [:]) -> NodeSetting {
        NodeSetting(
            sleeper: SystemSleeper(),
            adapters: Adapters(
                time: FixedTime(), random: SystemRandom(), workerCount: 1,
                memoryByteCount: Limits.pipelineMemoryDefault),
            deviceName: "laptop", userName: "alice", environment: environment,
            processID: getpid(), userID: getuid())
    }
}

/// A clock that stands at a moment, while uptime goes on.
struct FixedTime: TimeSource {
    var now = Timestamp(nanoseconds: 1_795_000_000_000_000_000)
    var uptime: UInt64 { SystemTime().uptime }
}

enum Fixture {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    static let isUpdating = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    /// The text of a golden file, written first when `UPDATE_GOLDEN=1`.
    static func text(_ path: String, found: String) throws -> String {
        let url = root.appending(path: path)
        if isUpdating { try Data(found.utf8).write(to: url) }
        return try String(contentsOf: url, encoding: .utf8)
    }
}
