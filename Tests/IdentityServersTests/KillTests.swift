import Catalogs
import Foundation
import Glibc
import Identities
import Model
import Testing

@testable import IdentityServers

/// Kills a server while it stores, and holds the store to what it had acknowledged.
@Suite(.serialized)
struct KillTests {
    private static let pathVariable = "BITDUST_IDSERVER_KILL_PATH"
    private static var childPath: String? {
        ProcessInfo.processInfo.environment[pathVariable]
    }

    /// In the child: stores documents of one name after the other, and says so after each.
    @Test(.enabled(if: childPath != nil, "is the child that the next test kills"))
    func `the child stores until it is killed`() throws {
        let path = try #require(KillTests.childPath)
        let store = try CatalogDocumentStore(path: "\(path)/documents.sqlite")
        let server = try IdentityServer(
            settings: IdentityServerSettings(host: Host("host-a.com")!), store: store,
            time: HandClock())
        let user = try SampleUser(1)
        var document = try user.document()
        if let known = try store.find(document.name)?.bytes {
            document = try user.next(try IdentityDocument(decoding: known))
        }
        let acknowledged = open("\(path)/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        for _ in 0..<100_000 {
            try server.upload(document.bytes, from: IPAddress("127.0.0.1")!)
            let line = "\(document.revision) \(Hex.encode(document.digest.array))\n"
            _ = line.withCString { write(acknowledged, $0, strlen($0)) }
            document = try user.next(document)
        }
    }

    @Test(.enabled(if: childPath == nil, "is the child"))
    func `whenever the server is killed what it acknowledged is there`() throws {
        let scratch = ScratchDirectory()
        var seed: UInt64 = 1
        var last = -1
        for round in 0..<8 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let count = last + 1 + Int(seed >> 59)
            try killChild(in: scratch.path, after: max(count, 1))
            let lines = try String(contentsOfFile: "\(scratch.path)/acknowledged", encoding: .utf8)
                .split(separator: "\n")
            let acknowledged = try #require(lines.last?.split(separator: " "))
            let revision = try #require(Int(acknowledged[0]))
            #expect(revision > last, "round \(round) stored nothing")
            last = revision
            let store = try CatalogDocumentStore(path: "\(scratch.path)/documents.sqlite")
            defer { store.close() }
            let found = try #require(try store.find(IdentityName("alice")!))
            let document = try IdentityDocument(decoding: try #require(found.bytes))
            // The next one may be stored without having been acknowledged.
            #expect(document.revision == revision || document.revision == revision + 1)
            if document.revision == revision {
                #expect(Hex.encode(document.digest.array) == acknowledged[1])
            }
        }
    }

    /// Starts this test program with the child's test alone, and kills it when it has acknowledged
    /// that many documents in all.
    private func killChild(in path: String, after count: Int) throws {
        let child = Process()
        child.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        child.arguments = KillTests.arguments
        child.environment = ProcessInfo.processInfo.environment.merging(
            [KillTests.pathVariable: path], uniquingKeysWith: { $1 })
        child.standardOutput = FileHandle.nullDevice
        child.standardError = FileHandle.nullDevice
        try child.run()
        while child.isRunning {
            let text = try? String(contentsOfFile: "\(path)/acknowledged", encoding: .utf8)
            if (text ?? "").count(where: { $0 == "\n" }) >= count { break }
            sched_yield()
        }
        #expect(child.isRunning, "the child ended by itself")
        kill(child.processIdentifier, SIGKILL)
        child.waitUntilExit()
        #expect(child.terminationReason == .uncaughtSignal)
    }

    /// Ours, with another filter.
    private static var arguments: [String] {
        var arguments: [String] = []
        var rest = CommandLine.arguments.dropFirst()[...]
        while let word = rest.popFirst() {
            if ["--filter", "--skip", "--xunit-output", "--event-stream-output-path"]
                .contains(word)
            {
                _ = rest.popFirst()
            } else {
                arguments.append(word)
            }
        }
        return arguments + ["--filter", "the child stores until it is killed"]
    }
}
