import Foundation
import Glibc

/// The program under test, as a process.
struct Program {
    struct Run {
        /// `nil` when it was killed.
        let status: Int32?
        let output: String
        let seconds: Double

        var wasKilled: Bool { status == nil }
    }

    let path: String
    let output: String

    /// The debug build beside the bundle of the tests.
    static let path: String? = {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        guard count > 0 else { return nil }
        let own = String(
            decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let candidates = [own] + CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
        return candidates.map { URL(filePath: $0).deletingLastPathComponent() }
            .map { $0.appending(path: "bitdust").path }
            .first { access($0, X_OK) == 0 }
    }()

    static func number(_ variable: String) -> Int? {
        ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
    }

    /// Runs it to its end, or kills it after so many seconds.
    func run(_ words: [String], killedAfter seconds: Double? = nil) throws -> Run {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = words
        try Data().write(to: URL(filePath: output))
        let file = try FileHandle(forWritingTo: URL(filePath: output))
        process.standardOutput = file
        process.standardError = file
        process.standardInput = FileHandle.nullDevice
        let started = Program.now()
        try process.run()
        if let seconds {
            Program.wait(until: started + seconds)
            Glibc.kill(process.processIdentifier, SIGKILL)
        }
        process.waitUntilExit()
        try file.close()
        let text = String(decoding: try Data(contentsOf: URL(filePath: output)), as: UTF8.self)
        let isKilled =
            process.terminationReason == .uncaughtSignal
            && process.terminationStatus == SIGKILL && seconds != nil
        return Run(
            status: isKilled ? nil : process.terminationStatus, output: text,
            seconds: Program.now() - started)
    }

    /// The random moment is what this test is about: there is nothing else to wait for.
    private static func wait(until moment: Double) {
        while true {
            let rest = moment - now()
            guard rest > 0 else { return }
            var pause = timespec(
                tv_sec: Int(rest), tv_nsec: Int((rest - rest.rounded(.down)) * 1e9))
            nanosleep(&pause, nil)
        }
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
