import Foundation
import Model
import Testing

@testable import Sealing

/// One key file of each protection, the same in every run; scrypt is cheap here.
enum SampleKeyFile {
    static let cost = ScryptCost(logCost: 4, blockFactor: 8, lanes: 1)!
    static let file = KeyFile(
        name: DisplayName("alice")!, user: UserID(Bytes32((0..<32).map { UInt8(200 + $0) })!),
        created: CalendarDate("2027-01-09")!, seed: RootSeed(countingSecret()))

    static let plain = file.unprotected()
    static let protected = try! file.sealed(
        passphrase: "correct horse", cost: cost, random: SeededRandom(1))

    static func parse(_ text: String) throws -> KeyFileText {
        try KeyFileText(parsing: Array(text.utf8))
    }
}

struct KeyFileTests {
    private let file = SampleKeyFile.file

    @Test func `a key file has the golden text and gives the seed back`() throws {
        try Fixtures.expectGolden(Array(SampleKeyFile.plain.text.utf8), "keyfile/plain-v1.txt")
        try Fixtures.expectGolden(
            Array(SampleKeyFile.protected.text.utf8), "keyfile/scrypt-v1.txt")
        for text in [SampleKeyFile.plain, SampleKeyFile.protected] {
            let parsed = try SampleKeyFile.parse(text.text)
            #expect(parsed == text)
            let opened = try parsed.open(passphrase: "correct horse")
            #expect(opened.seed.secret == file.seed.secret)
            #expect(opened.name == file.name && opened.user == file.user)
            #expect(opened.created == file.created)
        }
    }

    @Test func `another passphrase, none and an empty one do not open it`() throws {
        let text = SampleKeyFile.protected
        for passphrase in ["", "Correct horse", "correct horse ", "x"] {
            #expect(throws: KeyFileError.wrongPassphrase) { try text.open(passphrase: passphrase) }
        }
        #expect(throws: KeyFileError.passphraseNeeded) { try text.open(passphrase: nil) }
        #expect(text.isProtected && !SampleKeyFile.plain.isProtected)
    }

    @Test func `an accent is the same however it was typed`() throws {
        let text = try file.sealed(
            passphrase: "caf\u{E9}", cost: SampleKeyFile.cost, random: SeededRandom(2))
        #expect(try text.open(passphrase: "cafe\u{301}").seed.secret == file.seed.secret)
    }

    @Test func `the seed is not in a protected file and two files differ`() throws {
        let again = try file.sealed(
            passphrase: "correct horse", cost: SampleKeyFile.cost, random: SystemRandom())
        #expect(again != SampleKeyFile.protected)
        let seed = Array(UInt8(0)..<32)
        #expect(!SampleKeyFile.protected.body.contains(seed))
        #expect(SampleKeyFile.plain.body.contains(seed))
    }

    @Test func `the longest key file is below two kibibytes`() throws {
        let long = KeyFile(
            name: DisplayName(String(repeating: "n", count: 64))!, user: file.user,
            created: file.created, seed: file.seed)
        let text = try long.sealed(
            passphrase: "p", cost: SampleKeyFile.cost, random: SeededRandom(3)
        ).text
        #expect(text.utf8.count <= 2048)
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 100 })
    }

    @Test func `a page typed by hand is read`() throws {
        let text = SampleKeyFile.protected.text
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        var variants = [
            text.replacingOccurrences(of: "\n", with: "\r\n"),
            text.replacingOccurrences(of: "\n", with: "\r"),
            "\u{FEFF}" + text,
            "\n \n# remark\n" + text + "\n\n",
            text.replacingOccurrences(of: " ", with: "   "),
            text.replacingOccurrences(of: " ", with: "\t"),
            text.replacingOccurrences(of: "\n", with: "  \n"),
            text.replacingOccurrences(of: "Version:", with: "X-Printed-On: paper\nversion:"),
            text.replacingOccurrences(of: "\nCheck:", with: "   # the last line\nCheck:"),
            (lines[..<8] + lines[8...].reversed()).joined(separator: "\n"),
        ]
        let body = lines.firstIndex(of: "")!
        variants.append(
            (lines[..<body] + lines[body...].map { $0.uppercased()[...] })
                .joined(separator: "\n"))
        variants.append(
            (lines[..<body] + lines[body...].map { $0.replacing("  ", with: " ") })
                .joined(separator: "\n"))
        for variant in variants {
            #expect(try SampleKeyFile.parse(variant) == SampleKeyFile.protected, "\(variant)")
        }
    }

    @Test func `headers are told apart by what is wrong with them`() throws {
        let text = SampleKeyFile.plain.text
        func error(_ old: String, _ new: String) -> KeyFileError? {
            do {
                _ = try SampleKeyFile.parse(text.replacingOccurrences(of: old, with: new))
                return nil
            } catch {
                return error as? KeyFileError
            }
        }
        #expect(error("Version: 1", "Version: 2") == .unsupportedVersion("2"))
        #expect(error("Version: 1\n", "") == .missingHeader(name: "Version"))
        #expect(error("Name: alice\n", "") == .missingHeader(name: "Name"))
        #expect(error("Name: alice", "Name:") == .badHeader(name: "Name"))
        #expect(error("Name: alice", "Name: alicf") == .badCheck)
        #expect(error("2027-01-09", "2027-01-08") == .badCheck)
        #expect(error("2027-01-09", "2027-02-29") == .badHeader(name: "Created"))
        #expect(error("Identity: c8", "Identity: c9") == .badCheck)
        #expect(error("Identity: c8", "Identity: g8") == .badHeader(name: "Identity"))
        #expect(error("Protect: none", "Protect: nine") == .badHeader(name: "Protect"))
        #expect(error("Name: alice", "Name: alice\nName: bob") == .badHeader(name: "name"))
        #expect(error("IDENTITY BACKUP", "IDENTITY BACKDOOR") == .notAKeyFile)
        #expect(error("Check: ", "Czech: ") == .missingHeader(name: "Check"))
        #expect(error("1", "1") == nil)
    }

    @Test(arguments: [
        ("scrypt ln=21 r=8 p=1", KeyFileError.costTooHigh),
        ("scrypt ln=17 r=65 p=1", .costTooHigh), ("scrypt ln=17 r=8 p=9", .costTooHigh),
        ("scrypt ln=20 r=16 p=1", .costTooHigh), ("scrypt ln=0 r=8 p=1", .costTooHigh),
        ("scrypt ln=999999999 r=999999999 p=999999999", .costTooHigh),
        ("scrypt ln=99999999999999999999 r=8 p=1", .badHeader(name: "Protect")),
        ("scrypt ln=17 r=8", .badHeader(name: "Protect")),
        ("scrypt ln=17 ln=17 r=8", .badHeader(name: "Protect")),
        ("scrypt ln=-1 r=8 p=1", .badHeader(name: "Protect")),
        ("argon2 ln=17 r=8 p=1", .badHeader(name: "Protect")),
    ])
    func `a protection beyond the bounds is refused before any work`(
        text: String, expected: KeyFileError
    ) {
        #expect(throws: expected) { try KeyFileProtection(text) }
    }

    @Test func `the standard cost is within the bounds and is written as in the specification`() {
        #expect(KeyFileProtection.scrypt(.standard).description == "scrypt ln=17 r=8 p=1")
        #expect(ScryptCost(logCost: 20, blockFactor: 8, lanes: 8) != nil)
    }

    @Test func `scrypt gives what RFC 7914 prints`() throws {
        let cost = ScryptCost(logCost: 10, blockFactor: 8, lanes: 16)
        #expect(cost == nil, "r * p is 128: beyond what a key file may ask for")
        let other = try #require(ScryptCost(logCost: 14, blockFactor: 8, lanes: 1))
        let key = try other.key(passphrase: "pleaseletmein", salt: Array("SodiumChloride".utf8))
        #expect(
            key.withBytes { Hex.encode($0) }
                == "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2")
    }
}
