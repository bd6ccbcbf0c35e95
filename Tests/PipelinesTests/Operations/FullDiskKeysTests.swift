import Foundation
import Glibc
import Identities
import Model
import Testing

@testable import Pipelines

/// Keys and documents that are to be written on a full disk: nothing that was there is lost.
@Suite(.enabled(if: isRoot, "mounting takes root")) struct FullDiskKeysTests {
    private let station = try! Station(suppliers: 1)

    private func saveKey(to path: String) throws {
        try station.with {
            try $0.saveKeyFile(to: Array(path.utf8), passphrase: nil, keepsRoot: false)
        }
    }

    @Test func `a key file that does not fit leaves the root key where it is`() throws {
        try withSmallDisk(at: station.scratch["stick"]) { stick in
            let filler = SmallDisk.fill(stick)
            let failure = failure { try saveKey(to: "\(stick)/key") }
            #expect(failure?.code == "BD-KEY-FILE-WRITE" && failure?.status == .cannotCreate)
            #expect(failure?.cause?.contains("No space left") == true, "\(failure?.cause ?? "")")
            #expect(!FileManager.default.fileExists(atPath: "\(stick)/key"))
            Files.remove(filler)
            try saveKey(to: "\(stick)/key")
            let key = try RootAuthority(keyFile: Array("\(stick)/key".utf8)) { [] }
            #expect(try key.user == OwnIdentity(home: station.home).user)
        }
    }

    @Test func `a rotation on a full disk changes nothing, and is done when there is room`()
        throws
    {
        try saveKey(to: station.scratch["key"])
        let root = try RootAuthority(keyFile: station.scratch.bytes("key")) { [] }
        try withSmallDisk(at: station.scratch["disk"]) { disk in
            let place = "\(disk)/home"
            run("/bin/cp", "-a", String(decoding: station.home.path, as: UTF8.self), place)
            let home = Home(path: Array(place.utf8))
            let own = try OwnIdentity(home: home)
            let today = CalendarDate("2026-11-21")!
            let first = try own.sign(
                sources: [Source("http://host-a.com/alice.xml")!],
                contacts: [Contact("tcp://203.0.113.5:7771")!], date: today)
            try own.keep(first)
            let rotated = try own.sign(try root.rotating(first.keys), date: today)
            let before = try NSDictionary(dictionary: contents(of: "\(place)/identity"))
            let filler = SmallDisk.fill(disk)
            let failure = failure {
                do { try own.keep(rotated) } catch { throw Failure.of(error) }
            }
            #expect(failure?.status == .inputOutput, "\(String(describing: failure))")
            #expect(failure?.cause?.contains("No space left") == true, "\(failure?.cause ?? "")")
            #expect(try before.isEqual(to: contents(of: "\(place)/identity")))
            #expect(try OwnIdentity(home: home).document() == first)
            Files.remove(filler)
            try own.keep(rotated)
            #expect(try OwnIdentity(home: home).document() == rotated)
        }
    }

    /// Names and bytes of the files of a directory.
    private func contents(of directory: String) throws -> [String: Data] {
        try FileManager.default.contentsOfDirectory(atPath: directory)
            .reduce(into: [:]) { files, name in
                files[name] = try Data(contentsOf: URL(filePath: "\(directory)/\(name)"))
            }
    }
}
