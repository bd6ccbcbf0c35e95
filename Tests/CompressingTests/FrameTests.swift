import Compressing
import Model
import Testing

private let settings = ["none", "zstd:-5", "zstd", "zstd:3", "zstd:19", "deflate:1", "deflate"]
private let lengths = [
    0, 1, 2, 3, 7, 63, 64, 65, 255, 256, 257, 4095, 4096, 65535, 65536, 131_071, 131_072, 200_001,
    1 << 20 - 1, 1 << 20,
]

@Suite struct FrameTests {
    @Test(arguments: settings)
    func `every frame comes back, whatever its length`(text: String) throws {
        let compressor = try FrameCompressor(#require(CompressionSetting(text)))
        let expander = FrameExpander()
        let lines = lineBytes(1 << 20)
        let noise = randomBytes(1 << 20, seed: 1)
        let nines = [UInt8](repeating: 9, count: 1 << 20)
        // Level 19 takes a second for each mebibyte.
        for length in lengths where text != "zstd:19" || length <= 65536 {
            for plaintext in [lines, noise, nines].map({ Array($0[..<length]) }) {
                let frame = try compressor.frame(plaintext)
                #expect(frame.codec == .none || frame.bytes.count < length)
                #expect(
                    try expander.plaintext(frame.bytes, codec: frame.codec, length: length)
                        == plaintext)
            }
        }
    }

    @Test(arguments: ["zstd", "zstd:19", "deflate"])
    func `what does not shrink is stored as it is`(text: String) throws {
        let compressor = try FrameCompressor(#require(CompressionSetting(text)), probe: .never)
        for length in [0, 1, 2, 10, 1000, 100_000] {
            let plaintext = randomBytes(length, seed: 2)
            #expect(try compressor.frame(plaintext) == StoredFrame(codec: .none, bytes: plaintext))
        }
    }

    @Test(arguments: ["zstd", "deflate"])
    func `what shrinks is compressed`(text: String) throws {
        let setting = try #require(CompressionSetting(text))
        let frame = try FrameCompressor(setting).frame(lineBytes(100_000))
        #expect(frame.codec == setting.codec)
        #expect(frame.bytes.count < 40_000)
    }

    @Test(arguments: settings)
    func `the same plaintext gives the same bytes, whatever went before`(text: String) throws {
        let setting = try #require(CompressionSetting(text))
        let fresh = try FrameCompressor(setting).frame(lineBytes(50_000))
        let used = try FrameCompressor(setting)
        for length in [1, 1000, 70_000] {
            _ = try used.frame(lineBytes(length))
            _ = try used.frame(randomBytes(length, seed: 3))
        }
        #expect(try used.frame(lineBytes(50_000)) == fresh)
    }

    @Test func `a frame longer than the limit is refused`() throws {
        let limit = Limits.frameLengthMax
        let compressor = try FrameCompressor(.standard)
        #expect(throws: CompressionError.frameTooLong(length: limit + 1, limit: limit)) {
            try compressor.frame([UInt8](repeating: 0, count: limit + 1))
        }
        #expect(throws: CompressionError.frameTooLong(length: limit + 1, limit: limit)) {
            try FrameExpander().plaintext([0], codec: .zstd, length: limit + 1)
        }
    }

    @Test func `a target shorter than the plaintext is refused`() throws {
        let compressor = try FrameCompressor(.standard)
        var target = [UInt8](repeating: 0, count: 99)
        #expect(throws: CompressionError.targetTooSmall(have: 99, need: 100)) {
            try lineBytes(100).withUnsafeBytes { source in
                try target.withUnsafeMutableBytes { _ = try compressor.compress(source, into: $0) }
            }
        }
    }
}

@Suite struct ProbeTests {
    @Test(arguments: ["zstd", "deflate"])
    func `the probe stores a random frame and compresses text`(text: String) throws {
        let setting = try #require(CompressionSetting(text))
        let compressor = try FrameCompressor(setting)
        let noise = randomBytes(1 << 20, seed: 4)
        #expect(try compressor.frame(noise) == StoredFrame(codec: .none, bytes: noise))
        #expect(try compressor.frame(lineBytes(1 << 20)).codec == setting.codec)
    }

    @Test func `one compressible sample among sixteen is enough`() throws {
        // DEFLATE, since zstd's first level itself strides over 4 KiB of text in random bytes.
        let setting = try #require(CompressionSetting("deflate:1"))
        let compressor = try FrameCompressor(setting)
        let noise = randomBytes(1 << 20, seed: 5)
        for sample in 0..<16 {
            var plaintext = noise
            let offset = (noise.count - 2048) / 15 * sample
            plaintext.replaceSubrange(offset..<offset + 2048, with: lineBytes(2048))
            #expect(try compressor.frame(plaintext).codec == .deflate)
        }
    }

    @Test func `a run of 72 KiB that shrinks is found wherever it lies`() throws {
        let compressor = try FrameCompressor(.standard)
        let noise = randomBytes(1 << 20, seed: 6)
        let lines = lineBytes(72 << 10)
        for offset in stride(from: 0, through: noise.count - lines.count, by: 19_456) {
            var plaintext = noise
            plaintext.replaceSubrange(offset..<offset + lines.count, with: lines)
            #expect(try compressor.frame(plaintext).codec == .zstd)
        }
    }

    @Test func `the probe misses text between its samples, and zstd alone does not`() throws {
        var plaintext = randomBytes(1 << 20, seed: 6)
        plaintext.replaceSubrange(2048..<68_000, with: lineBytes(68_000 - 2048))
        #expect(try FrameCompressor(.standard).frame(plaintext).codec == .none)
        #expect(try FrameCompressor(.standard, probe: .never).frame(plaintext).codec == .zstd)
    }

    @Test func `a short frame is not probed`() throws {
        var plaintext = randomBytes(100_000, seed: 7)
        plaintext.replaceSubrange(5000..<9000, with: lineBytes(4000))
        #expect(try FrameCompressor(.standard).frame(plaintext).codec == .zstd)
    }
}

@Suite struct CompressionSettingTests {
    @Test(arguments: [
        ("zstd", "zstd:1"), ("zstd:1", "zstd:1"), ("zstd:-5", "zstd:-5"), ("zstd:19", "zstd:19"),
        ("deflate", "deflate:6"), ("deflate:9", "deflate:9"), ("none", "none"),
    ])
    func `a setting is read and written`(text: String, description: String) throws {
        let setting = try #require(CompressionSetting(text))
        #expect(setting.description == description)
        #expect(CompressionSetting(description) == setting)
    }

    @Test(arguments: [
        "", ":", "zstd:", "zstd:0", "zstd:20", "zstd:-6", "zstd:+3", "zstd:03", "zstd:3:3",
        "zstd: 3", "ZSTD", "deflate:0", "deflate:10", "none:0", "none:1", "gzip", "zstd:x",
        "zstd:99999999999999999999",
    ])
    func `anything else is refused`(text: String) {
        #expect(CompressionSetting(text) == nil)
    }
}
