import ArgumentParser
import Compressing
import FileTrees
import Model
import Pipelines
import Placement
import Testing

@testable import bitdust

@Suite struct ArgumentTests {
    private func ending(_ arguments: [String]) -> Ending? {
        do {
            _ = try Bitdust.parseAsRoot(arguments)
            return nil
        } catch {
            return Ending(of: error)
        }
    }

    @Test(arguments: [
        ["backup"], ["backup", "x", "--survive", "1", "--scheme", "2+2"],
        ["backup", "x", "--survive", "-1"], ["backup", "x", "--survive", "255"],
        ["backup", "x", "--survive", "two"], ["backup", "x", "--scheme", "0+2"],
        ["backup", "x", "--scheme", "200+100"], ["backup", "x", "--scheme", "4"],
        ["backup", "x", "--compression", "lzma"], ["backup", "x", "--compression", "zstd:99"],
        ["backup", "x", "--suppliers", "a,,b"], ["backup", "x", "--suppliers", "a,a"],
        ["backup", "x", "-q", "-v"], ["backup", "x", "--name", ""], ["backup", "x", "--tag", ""],
        ["backup", "x", "--name", RawArguments.text(of: [0x61, 0xFF])], ["backup", ""],
        ["restore", "latest"], ["restore", "latest", "--target", "x", "--overwrite", "maybe"],
        ["restore", "--target", "x"], ["ls"], ["cat", "latest"],
        ["recover", "--suppliers", "a"], ["identity", "backup"],
        ["identity", "backup", "f", "--no-passphrase", "--passphrase-fd", "3"],
        ["identity", "backup", "f", "--passphrase-file", "a", "--passphrase-fd", "3"],
        ["identity", "backup", "f", "--no-input"],
        ["identity", "check", "f", "--passphrase-fd=-1"],
        ["frobnicate"], ["--frobnicate"], ["snapshots", "extra"], ["status", "--home"],
        ["back", "x"], ["set"], ["get"], ["services", "start"], ["start", "--ready-fd", "2"],
        ["start", "--debug=-1"], ["network", "create", "garden"], ["join"],
        ["join", "x", "--host"], ["network", "create", "a", "--host", "h", "--udp-port", "0"],
        ["dhtseed", "other"], ["install"], ["install", "crontab", "--systemd"],
        ["install", "other"], ["api"], ["api", "method", "value"], ["dht", "put", "name"],
        ["identity", "create", "alice", "--name", "bob"], ["identity", "revoke"],
        ["daemon", "extra"],
    ])
    func `wrong use ends with 64`(arguments: [String]) {
        #expect(ending(arguments)?.code == 64)
    }

    @Test(arguments: [
        ["backup", "a", "b", "--name", "n", "--exclude", "*.o", "--exclude", "x/", "-n", "-q"],
        [
            "backup", "a", "--survive", "0", "--compression", "deflate:6", "--tag", "t", "--tag",
            "u",
        ],
        ["restore", "latest", "a", "b", "--target", "x", "--overwrite", "if-changed", "-n"],
        ["--home", "h", "snapshots", "--name", "docs", "--tag", "a", "--json"],
        ["ls", "-lR", "docs", "path"], ["ls", "latest"], ["cat", "latest", "path"],
        ["status", "--json", "--no-color"], ["check", "--read-data", "--repair", "--json"],
        ["identity", "create", "--name", "a"], ["identity", "show"],
        ["identity", "create", "alice"], ["identity", "create", "alice", "2048"],
        ["identity", "recover", "f", "--idurl", "http://host-a.com/alice.xml"],
        ["identity", "rotate"], ["identity", "revoke", "5f", "f"], ["identity", "devices"],
        ["daemon"], ["detach"], ["stop"], ["kill"], ["shutdown"], ["restart"], ["reboot"],
        ["start", "-d", "8", "-q"], ["go"], ["states"], ["state"], ["st", "--json"],
        ["services"], ["services", "list"], ["svc", "stop", "supplier"],
        ["set", "services/supplier/donated-space", "50", "GB"], ["set", "list"],
        ["set", "services/entangled-dht/known-nodes", "host-a.com:14441"], ["get", "x"],
        ["config", "list"], ["conf", "set", "a", "b"], ["id"], ["globid"], ["idurl"],
        ["user", "find", "bob"], ["user", "ping", "bob"], ["doctor"], ["install", "--systemd"],
        ["install", "crontab"],
        ["network", "create", "garden", "--host", "host-a.com", "--donate", "50GB"],
        ["network", "status"], ["net", "list"], ["network", "select", "garden"],
        ["join", "4-walnut-orbit", "--at", "host-a.com", "--host", "host-b.com"],
        ["dht", "get", "a"], ["dht", "put", "a", "b"], ["dht", "find"], ["dhtseed", "daemon"],
        ["api", "network_status", "dht=1"],
        ["identity", "backup", "f", "--no-passphrase", "--keep-root"],
        ["identity", "check", "f", "--passphrase-file", "p"],
        ["recover", "f", "--suppliers", "a,b", "--passphrase-fd", "3"], ["try"], ["try", "d"],
        ["bench"],
        ["bench", "--stage", "coding", "--stage", "sealing", "--json", "--seconds", "0"],
        [
            "bench", "--scheme", "10+6", "--fragment", "1MiB", "--fragment", "64KiB",
            "--fragment", "7", "--against", "isal",
        ],
    ])
    func `right use is taken`(arguments: [String]) {
        #expect(ending(arguments) == nil)
    }

    @Test func `global options stand anywhere`() throws {
        let before = try Bitdust.parseAsRoot(["--home", "h", "--no-color", "status"])
        let after = try Bitdust.parseAsRoot(["status", "--home", "h", "--no-color"])
        for command in [before, after] {
            let status = try #require(command as? Status)
            #expect(status.global.home == RawPath(Array("h".utf8)))
            #expect(status.global.noColor)
        }
        let nested = try Bitdust.parseAsRoot(["--home", "h", "identity", "show"])
        #expect((nested as? IdentityShow)?.global.home == RawPath(Array("h".utf8)))
    }

    @Test func `a backup request says what the options say`() throws {
        let parsed = try Bitdust.parseAsRoot([
            "backup", "a", "/b", "--name", "n", "--exclude", "*.o", "--scheme", "4+2", "--tag", "t",
            "--dry-run", "--compression", "none",
        ])
        let request = try #require(parsed as? Backup).request()
        #expect(request.paths == [Array("a".utf8), Array("/b".utf8)])
        #expect(request.setName == "n")
        #expect(request.excludes == ["*.o"])
        #expect(request.tags == ["t"])
        #expect(request.isDryRun)
        #expect(request.compression.description == "none")
        #expect(request.redundancy == .scheme(try #require(ErasureScheme("4+2"))))
        let bare = try #require(try Bitdust.parseAsRoot(["backup", "a"]) as? Backup).request()
        #expect(bare.redundancy == .automatic)
        #expect(bare.compression.description == "zstd:1")
        #expect(bare.setName == nil)
    }

    @Test func `bytes that are not UTF-8 come through the parser`() throws {
        let name: [UInt8] = [0x2F, 0xFF, 0xC3, 0x28, 0x61]
        let parsed = try Bitdust.parseAsRoot(["backup", RawArguments.text(of: name)])
        #expect((parsed as? Backup)?.paths.first?.bytes == name)
        let list = DirectoryList(argument: RawArguments.text(of: name + [0x2C, 0xFE]))
        #expect(list?.directories.map(\.bytes) == [name, [0xFE]])
    }

    @Test func `every argument of two bytes comes back as it was`() {
        for high in UInt8(1)...255 {
            for low in UInt8(1)...255 {
                let bytes = [high, low]
                #expect(RawArguments.bytes(of: RawArguments.text(of: bytes)) == bytes)
            }
        }
    }

    @Test func `text that looks like escaped bytes comes back too`() {
        let bytes = Array("a\u{10FFE9}b".utf8)
        #expect(RawArguments.bytes(of: RawArguments.text(of: bytes)) == bytes)
        #expect(RawArguments.readable(RawArguments.text(of: [0x61, 0xFF])) == "a\\xff")
        #expect(RawArguments.text(of: Array("ä é".utf8)) == "ä é")
    }

    @Test func `a snapshot is named by latest, by its set or by its digits`() throws {
        let sets: Set<String> = ["docs", "cafe"]
        #expect(try SnapshotArgument.choice("latest", setNames: sets) == .latest(setName: nil))
        #expect(try SnapshotArgument.choice("docs", setNames: sets) == .latest(setName: "docs"))
        #expect(try SnapshotArgument.choice("cafe", setNames: sets) == .latest(setName: "cafe"))
        #expect(try SnapshotArgument.choice("7F3A91C0", setNames: sets) == .prefix("7f3a91c0"))
        for wrong in ["7f3", "photos", "", String(repeating: "a", count: 65)] {
            #expect(throws: Failure.self) { try SnapshotArgument.choice(wrong, setNames: sets) }
        }
    }

    @Test func `the home is the option, the variable or below the user's`() throws {
        let both = ProcessEnvironment(["BITDUST_HOME": "/b", "HOME": "/h"])
        #expect(try both.home(option: RawPath(Array("/o".utf8))).bytes == Array("/o".utf8))
        #expect(try both.home(option: nil).bytes == Array("/b".utf8))
        let user = ProcessEnvironment(["BITDUST_HOME": "", "HOME": "/h"])
        #expect(try user.home(option: nil).bytes == Array("/h/.bitdust".utf8))
    }

    @Test func `what is suggested can be pasted into a shell`() {
        #expect(shellWord(Array("/a/b-c_1.x".utf8)) == "/a/b-c_1.x")
        #expect(shellWord(Array("it's $(x)".utf8)) == "'it'\\''s $(x)'")
        #expect(shellWord([]) == "''")
        #expect(keyFileName("alice") == "~/alice-recovery.key")
        #expect(keyFileName("a b; rm $(x)") == "~/a-b--rm---x--recovery.key")
    }
}
