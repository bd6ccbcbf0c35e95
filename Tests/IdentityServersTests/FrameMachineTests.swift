import Foundation
import Identities
import Model
import Testing

@testable import IdentityServers

struct FrameMachineTests {
    private var machine = FrameMachine(host: Host("host-a.com")!)
    private let alice: SampleUser

    init() throws { alice = try SampleUser(1) }

    private func data(_ id: Int32, _ total: Int, _ bytes: some Sequence<UInt8>) -> [UInt8] {
        var writer = ByteWriter()
        writer.magic("1d")
        writer.integer(id)
        writer.integer(Int32(total))
        writer.raw(Array(bytes))
        return writer.bytes
    }

    @Test mutating func `the frames are the golden ones`() throws {
        let frames: [(String, [UInt8])] = [
            ("hello", Array("1h192.0.2.7:7771 http://host-a.com/alice.xml".utf8)),
            ("first part", data(7, 6, [1, 2, 3, 4])), ("abort", Array("1a".utf8) + [9, 0, 0, 0]),
            ("second part", data(7, 6, [5, 6])), ("unknown", Array("1x".utf8)),
        ]
        var lines: [String] = []
        for (name, frame) in frames {
            lines.append("\(name) < \(Hex.encode(frame))")
            for effect in machine.receive(frame) {
                switch effect {
                case .send(let bytes): lines.append("\(name) > \(Hex.encode(bytes))")
                case .upload(let id, let bytes):
                    lines.append("\(name) upload \(Hex.encode(bytes))")
                    for case .send(let answer) in machine.decided(id, refusal: nil) {
                        lines.append("\(name) > \(Hex.encode(answer))")
                    }
                    for case .send(let answer) in machine.decided(id, refusal: .nameTaken) {
                        lines.append("\(name), refused > \(Hex.encode(answer))")
                    }
                case .disconnect(let fault): lines.append("\(name) disconnect \(fault)")
                }
            }
        }
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "fixtures/identity-server/frames-v1.txt")
        let text = lines.joined(separator: "\n") + "\n"
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        }
        #expect(try String(contentsOf: url, encoding: .utf8) == text)
    }

    @Test func `everything else ends the connection`() {
        let long = [UInt8](repeating: 0x31, count: FrameMachine.frameLengthMax + 1)
        let faults: [([UInt8], FrameMachine.Fault)] = [
            ([], .tooShort), ([0x31], .tooShort), (long, .tooLong),
            (Array("2h".utf8), .badVersion(0x32)), ([1, 0x68], .badVersion(1)),
            (Array("1w".utf8), .badCommand(0x77)), (Array("1o".utf8), .badCommand(0x6F)),
            (Array("1d".utf8), .badData), (Array("1d1234567".utf8), .badData),
            (data(1, 0, []), .badData), (data(1, -1, [1]), .badData),
            (data(1, 2, [1, 2, 3]), .badData),
            (data(1, (32 << 10) + 1, [1]), .badData),
        ]
        for (frame, fault) in faults {
            var machine = machine
            let effects = machine.receive(frame)
            #expect(effects == [.disconnect(fault)])
            let later = machine.receive(Array("1h".utf8)) + machine.decided(1, refusal: nil)
            #expect(later.isEmpty)
        }
    }

    @Test func `a total that changes, many files and many frames end it too`() {
        func effects(of frames: [[UInt8]]) -> [[FrameMachine.Effect]] {
            var machine = machine
            return frames.map { machine.receive($0) }
        }
        let changing = effects(of: [data(1, 10, [1]), data(1, 11, [2])])
        #expect(changing.last == [.disconnect(.badData)])
        let files = effects(of: (1...5).map { data($0, 10, [1]) })
        #expect(files.map(\.count) == [1, 1, 1, 1, 1])
        #expect(files.last == [.disconnect(.tooManyFiles)])
        let many = Limits.identityFrameCountMax
        let frames = effects(of: [[UInt8]](repeating: Array("1a".utf8), count: many + 1))
        #expect(frames.dropLast().allSatisfy { $0.isEmpty })
        #expect(frames.last == [.disconnect(.tooManyFrames)])
        let aborted = effects(
            of: (1...20 as ClosedRange<UInt8>).flatMap {
                [data(Int32($0), 10, [1]), Array("1a".utf8) + [$0, 0, 0, 0]]
            })
        #expect(aborted.map(\.count) == (0..<40).map { 1 - $0 % 2 })
    }

    @Test(arguments: [1, 100, 16 << 10, 40_000])
    func `a document in frames of any length is stored`(length: Int) throws {
        let clock = HandClock()
        let server = try IdentityServer(
            settings: IdentityServerSettings(host: Host("host-a.com")!), store: MemoryDocuments(),
            time: clock)
        let document = try alice.document()
        let bytes = length == 1 ? Array(document.bytes.prefix(200)) : document.bytes
        var session = FrameSession(server: server, client: IPAddress("192.0.2.7")!)
        var last: [[UInt8]] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
            let part = bytes[start..<min(start + length, bytes.count)]
            let (replies, isOpen) = session.receive(data(3, bytes.count, part))
            #expect(isOpen)
            last = replies
        }
        if length == 1 {
            #expect(last == [Array("1a".utf8) + [3, 0, 0, 0] + Array(" malformed".utf8)])
        } else {
            #expect(last == [Array("1o".utf8) + [3, 0, 0, 0]])
            #expect(server.get("/alice.xml").body == document.bytes)
        }
    }

    @Test func `random frames never trap`() {
        var state: UInt64 = 1
        func next() -> UInt8 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
        for _ in 0..<2000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int(next() % 20) {
                let count = next() % 30
                bytes.append(count + 2)
                bytes += [0x31, [0x64, 0x68, 0x61][Int(next() % 3)]]
                bytes += (0..<count).map { _ in next() % 4 }
            }
            fuzzIdentityFrames(bytes)
        }
    }
}
