import Foundation
import Model
import Networking
import Simulation
import Testing

@testable import Daemon

/// Codes and messages of invitations: golden files, slips of people, and hostile bytes.
@Suite struct InvitationFormatTests {
    private static let token = (0..<10).map { UInt8($0 * 7 + 1) }
    private static let user = UserID(Bytes32((0..<32).map { UInt8($0 * 3 + 5) })!)
    private static let places = PeerAddresses(
        direct: [Endpoint("203.0.113.5:7771")!],
        routers: [Endpoint("198.51.100.7:7771")!, Endpoint("[2001:db8::5]:7000")!])

    private static let codes = [
        code(PeerAddresses(direct: [Endpoint("203.0.113.5:7771")!])), code(places),
        code(PeerAddresses(routers: [Endpoint("[2001:db8::5]:7771")!])),
    ]

    private static func code(_ places: PeerAddresses) -> InvitationCode {
        InvitationCode(
            places: places, fingerprint: UserFingerprint(of: user), token: token)
    }

    private static let request = InvitationRequest(
        token: token, gift: 100 << 30, name: DisplayName("sam")!, places: places)
    private static let answers =
        [InvitationAnswer.taken(gift: 50 << 30, name: DisplayName("mum")!)]
        + InvitationRefusal.allCases.map { .refused($0) }

    private func golden(_ path: String, _ bytes: [UInt8]) throws -> [UInt8] {
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "fixtures/invitation/\(path)")
        if Fixture.isUpdating { try Data(bytes).write(to: url) }
        return [UInt8](try Data(contentsOf: url))
    }

    // MARK: Golden files

    @Test func `codes are as in their golden file and are read as they were written`() throws {
        let text = InvitationFormatTests.codes.map { "\($0)\n" }.joined()
        #expect(try golden("code-v1.txt", Array(text.utf8)) == Array(text.utf8))
        for code in InvitationFormatTests.codes {
            #expect(try InvitationCode(code.description) == code)
            #expect(try InvitationCode(decoding: code.encoded) == code)
        }
        // One place of IPv4 is 14 groups of four.
        #expect(InvitationFormatTests.codes[0].description.utf8.count == 14 * 5 - 1)
    }

    @Test func `messages are as in their golden files`() throws {
        let request = InvitationFormatTests.request.encoded()
        #expect(try golden("request-v1.bin", request) == request)
        #expect(try InvitationRequest(request) == InvitationFormatTests.request)
        var writer = ByteWriter()
        for answer in InvitationFormatTests.answers { writer.counted(answer.encoded()) }
        #expect(try golden("answers-v1.bin", writer.bytes) == writer.bytes)
        for answer in InvitationFormatTests.answers {
            #expect(try InvitationAnswer(answer.encoded()) == answer)
        }
    }

    // MARK: Slips

    private static let alphabet = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l")

    @Test func `every wrong letter, every swap and every lost letter of a code is told`() {
        let letters = Array(InvitationFormatTests.codes[0].description.filter { $0 != "-" })
        for index in letters.indices {
            for other in InvitationFormatTests.alphabet where other != letters[index] {
                var wrong = letters
                wrong[index] = other
                expectSlip(wrong)
            }
            var shorter = letters
            shorter.remove(at: index)
            expectSlip(shorter)
            expectSlip(Array(letters[..<index]))
            guard index > 0, letters[index] != letters[index - 1] else { continue }
            var swapped = letters
            swapped.swapAt(index, index - 1)
            expectSlip(swapped)
        }
    }

    private func expectSlip(_ letters: [Character]) {
        if let read = try? InvitationCode(String(letters)) {
            Issue.record("\(String(letters)) was read as \(read)")
        }
    }

    @Test func `up to four wrong letters are told wherever they are`() {
        let random = SeededRandom(seed: 11)
        let letters = Array(InvitationFormatTests.codes[0].description.filter { $0 != "-" })
        for _ in 0..<3000 {
            var wrong = letters
            for _ in 0..<random.below(1..<5) {
                wrong[random.below(0..<wrong.count)] =
                    InvitationFormatTests.alphabet[random.below(0..<32)]
            }
            if wrong != letters { expectSlip(wrong) }
        }
    }

    @Test func `a code is read in capitals, without hyphens, with blanks and line ends`() throws {
        let code = InvitationFormatTests.codes[1]
        let text = code.description
        for other in [
            text.uppercased(), text.replacing("-", with: ""), text.replacing("-", with: " "),
            "  " + text.replacing("-", with: "\n") + "\r\n",
        ] {
            #expect(try InvitationCode(other) == code)
        }
        #expect(throws: InvitationCode.ParseError.character("b")) {
            try InvitationCode("b" + text)
        }
        for bad in ["", "-", "4-walnut-orbit", "é", String(repeating: "q", count: 10_000)] {
            #expect(throws: InvitationCode.ParseError.self) { try InvitationCode(bad) }
        }
    }

    // MARK: Hostile bytes

    @Test func `every truncation and every changed bit of a message is refused`() {
        let messages =
            [InvitationFormatTests.request.encoded()]
            + InvitationFormatTests.answers.map { $0.encoded() }
        for bytes in messages {
            for count in 0..<bytes.count {
                let part = Array(bytes[..<count])
                #expect((try? InvitationRequest(part)) == nil)
                #expect((try? InvitationAnswer(part)) == nil)
            }
            for bit in 0..<bytes.count * 8 {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect((try? InvitationRequest(changed)) == nil)
                #expect((try? InvitationAnswer(changed)) == nil)
            }
        }
    }

    /// With a checksum made anew, what is read is what is written: nothing has two encodings.
    @Test func `a message with a mended checksum is refused or means what it says`() throws {
        let bytes = InvitationFormatTests.request.encoded()
        for bit in 64..<(bytes.count - 4) * 8 {
            var changed = Array(bytes.dropLast(4))
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            var writer = ByteWriter()
            writer.raw(changed)
            writer.checksum()
            guard let read = try? InvitationRequest(writer.bytes) else { continue }
            #expect(read.encoded() == writer.bytes, "bit \(bit)")
        }
    }

    @Test func `bytes of a code are refused or mean what they say`() {
        for code in InvitationFormatTests.codes {
            let bytes = code.encoded
            for count in 0..<bytes.count {
                #expect((try? InvitationCode(decoding: Array(bytes[..<count]))) == nil)
            }
            for bit in 0..<bytes.count * 8 {
                var changed = bytes
                changed[bit / 8] ^= 1 << UInt8(bit % 8)
                if let read = try? InvitationCode(decoding: changed) {
                    #expect(read.encoded == changed, "bit \(bit)")
                }
            }
        }
        let random = SeededRandom(seed: 3)
        for _ in 0..<2000 {
            let noise = random.bytes(random.below(0..<90))
            if let read = try? InvitationCode(decoding: noise) { #expect(read.encoded == noise) }
            #expect((try? InvitationRequest(noise)) == nil && (try? InvitationAnswer(noise)) == nil)
        }
    }

    @Test func `a code of a newer program is told as that`() {
        var bytes = InvitationFormatTests.codes[0].encoded
        bytes[0] = 2 << 4 | 1
        #expect(throws: FormatError.unknownVersion(format: "invitation code", version: 2)) {
            try InvitationCode(decoding: bytes)
        }
    }

    @Test func `a fingerprint names its user and is nobody's id`() {
        let user = InvitationFormatTests.user
        let fingerprint = UserFingerprint(of: user)
        #expect(fingerprint.names(user))
        #expect(UserFingerprint.wildcard(fingerprint.wildcard) == fingerprint)
        #expect(UserFingerprint.wildcard(user) == nil)
        var other = user.bytes.array
        other[12] ^= 1
        #expect(!fingerprint.names(UserID(Bytes32(other)!)))
    }
}
