import Foundation
import Testing

/// Whole networks of the program itself: the commands of the requirements, by their text.
@Suite(.serialized) struct NetworkStoryTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    /// What a script ends with when this machine does not let it do its work.
    private static let skipped: Int32 = 77

    private static func run(_ script: String, _ arguments: [String]) throws -> (Int32, String) {
        let program = try #require(Program.path, "no bitdust beside the tests")
        let process = Process()
        process.executableURL = root.appending(path: "scripts/\(script)")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }

    @Test func `four hosts become a network by the commands of the requirements`() throws {
        let (status, output) = try NetworkStoryTests.run("four-hosts", [])
        guard status != NetworkStoryTests.skipped else {
            print(output.split(separator: "\n").last ?? "SKIPPED")
            return
        }
        #expect(status == 0, "\(output.suffix(4000))")
        #expect(output.contains("OK: parts 1 to 6 on four hosts"))
        let copy = NetworkStoryTests.root.appending(path: "fixtures/private-network/commands.txt")
        let unrun = try String(contentsOf: copy, encoding: .utf8).split(separator: "\n").filter {
            let fields = $0.split(separator: "\t", maxSplits: 1)
            return (Int(fields[0]) ?? 9) <= 6 && fields[1].hasPrefix("bitdust ")
                && !output.contains("$ " + fields[1])
        }
        #expect(unrun == [])
    }

    @Test func `hosts that nobody can dial reach each other through routers`() throws {
        let (status, output) = try NetworkStoryTests.run("natted-hosts", [])
        guard status != NetworkStoryTests.skipped else {
            print(output.split(separator: "\n").last ?? "SKIPPED")
            return
        }
        #expect(status == 0, "\(output.suffix(4000))")
        #expect(output.contains("OK: hidden hosts reach each other"))
        #expect(output.contains("and all came back"))
    }

    @Test func `a fifth host backs up, and comes back with two suppliers gone`() throws {
        let (status, output) = try NetworkStoryTests.run("five-hosts", [])
        guard status != NetworkStoryTests.skipped else {
            print(output.split(separator: "\n").last ?? "SKIPPED")
            return
        }
        #expect(status == 0, "\(output.suffix(4000))")
        #expect(output.contains("OK: back with two of four suppliers gone"))
        #expect(output.contains("OK: five hosts"))
    }

    @Test func `friends without a network keep each other's data, and it comes back`() throws {
        let (status, output) = try NetworkStoryTests.run("friends", ["21400"])
        #expect(status == 0, "\(output.suffix(4000))")
        #expect(output.contains("OK: friends keep each other's data, and it comes back"))
    }

    /// `scripts/cut-network` does this for two minutes and a half.
    @Test func `links that are cut in the middle cost a backup and a restore only time`() throws {
        let (status, output) = try NetworkStoryTests.run("cut-network", ["15"])
        guard status != NetworkStoryTests.skipped else {
            print(output.split(separator: "\n").last ?? "SKIPPED")
            return
        }
        #expect(status == 0, "\(output.suffix(4000))")
        #expect(output.contains("OK: links that were cut for 15 s cost time and nothing else"))
    }

    /// `make random-kills` does this 200 times.
    @Test func `programs that are killed in the middle of a backup lose nothing`() throws {
        let (status, output) = try NetworkStoryTests.run("random-kills", ["6", "7", "21700"])
        #expect(status == 0, "\(output.suffix(4000))")
        #expect(output.contains("OK: 6 kills, everything is there"))
    }

    @Test func `one supplier, two, three, seven and twenty keep what is promised`() throws {
        let (status, output) = try NetworkStoryTests.run("few-and-many", ["21900"])
        #expect(status == 0, "\(output.suffix(4000))")
        #expect(output.contains("OK: what was promised with 1, 2, 3, 7 and 20 suppliers holds"))
    }

    @Test func `four homes on one machine become a network`() throws {
        let (status, output) = try NetworkStoryTests.run("four-homes", [])
        #expect(status == 0, "\(output.suffix(4000))")
        #expect(
            output.contains("OK: DHT, identity servers, identities and a supplier in four homes"))
    }
}
