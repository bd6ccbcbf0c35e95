import Model
import Testing

@testable import Networking

@Suite struct RouterFormatTests {
    private static func bytes32(_ first: UInt8) -> Bytes32 {
        Bytes32((0..<32).map { first &+ UInt8($0) })!
    }

    private static let requests: [RouterRequest] = [
        .wait(patience: 0), .wait(patience: 240_000),
        .call(PeerName(UserID(bytes32(1)))),
        .call(PeerName(UserID(bytes32(1)), device: DeviceID(bytes32(100)))),
    ]
    private static let responses: [RouterResponse] = [
        .callers([]), .callers([SplicePass(bytes: bytes32(5)), SplicePass(bytes: bytes32(9))]),
        .pass(SplicePass(bytes: bytes32(7))), .refused(.notWaiting), .refused(.peerBusy),
    ]

    /// One message after the other, each behind its length.
    private static func joined(_ messages: [[UInt8]]) -> [UInt8] {
        var writer = ByteWriter()
        for message in messages { writer.counted(message) }
        return writer.bytes
    }

    private static func parted(_ bytes: [UInt8]) throws -> [[UInt8]] {
        var reader = ByteReader(bytes, format: "golden")
        var messages: [[UInt8]] = []
        while reader.remainingByteCount > 0 {
            messages.append(try reader.counted(limit: 4096, field: "message"))
        }
        return messages
    }

    private func check<Value: Equatable>(
        _ values: [Value], encode: (Value) -> [UInt8], decode: ([UInt8]) throws -> Value,
        golden: String
    ) throws {
        try SessionGolden.update(RouterFormatTests.joined(values.map(encode)), golden)
        let messages = try RouterFormatTests.parted(SessionGolden.bytes(golden))
        #expect(messages == values.map(encode))
        #expect(try messages.map(decode) == values)
        for message in messages {
            for bit in 0..<message.count * 8 {
                var changed = message
                changed[bit / 8] ^= 1 << (bit % 8)
                #expect(throws: FormatError.self) { try decode(changed) }
            }
            for count in 0..<message.count {
                #expect(throws: FormatError.self) { try decode(Array(message[..<count])) }
            }
            #expect(throws: FormatError.self) { try decode(message + [0]) }
        }
    }

    @Test func `requests are those of the golden file, and no changed bit or cut of them`() throws {
        try check(
            RouterFormatTests.requests, encode: { $0.encoded() }, decode: { try RouterRequest($0) },
            golden: "router/requests-v1.bin")
    }

    @Test func `answers are those of the golden file, and no changed bit or cut of them`() throws {
        try check(
            RouterFormatTests.responses, encode: { $0.encoded() },
            decode: { try RouterResponse($0) }, golden: "router/responses-v1.bin")
    }

    @Test func `a preface is that of the golden file, and no cut of it or other magic`() throws {
        let pass = SplicePass(bytes: RouterFormatTests.bytes32(3))
        try SessionGolden.update(pass.preface, "router/preface-v1.bin")
        let bytes = try SessionGolden.bytes("router/preface-v1.bin")
        #expect(bytes == pass.preface)
        #expect(bytes.count == SplicePass.prefaceLength && bytes[0] == SplicePass.firstByte)
        #expect(try SplicePass(preface: bytes) == pass)
        for count in 0..<bytes.count {
            #expect(throws: FormatError.self) { try SplicePass(preface: Array(bytes[..<count])) }
        }
        for bit in 0..<64 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: FormatError.self) { try SplicePass(preface: changed) }
        }
    }

    @Test func `forged checksums around wrong fields are refused`() {
        func sealed(_ body: [UInt8]) -> [UInt8] {
            var writer = ByteWriter()
            writer.raw(body)
            writer.checksum()
            return writer.bytes
        }
        let request = Array("BDROUT01".utf8)
        let user = [UInt8](repeating: 7, count: 32)
        for body: [UInt8] in [[], [0], [3], [1, 0, 0, 0], [2] + user, [2] + user + [2] + user] {
            #expect(throws: FormatError.self) { try RouterRequest(sealed(request + body)) }
        }
        let answer = Array("BDROTR01".utf8)
        for body: [UInt8] in [
            [], [0], [4], [1, 17, 0, 0, 0], [1, 255, 255, 255, 255], [3, 0], [3, 5],
            [2] + user + [0],
        ] {
            #expect(throws: FormatError.self) { try RouterResponse(sealed(answer + body)) }
        }
    }

    @Test func `random messages never trap`() {
        var dice = Dice(17)
        for _ in 0..<2000 {
            let noise = (0..<dice.roll(90)).map { _ in UInt8(dice.roll(256)) }
            #expect(throws: FormatError.self) { try RouterRequest(noise) }
            #expect(throws: FormatError.self) { try RouterResponse(noise) }
        }
    }
}
