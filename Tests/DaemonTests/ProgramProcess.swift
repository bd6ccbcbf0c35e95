import Foundation
import Glibc
import Model
import Testing

/// The program itself, as processes whose memory can be measured.
struct ProgramProcess {
    let home: String
    let path: String

    struct Run {
        let status: Int32
        let output: String
        /// The most that was resident, in KiB.
        let memoryMax: Int
    }

    /// - Parameter home: a directory that need not be there.
    init(home: String) throws {
        self.home = home
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let own = String(
            decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let bundles = [own] + CommandLine.arguments.filter { $0.hasSuffix(".xctest") }
        path = try #require(
            bundles.map { URL(filePath: $0).deletingLastPathComponent() }
                .map { $0.appending(path: "bitdust").path }
                .first { access($0, X_OK) == 0 }, "no bitdust beside the tests")
    }

    /// Runs a command to its end.
    func run(_ words: [String]) throws -> Run {
        let log = "\(home).log"
        let file = Glibc.open(log, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { Glibc.close(file) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for stream in [1, 2] as [Int32] { posix_spawn_file_actions_adddup2(&actions, file, stream) }
        let variables = ["BITDUST_HOME=\(home)", "PATH=/usr/bin:/bin", "LANG=C.UTF-8"]
        var arguments = ([path] + words).map { strdup($0) } + [nil]
        var environment = variables.map { strdup($0) } + [nil]
        defer { for text in arguments + environment { free(text) } }
        var process: pid_t = 0
        guard posix_spawn(&process, path, &actions, nil, &arguments, &environment) == 0 else {
            throw POSIXError(.ENOEXEC)
        }
        // What `wait4` says is never less than what this process has had: the kernel counts the
        // memory in which the program was started.
        var (status, memoryMax) = (Int32(0), 0)
        while waitpid(process, &status, WNOHANG) == 0 {
            memoryMax = ProgramProcess.memoryMax(of: "\(process)") ?? memoryMax
            SystemPause.pause(nanoseconds: 5_000_000)
        }
        let text = String(decoding: try Data(contentsOf: URL(filePath: log)), as: UTF8.self)
        return Run(
            status: status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F), output: text,
            memoryMax: memoryMax)
    }

    /// Runs commands that have to end well.
    func must(_ words: String...) throws {
        let run = try run(words)
        #expect(run.status == 0, "\(words): \(run.output)")
    }

    /// What the kernel says of the daemon of this home, in KiB.
    func memoryMax() throws -> Int {
        let number = try String(contentsOfFile: "\(home)/processid", encoding: .utf8)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        return try #require(ProgramProcess.memoryMax(of: number))
    }

    private static func memoryMax(of process: String) -> Int? {
        let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = status?.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let words = line?.split { $0 == " " || $0 == "\t" } ?? []
        return words.count > 1 ? Int(words[1]) : nil
    }

    /// A node that donates, with an identity server of its own.
    ///
    /// - Returns: where it is dialled.
    func startSupplier() throws -> Endpoint {
        let ports = (0..<6).map { _ in "\(FreePort.find())" }
        for (key, value) in [
            ("interface/api/rest-http-port", ports[0]),
            ("interface/api/web-socket-port", ports[1]),
            ("services/tcp-connections/tcp-port", ports[2]),
            ("services/entangled-dht/udp-port", ports[3]),
            ("services/entangled-dht/known-nodes", "genesis"),
            ("services/identity-server/web-port", ports[4]),
            ("services/identity-server/tcp-port", ports[5]),
            ("services/identity-server/host", "localhost"),
            ("services/identity-propagate/known-servers", "localhost:\(ports[4]):\(ports[5])"),
            ("services/identity-propagate/min-servers", "1"),
            ("services/identity-server/enabled", "true"),
        ] { try must("set", key, value) }
        try must("daemon")
        try must("identity", "create", "sam")
        try must("supplier", "start", "--donate", "4GB", "--path", "\(home)-disk")
        return Endpoint(IPAddress("127.0.0.1")!, port: UInt16(ports[2])!)
    }
}
