import ArgumentParser
import Foundation
import Model
import Testing

@testable import bitdust

/// What the pages and the help say, held against the program.
@Suite struct DocumentTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    private static let commands: [(name: String, type: any ParsableCommand.Type)] = [
        ("bitdust", Bitdust.self), ("backup", Backup.self), ("restore", Restore.self),
        ("snapshots", Snapshots.self), ("ls", List.self), ("cat", Cat.self),
        ("status", Status.self), ("check", Check.self), ("health", Health.self),
        ("rebuild", Rebuild.self), ("rebuilder", RebuilderGroup.self),
        ("rebuilder-grant", RebuilderGrant.self), ("rebuilder-list", RebuilderList.self),
        ("rebuilder-revoke", RebuilderRevoke.self),
        ("reshape", Reshape.self),
        ("identity", IdentityGroup.self),
        ("identity-create", IdentityCreate.self), ("identity-show", IdentityShow.self),
        ("identity-backup", IdentityBackup.self), ("identity-check", IdentityCheck.self),
        ("identity-recover", IdentityRecover.self), ("identity-rotate", IdentityRotate.self),
        ("identity-devices", IdentityDevices.self), ("identity-revoke", IdentityRevoke.self),
        ("suppliers", SuppliersList.self), ("find", Find.self), ("hire", Hire.self),
        ("fire", Fire.self), ("invite", Invite.self), ("accept", Accept.self),
        ("invitations", Invitations.self), ("friends", Friends.self),
        ("recover", Recover.self), ("id", GlobalIDCommand.self),
        ("idurl", IDURLCommand.self), ("user", UserGroup.self), ("user-find", UserFind.self),
        ("user-ping", UserPing.self),
        ("daemon", DaemonCommand.self), ("start", Start.self), ("stop", Stop.self),
        ("restart", RestartCommand.self), ("states", States.self),
        ("services", ServicesGroup.self), ("services-list", ServicesList.self),
        ("services-start", ServicesStart.self), ("services-stop", ServicesStop.self),
        ("services-restart", ServicesRestart.self), ("set", SetSetting.self),
        ("get", GetSetting.self), ("config", ConfigGroup.self), ("config-list", ConfigList.self),
        ("doctor", DoctorCommand.self), ("install", Install.self),
        ("network", NetworkGroup.self), ("network-create", NetworkCreate.self),
        ("network-invite", NetworkInvite.self), ("network-status", NetworkStatus.self),
        ("network-list", NetworkList.self), ("network-select", NetworkSelect.self),
        ("join", Join.self), ("dht", DHTGroup.self), ("dht-status", DHTStatus.self),
        ("dht-find", DHTFind.self), ("dht-get", DHTGet.self), ("dht-put", DHTPut.self),
        ("supplier", SupplierGroup.self), ("supplier-start", SupplierStart.self),
        ("supplier-status", SupplierStatus.self), ("supplier-donate", SupplierDonate.self),
        ("supplier-pause", SupplierPause.self), ("supplier-resume", SupplierResume.self),
        ("supplier-customers", SupplierCustomers.self), ("supplier-verify", SupplierVerify.self),
        ("supplier-leave", SupplierLeave.self),
        ("dhtseed", DHTSeed.self), ("api", APICall.self), ("try", Try.self),
        ("bench", Bench.self), ("durability", Durability.self),
    ]

    /// Golden files: `fixtures/help/*.txt`.
    @Test func `help reads as it did`() throws {
        let folder = DocumentTests.root.appending(path: "fixtures/help")
        let updates = ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1"
        for (name, type) in DocumentTests.commands {
            let help = Bitdust.helpMessage(for: type, columns: 80)
            let file = folder.appending(path: "\(name).txt")
            if updates {
                try FileManager.default.createDirectory(
                    at: folder, withIntermediateDirectories: true)
                try Data((help + "\n").utf8).write(to: file)
            }
            #expect(try DocumentTests.text("fixtures/help/\(name).txt") == help + "\n", "\(name)")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files) == Set(DocumentTests.commands.map { $0.name + ".txt" }))
    }

    @Test func `help leads with examples`() {
        for (name, type) in DocumentTests.commands {
            let help = Bitdust.helpMessage(for: type, columns: 80)
            let examples = help.range(of: "Examples:\n  bitdust ")?.lowerBound ?? help.endIndex
            let usage = help.range(of: "USAGE:")?.lowerBound ?? help.startIndex
            #expect(examples < usage, "\(name)")
        }
    }

    @Test func `every error has its entry in the page, and every entry its error`() throws {
        let page = try DocumentTests.text("docs/errors.md")
        let described = Set(
            page.matches(of: /^## (BD-[A-Z-]+)$/.anchorsMatchLineEndings()).map { String($0.1) })
        let sources = DocumentTests.root.appending(path: "Sources")
        var raised: Set<String> = []
        for case let file as URL in try #require(
            FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            raised.formUnion(
                text.matches(of: /"\W{0,3}\[?(BD-[A-Z]+(-[A-Z]+)*)\]?"/).map { String($0.1) })
        }
        #expect(raised.subtracting(described).sorted() == [])
        #expect(described.subtracting(raised).sorted() == [])
    }

    @Test func `every exit code is in the page`() throws {
        let page = try DocumentTests.text("docs/exit-codes.md")
        let codes = Set(
            page.matches(of: /^\| (\d+) \|/.anchorsMatchLineEndings()).map { String($0.1) })
        for code in (0...127 as ClosedRange<Int32>) where ExitStatus(rawValue: code) != nil {
            #expect(codes.contains("\(code)"), "\(code)")
        }
        #expect(codes.isSuperset(of: ["130", "143"]))
    }

    @Test func `the page of the program names every command`() throws {
        let page = try DocumentTests.text("README.md")
        for (name, _) in DocumentTests.commands where name != "bitdust" {
            let words = name.replacing("-", with: " ")
            #expect(page.contains("bitdust \(words)"), "\(words)")
        }
    }
}
