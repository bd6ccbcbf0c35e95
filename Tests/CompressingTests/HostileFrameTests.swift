import Compressing
import Foundation
import Model
import Testing

private let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "fixtures/frame")

/// The plaintext of every golden frame.
private let goldenPlaintext = lineBytes(3000)
private let goldenCodecs: [Codec] = [.none, .zstd, .deflate]

private func golden(_ codec: Codec) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: fixtures.appending(path: "\(codec)-v1.bin")))
}

@Suite struct GoldenFrameTests {
    @Test(arguments: goldenCodecs)
    func `the frames of format version 1 expand`(codec: Codec) throws {
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            let setting = try #require(CompressionSetting("\(codec)"))
            let frame = try FrameCompressor(setting).frame(goldenPlaintext)
            #expect(frame.codec == codec)
            try Data(frame.bytes).write(to: fixtures.appending(path: "\(codec)-v1.bin"))
        }
        let stored = try golden(codec)
        let plaintext = try FrameExpander().plaintext(stored, codec: codec, length: 3000)
        #expect(plaintext == goldenPlaintext)
    }

    @Test(arguments: goldenCodecs)
    func `every truncation is refused`(codec: Codec) throws {
        let stored = try golden(codec)
        let expander = FrameExpander()
        for count in 0..<stored.count {
            let error = #expect(throws: CompressionError.self) {
                try expander.plaintext(Array(stored[..<count]), codec: codec, length: 3000)
            }
            #expect(error?.isCorruption == true)
        }
    }

    @Test(arguments: goldenCodecs)
    func `every other length is refused`(codec: Codec) throws {
        let stored = try golden(codec)
        let expander = FrameExpander()
        for length in [0, 1, 100, 2999, 3001, 3500, 1 << 20] {
            #expect(throws: CompressionError.self) {
                try expander.plaintext(stored, codec: codec, length: length)
            }
        }
    }

    @Test(arguments: goldenCodecs)
    func `bytes after the end are refused`(codec: Codec) throws {
        let stored = try golden(codec)
        let expander = FrameExpander()
        let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0]
        for tail in [[0], [0, 0, 0], skippable, stored] {
            #expect(throws: CompressionError.self) {
                try expander.plaintext(stored + tail, codec: codec, length: 3000)
            }
        }
    }

    @Test(arguments: goldenCodecs)
    func `a single-bit change is refused, changes the plaintext, or says the same in other bits`(
        codec: Codec
    ) throws {
        let stored = try golden(codec)
        let expander = FrameExpander()
        var sameCount = 0
        for bit in 0..<stored.count * 8 {
            var changed = stored
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            let plaintext: [UInt8]
            do {
                plaintext = try expander.plaintext(changed, codec: codec, length: 3000)
            } catch let error as CompressionError {
                #expect(error.isCorruption)
                continue
            }
            #expect(plaintext.count == 3000)
            if plaintext == goldenPlaintext { sameCount += 1 }
        }
        // Compressed streams have more than one spelling: spare bits in the last byte of DEFLATE,
        // and in zstd the tables of symbols that do not occur and matches at equal distances. The
        // plaintext is then right, and the chunk ids, which are of the plaintext, say so.
        #expect(sameCount * 50 < stored.count * 8)
        if codec == .none { #expect(sameCount == 0) }
    }

    @Test(arguments: goldenCodecs)
    func `an expander that met damage still expands`(codec: Codec) throws {
        let stored = try golden(codec)
        let expander = FrameExpander()
        _ = try? expander.plaintext(Array(stored.dropLast()), codec: codec, length: 3000)
        _ = try? expander.plaintext(randomBytes(900, seed: 1), codec: codec, length: 3000)
        #expect(try expander.plaintext(stored, codec: codec, length: 3000) == goldenPlaintext)
    }
}

@Suite struct HostileFrameTests {
    @Test(arguments: [Codec.zstd, .deflate])
    func `random bytes never trap`(codec: Codec) {
        let expander = FrameExpander()
        var generator = SplitMix(state: 8)
        for round in 0..<3000 {
            var stored = randomBytes(
                Int.random(in: 0...200, using: &generator), seed: UInt64(round))
            // Half of them get past the magic and, often, the header.
            if codec == .zstd, round % 2 == 0, stored.count > 8 {
                stored.replaceSubrange(0..<7, with: [0x28, 0xB5, 0x2F, 0xFD, 0x60, 0x2C, 0x00])
            }
            _ = try? expander.plaintext(stored, codec: codec, length: 300)
        }
    }

    @Test func `a zstd frame that declares more than its table is refused by its header`() {
        // Single segment, content size of eight bytes: 2^62, then one RLE block.
        let bomb: [UInt8] =
            [0x28, 0xB5, 0x2F, 0xFD, 0xE0, 0, 0, 0, 0, 0, 0, 0, 0x40] + [0x03, 0x00, 0x10, 0x41]
        #expect(throws: CompressionError.lengthMismatch(.zstd, expected: 1 << 20)) {
            try FrameExpander().plaintext(bomb, codec: .zstd, length: 1 << 20)
        }
    }

    @Test func `a zstd frame that holds more than it declares is refused`() {
        // Declares 300 bytes; its RLE block gives 131,072.
        let bomb: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x60, 0x2C, 0x00] + [0x03, 0x00, 0x10, 0x41]
        #expect(throws: CompressionError.malformed(.zstd)) {
            try FrameExpander().plaintext(bomb, codec: .zstd, length: 300)
        }
    }

    @Test func `a zstd frame that holds less than it declares is refused`() {
        let short: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x60, 0x2C, 0x00] + [0x53, 0x00, 0x00, 0x41]
        #expect(throws: CompressionError.malformed(.zstd)) {
            try FrameExpander().plaintext(short, codec: .zstd, length: 300)
        }
    }

    @Test func `a zstd window of more than 8 MiB is refused`() throws {
        // Window descriptor, two-byte content size 300, one RLE block of 300 bytes.
        func frame(_ window: UInt8) -> [UInt8] {
            [0x28, 0xB5, 0x2F, 0xFD, 0x40, window, 0x2C, 0x00] + [0x63, 0x09, 0x00, 0x41]
        }
        let expander = FrameExpander()
        #expect(
            try expander.plaintext(frame(13 << 3), codec: .zstd, length: 300)
                == [UInt8](repeating: 0x41, count: 300))
        #expect(throws: CompressionError.windowTooLong(length: 9 << 20, limit: 8 << 20)) {
            try expander.plaintext(frame(13 << 3 | 1), codec: .zstd, length: 300)
        }
        #expect(throws: CompressionError.self) {
            try expander.plaintext(frame(0xFF), codec: .zstd, length: 300)
        }
    }

    @Test(
        arguments: [
            [0x28, 0xB5, 0x2F, 0xFD, 0x00, 0x50, 0x63, 0x09, 0x00, 0x41],  // no content size
            [0x28, 0xB5, 0x2F, 0xFD, 0x61, 0x07, 0x2C, 0x00, 0x63, 0x09, 0x00, 0x41],  // dictionary
            [0x28, 0xB5, 0x2F, 0xFD, 0x64, 0x2C, 0x00, 0x63, 0x09, 0x00, 0x41, 0, 0],  // checksum
            [0x28, 0xB5, 0x2F, 0xFD, 0x68, 0x2C, 0x00, 0x63, 0x09, 0x00, 0x41],  // reserved bit
            [0x27, 0xB5, 0x2F, 0xFD, 0x60, 0x2C, 0x00, 0x63, 0x09, 0x00, 0x41],  // an older format
            [0x50, 0x2A, 0x4D, 0x18, 0x04, 0x00, 0x00, 0x00, 1, 2, 3, 4],  // a skippable frame
        ] as [[UInt8]])
    func `zstd frames that our writer never makes are refused`(stored: [UInt8]) {
        #expect(throws: CompressionError.malformed(.zstd)) {
            try FrameExpander().plaintext(stored, codec: .zstd, length: 300)
        }
    }

    @Test func `a deflate bomb stops at the declared length`() throws {
        let compressor = try FrameCompressor(#require(CompressionSetting("deflate")))
        let bomb = try compressor.frame([UInt8](repeating: 0, count: 1 << 20))
        #expect(bomb.bytes.count < 2000)
        #expect(throws: CompressionError.lengthMismatch(.deflate, expected: 5000)) {
            try FrameExpander().plaintext(bomb.bytes, codec: .deflate, length: 5000)
        }
    }

    @Test(arguments: [Codec.zstd, .deflate])
    func `a compressed frame as long as its plaintext is refused`(codec: Codec) {
        #expect(throws: CompressionError.malformed(codec)) {
            try FrameExpander().plaintext(randomBytes(64, seed: 9), codec: codec, length: 64)
        }
        #expect(throws: CompressionError.malformed(codec)) {
            try FrameExpander().plaintext([], codec: codec, length: 0)
        }
    }
}
