import Foundation
import Model
import Testing

@testable import Identities

struct IdentityDocumentTests {
    private let samples: DocumentSamples

    init() throws { samples = try DocumentSamples() }

    @Test func `a document has the elements that are known and reads back`() throws {
        let document = samples.document
        let text = String(decoding: document.bytes, as: UTF8.self)
        #expect(
            text.hasPrefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<identity>\n  <sources>"))
        for line in [
            "    <source>http://host-a.com/alice.xml</source>",
            "    <source>http://host-b.com:8080/alice.xml</source>",
            "    <contact>tcp://203.0.113.5:7771</contact>", "  <scrubbers/>",
            "  <postage>1</postage>", "  <date>Nov 21, 2026</date>", "  <revision>0</revision>",
            "  <version>bitdust 0.4 &amp; more</version>",
            "  <publickey>ed25519 \(samples.roots[0].publicKey.bytes.hex)</publickey>",
        ] {
            #expect(text.contains("\(line)\n"), "\(line)")
        }
        #expect(try IdentityDocument(decoding: document.bytes) == document)
        #expect("\(document.globalID)" == "alice@host-a.com")
        #expect(document.userID == samples.roots[0].publicKey.userID)
        #expect((500...8000).contains(document.bytes.count))
    }

    @Test func `the document and its keys have the golden bytes`() throws {
        try Fixtures.expectGolden(samples.document.bytes, "identity-document/v1.xml")
        try Fixtures.expectGolden(samples.keys.encoded, "identity-document/keys-v1.bin")
    }

    @Test func `no truncation, no tail and no changed bit is taken`() throws {
        let bytes = samples.document.bytes
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) {
                try IdentityDocument(decoding: Array(bytes[..<count]))
            }
        }
        for tail in ["\n", " ", "\0", "<a/>", "<!-- -->"] {
            #expect(throws: FormatError.self) {
                try IdentityDocument(decoding: bytes + Array(tail.utf8))
            }
        }
        var taken = 0
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            if (try? IdentityDocument(decoding: changed)) != nil { taken += 1 }
        }
        #expect(taken == 0)
    }

    @Test func `other ways to write the same are refused`() throws {
        let text = String(decoding: samples.document.bytes, as: UTF8.self)
        let changes: [(String, String)] = [
            ("\n", "\r\n"), ("  <postage>", "<postage>"),
            ("<scrubbers/>", "<scrubbers></scrubbers>"),
            ("&amp;", "&#38;"), ("<postage>1<", "<postage>2<"), ("<revision>0<", "<revision>00<"),
            ("Nov 21", "Nov  21"), ("utf-8", "UTF-8"), ("<identity>", "<identity >"),
            ("<postage>1</postage>", "<postage>1</postage><postage>1</postage>"),
            ("  <scrubbers/>\n", ""), ("<date>", "<date> "), ("ed25519 ", "ed25519  "),
        ]
        for (from, to) in changes {
            let changed = text.replacing(from, with: to, maxReplacements: 1)
            #expect(changed != text)
            #expect(throws: FormatError.self) {
                try IdentityDocument(decoding: Array(changed.utf8))
            }
        }
        let signature = text.components(separatedBy: "<signature>")[1].prefix(128)
        let upper = text.replacing(signature, with: signature.uppercased())
        #expect(throws: FormatError.self) { try IdentityDocument(decoding: Array(upper.utf8)) }
    }

    @Test func `content beyond the limits cannot be signed, nor what no reader takes`() {
        let source = { (number: Int) in Source("http://host\(number).com/alice.xml")! }
        let contact = { (number: Int) in Contact("tcp://192.0.2.\(number):7771")! }
        let bad: [(inout IdentityContent) -> Void] = [
            { $0.sources = [] }, { $0.sources = (0..<7).map(source) }, { $0.contacts = [] },
            { $0.sources[1] = Source("http://host-b.com/bob.xml")! },
            { $0.contacts = (0..<17).map(contact) },
            { $0.version = String(repeating: "x", count: 257) }, { $0.version = "a\nb" },
            { $0.version = "é" }, { $0.version = "   " },
        ]
        for change in bad {
            #expect(throws: IdentityChangeError.self) {
                try samples.document.updated(signedBy: .device(samples.laptop), change)
            }
        }
        #expect(throws: Never.self) {
            try samples.document.updated(signedBy: .root(samples.roots[0])) {
                $0.sources = (0..<6).map(source)
                $0.contacts = (0..<16).map(contact)
                $0.version = " "
                $0.version = ""
            }
        }
    }

    @Test func `who is neither the root nor a certified device signs nothing`() throws {
        #expect(throws: IdentityChangeError.self) {
            try samples.document.updated(signedBy: .device(samples.desktop)) { _ in }
        }
        #expect(throws: IdentityChangeError.self) {
            try samples.document.updated(signedBy: .root(samples.roots[1])) { _ in }
        }
        let stranger = try DocumentSamples(user: 50)
        #expect(throws: IdentityChangeError.self) {
            try IdentityKeys.first(
                root: samples.roots[0], next: samples.roots[1].publicKey, xWing: samples.xWing,
                certificates: stranger.keys.certificates)
        }
    }

    @Test func `the largest document fits its limits`() throws {
        var keys = samples.keys
        for number in 1..<Limits.identityDeviceCountMax {
            let device = try DeviceKey(seed: countingSecret(from: UInt8(120 + number)))
            let name = String(repeating: "n", count: Limits.displayNameLengthMax)
            keys = try keys.adding(
                DocumentSamples.certificate(device, name, 1, signedBy: samples.roots[0]),
                signedBy: samples.roots[0])
        }
        let roots = try (0...Limits.identityGenerationCountMax).map {
            try IdentityKey(seed: countingSecret(from: UInt8($0)))
        }
        for number in 1..<Limits.identityGenerationCountMax {
            keys = try keys.rotating(
                from: roots[number - 1], to: roots[number], next: roots[number + 1].publicKey)
        }
        #expect(throws: IdentityChangeError.tooManyRotations(limit: 15)) {
            try keys.rotating(
                from: roots[15], to: roots[16], next: samples.roots[0].publicKey)
        }
        let label = String(repeating: "a", count: 63)
        let host = "\(label).\(label).\(label).\(String(repeating: "a", count: 50)).com"
        let document = try samples.document.updated(
            keys: keys, signedBy: .device(samples.laptop)
        ) { content in
            content.sources = (1...6).map { Source("http://\(host):800\($0)/alice.xml")! }
            content.contacts = (1...16).map { Contact("tcp://\(host):77\(10 + $0)")! }
            content.version = String(repeating: "&", count: Limits.identityVersionLengthMax)
        }
        #expect(document.bytes.count <= Limits.identityDocumentLengthMax)
        #expect(document.order.generation == 15)
    }
}
