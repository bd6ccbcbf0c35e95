import Model
import NIOCore
import Testing

@testable import Networking

@Suite struct SessionFrameTests {
    private static let golden = "session/v1.bin"

    /// One frame of each kind, with what follows a data frame.
    private static let parts: [SessionFrameParser.Part] = [
        .frame(.hello),
        .frame(
            .request(
                stream: 1,
                RequestOpening(
                    header: Array("put".utf8), payloadLength: 5, responseLengthMax: 1 << 20,
                    timeAllowed: 60_000))),
        .frame(.data(stream: 1, byteCount: 5)),
        .bytes(stream: 1, ByteBuffer(bytes: [9, 8, 7, 6, 5])),
        .frame(.response(stream: 1, header: Array("stored".utf8), payloadLength: 0)),
        .frame(.credit(stream: 3, byteCount: Limits.sessionPayloadLengthMax)),
        .frame(.reset(stream: 3, .busy)),
        .frame(.ping(0x0123_4567_89ab_cdef)),
        .frame(.pong(0x0123_4567_89ab_cdef)),
        .frame(.goodbye),
        .frame(.advance(byteCount: Limits.sessionPayloadLengthMax)),
        .frame(
            .request(
                stream: 5,
                RequestOpening(
                    header: Array("put".utf8), payloadLength: 1 << 20, responseLengthMax: 0,
                    timeAllowed: 60_000, isAdvanced: true))),
    ]

    private static func bytes(of parts: [SessionFrameParser.Part]) -> [UInt8] {
        var buffer = ByteBuffer()
        for part in parts {
            switch part {
            case .frame(let frame): frame.write(to: &buffer)
            case .bytes(_, let bytes): buffer.writeImmutableBuffer(bytes)
            }
        }
        return Array(buffer: buffer)
    }

    /// Feeds `bytes` in pieces of `step`; pieces of data frames are put together.
    private static func read(
        _ bytes: [UInt8], step: Int
    ) throws(SessionViolation) -> (parts: [SessionFrameParser.Part], parser: SessionFrameParser) {
        var parser = SessionFrameParser()
        var parts: [SessionFrameParser.Part] = []
        for start in stride(from: 0, to: bytes.count, by: step) {
            let piece = bytes[start..<min(bytes.count, start + step)]
            parser.append(ByteBuffer(bytes: piece))
            while let part = try parser.next() {
                if case .bytes(let stream, var more) = part,
                    case .bytes(stream, var whole) = parts.last
                {
                    whole.writeBuffer(&more)
                    parts[parts.count - 1] = .bytes(stream: stream, whole)
                } else {
                    parts.append(part)
                }
            }
            parser.settle()
        }
        return (parts, parser)
    }

    @Test func `frames have the golden bytes and come out whole however they are cut`() throws {
        let bytes = SessionFrameTests.bytes(of: SessionFrameTests.parts)
        try SessionGolden.update(bytes, SessionFrameTests.golden)
        #expect(try SessionGolden.bytes(SessionFrameTests.golden) == bytes)
        for step in 1...bytes.count {
            let (parts, parser) = try SessionFrameTests.read(bytes, step: step)
            #expect(parts == SessionFrameTests.parts)
            #expect(!parser.isWithinFrame)
        }
    }

    @Test func `no beginning of a frame is taken for a frame`() throws {
        let bytes = SessionFrameTests.bytes(of: SessionFrameTests.parts)
        for count in 0..<bytes.count {
            let parts = try SessionFrameTests.read(Array(bytes[..<count]), step: bytes.count).parts
            #expect(parts != SessionFrameTests.parts)
            #expect(
                zip(parts, SessionFrameTests.parts).dropLast().allSatisfy { $0 == $1 },
                "all but the last part are as in the whole")
        }
    }

    @Test func `a changed bit gives other frames or an error, and what is read is written so`()
        throws
    {
        let bytes = SessionFrameTests.bytes(of: SessionFrameTests.parts)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            guard let (parts, parser) = try? SessionFrameTests.read(changed, step: changed.count)
            else { continue }
            #expect(parts != SessionFrameTests.parts)
            if !parser.isWithinFrame { #expect(SessionFrameTests.bytes(of: parts) == changed) }
        }
    }

    @Test(
        arguments: [
            ("an unknown kind", [10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("no kind", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("reserved bytes", [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            ("a stream where there is none", [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
            ("no stream where there is one", [4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
            ("a hello with a body", [1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0]),
            ("empty data", [4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]),
            ("long data", [4, 0, 0, 0, 1, 0, 0, 0, 1, 0, 4, 0]),
            ("a long header", [2, 0, 0, 0, 1, 0, 0, 0, 17, 128, 1, 0]),
            ("the longest length", [2, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255]),
            ("a short request", [2, 0, 0, 0, 1, 0, 0, 0, 15, 0, 0, 0]),
            ("no credit", [5, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0]),
            ("too much credit", [5, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 1, 0, 0, 1]),
            ("an unknown reason", [6, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 7, 0, 0, 0]),
            (
                "a header length that is not what is left",
                [3, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]
            ),
            (
                "no time",
                [2, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0]
                    + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
            ),
        ] as [(String, [UInt8])])
    func `a malformed frame is refused`(_ fault: (String, [UInt8])) {
        #expect(throws: SessionViolation.self, "\(fault.0)") {
            try SessionFrameTests.read(fault.1, step: fault.1.count)
        }
    }

    @Test func `a claim of length makes nothing be kept`() throws {
        var parser = SessionFrameParser()
        // A header of 64 KiB and data of 256 KiB are announced; 12 bytes came of each.
        parser.append(ByteBuffer(bytes: [2, 0, 0, 0, 1, 0, 0, 0, 16, 0, 1, 0]))
        #expect(try parser.next() == nil)
        parser.settle()
        #expect(parser.keptByteCount == 12)
        var other = SessionFrameParser()
        other.append(ByteBuffer(bytes: [4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 4, 0]))
        #expect(try other.next() == .frame(.data(stream: 1, byteCount: 256 << 10)))
        #expect(try other.next() == nil)
        other.settle()
        #expect(other.keptByteCount == 0)
        #expect(other.isWithinFrame)
    }

    @Test func `random bytes never trap and never make much be kept`() {
        var dice = Dice(5)
        for _ in 0..<3000 {
            var parser = SessionFrameParser()
            let kind = UInt8(dice.roll(12))
            var bytes: [UInt8] = [kind, 0, 0, 0, UInt8(dice.roll(3)), 0, 0, 0]
            bytes += [UInt8(dice.roll(30)), 0, UInt8(dice.roll(20) / 19), 0]
            for _ in 0..<dice.roll(60) { bytes.append(UInt8(dice.roll(256))) }
            parser.append(ByteBuffer(bytes: bytes))
            while (try? parser.next()) != nil {}
            parser.settle()
            #expect(parser.keptByteCount <= bytes.count)
        }
    }
}
