import Foundation
import Model
import Settings
import Testing

@Suite(.timeLimit(.minutes(1))) struct LocalSettingsDiskTests {
    private let directory: URL

    init() throws {
        directory = FileManager.default.temporaryDirectory
            .appending(path: "bitdust-settings-\(UUID().uuidString)")
    }

    private func scratch(_ body: () async throws -> Void) async throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body()
    }

    private func disk(_ name: String = "home") -> LocalSettingsDisk {
        LocalSettingsDisk(directory: directory.appending(path: name).path)
    }

    private func text() throws -> String {
        try String(contentsOf: directory.appending(path: "home/settings.conf"), encoding: .utf8)
    }

    @Test func `the first setting makes the home, for its owner only`() async throws {
        try await scratch {
            let store = try SettingsStore(disk: disk("deep/down/home"))
            #expect(!FileManager.default.fileExists(atPath: directory.path))
            try store.set("debug", to: "1")
            let home = directory.appending(path: "deep/down/home")
            func mode(_ url: URL) throws -> Int? {
                try FileManager.default.attributesOfItem(atPath: url.path)[.posixPermissions]
                    as? Int
            }
            #expect(try mode(home) == 0o700)
            #expect(try mode(home.appending(path: "settings.conf")) == 0o600)
            let names = try FileManager.default.contentsOfDirectory(atPath: home.path).sorted()
            #expect(names == ["settings.conf", "settings.lock"])
            #expect(
                try SettingsStore(disk: disk("deep/down/home")).values[LogSettings.debugLevel] == 1)
        }
    }

    @Test func `a home may be named from where the process is`() throws {
        let name = directory.lastPathComponent
        defer { try? FileManager.default.removeItem(atPath: name) }
        try SettingsStore(disk: LocalSettingsDisk(directory: name)).set("debug", to: "1")
        let store = try SettingsStore(disk: LocalSettingsDisk(directory: name))
        #expect(store.values[LogSettings.debugLevel] == 1)
    }

    @Test func `what a crash left beside the file is in nobody's way`() async throws {
        try await scratch {
            try SettingsStore(disk: disk()).set("debug", to: "1")
            let next = directory.appending(path: "home/settings.conf.new")
            try Data("half a li".utf8).write(to: next)
            try SettingsStore(disk: disk()).set("debug", to: "2")
            #expect(try text().hasSuffix("logs/debug-level = 2\n"))
            #expect(!FileManager.default.fileExists(atPath: next.path))
        }
    }

    @Test func `a directory or a pipe in place of the file is an error`() async throws {
        try await scratch {
            let file = directory.appending(path: "home/settings.conf")
            try FileManager.default.createDirectory(at: file, withIntermediateDirectories: true)
            #expect(throws: SettingsError.self) { try SettingsStore(disk: disk()) }
            try FileManager.default.removeItem(at: file)
            #expect(mkfifo(file.path, 0o600) == 0)
            #expect(throws: SettingsError.self) { try SettingsStore(disk: disk()) }
        }
    }

    @Test func `a home that cannot be written is told, and nothing is left`() async throws {
        try await scratch {
            try FileManager.default.createDirectory(
                at: directory, withIntermediateDirectories: true)
            try Data().write(to: directory.appending(path: "home"))
            let store = try SettingsStore(disk: disk())
            let error = #expect(throws: SettingsError.self) { try store.set("debug", to: "1") }
            guard case .disk = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test func `stores that set at once lose nothing`() async throws {
        try await scratch {
            let keys = SettingsSchema.standard.definitions.filter { $0.type == .portNumber }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for definition in keys {
                    let disk = disk()
                    group.addTask {
                        let store = try SettingsStore(disk: disk)
                        for port in 2001...2010 {
                            try store.set(definition.key.path, to: "\(port)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let values = try SettingsStore(disk: disk()).values
            #expect(keys.count > 5)
            for definition in keys {
                #expect(values.value(of: definition.key) == .integer(2010), "\(definition.key)")
            }
        }
    }

    /// The other process is a shell that keeps the same rules by flock(1).
    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/flock"), "needs flock(1)"))
    func `another process that sets at the same time loses nothing`() async throws {
        try await scratch {
            let store = try SettingsStore(disk: disk())
            try store.set("debug", to: "1")
            let home = directory.appending(path: "home").path
            let script = """
                for i in $(seq 1 20); do
                    flock "$0/settings.lock" sh -c '
                        cat "$0/settings.conf" > "$0/other.new"
                        echo "unknown/key-$1 = 1" >> "$0/other.new"
                        mv "$0/other.new" "$0/settings.conf"' "$0" "$i"
                done
                """
            let process = Process()
            process.executableURL = URL(filePath: "/bin/sh")
            process.arguments = ["-c", script, home]
            try process.run()
            for number in 0..<60 { try store.set("debug", to: "\(2 + number % 20)") }
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            try store.set("debug", to: "24")
            let lines = try text().split(separator: "\n")
            #expect(lines.filter { $0.hasPrefix("unknown/key-") }.count == 20)
            #expect(lines.contains("logs/debug-level = 24"))
        }
    }
}
