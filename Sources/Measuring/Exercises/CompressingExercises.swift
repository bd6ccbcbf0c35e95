internal import Compressing
internal import Model

extension Exercise {
    /// Frames of 1 MiB of plaintext at the default level.
    static func compressing(byteCount: Int) -> [Exercise] {
        Material.allCases.map { material in
            Exercise(.compressing, material.rawValue) {
                let frames = FrameField(material, byteCount: byteCount)
                let compressor = try FrameCompressor(.standard)
                let library = try LibZstd(level: CompressionSetting.standard.level)
                let targets = frames.targets
                return [
                    Contender("ours", .ours, byteCount: byteCount) {
                        for index in frames.sources.indices {
                            frames.stored[index] = try compressor.compress(
                                frames.sources[index], into: targets[index])
                        }
                    } checksum: {
                        checksum(of: frames.storedBytes)
                    }, .memcpy(frames.sources, to: targets),
                    Contender("libzstd", .library, byteCount: byteCount) {
                        for source in frames.sources { _ = try library.compress(source) }
                    },
                ].keeping(frames)
            }
        }
    }

    /// The same frames back.
    static func expanding(byteCount: Int) -> [Exercise] {
        [
            Exercise(.expanding, Material.sourceText.rawValue) {
                let frames = FrameField(.sourceText, byteCount: byteCount)
                let compressor = try FrameCompressor(.standard)
                for index in frames.sources.indices {
                    frames.stored[index] = try compressor.compress(
                        frames.sources[index], into: frames.targets[index])
                }
                return try expanders(of: frames, byteCount: byteCount)
            }
        ]
    }

    private static func expanders(
        of frames: FrameField, byteCount: Int
    ) throws -> [Contender] {
        let expander = FrameExpander()
        let library = try LibZstd(level: CompressionSetting.standard.level)
        let stored = frames.storedBytes
        let plain = PageBuffer(byteCount: byteCount)
        let targets = frames.ranges.map { plain[$0] }
        let whole = plain.first(byteCount)
        return [
            Contender("ours", .ours, byteCount: byteCount) {
                for index in stored.indices {
                    try expander.expand(
                        stored[index], codec: frames.stored[index].codec, into: targets[index])
                }
            } checksum: {
                checksum(of: [whole])
            }, .memcpy(frames.sources, to: targets),
            Contender("libzstd", .library, byteCount: byteCount, makesTheSame: true) {
                for index in stored.indices where frames.stored[index].codec == .zstd {
                    try library.expand(stored[index], into: targets[index])
                }
            } checksum: {
                checksum(of: [whole])
            },
        ].keeping(frames, plain)
    }
}

/// Frames of plaintext and room for what they become.
private final class FrameField {
    let ranges: [Range<Int>]
    let sources: [UnsafeRawBufferPointer]
    let targets: [UnsafeMutableRawBufferPointer]
    var stored: [(codec: Codec, stored: UnsafeRawBufferPointer)]
    private let buffers: [PageBuffer]

    init(_ material: Material, byteCount: Int) {
        let source = material.buffer(byteCount: byteCount)
        let target = PageBuffer(byteCount: byteCount)
        let length = Limits.frameLengthMax
        ranges = stride(from: 0, to: byteCount, by: length).map {
            $0..<min(byteCount, $0 + length)
        }
        sources = ranges.map { UnsafeRawBufferPointer(source[$0]) }
        targets = ranges.map { target[$0] }
        stored = sources.map { (.none, $0) }
        buffers = [source, target]
    }

    var storedBytes: [UnsafeRawBufferPointer] {
        stored.map(\.stored)
    }
}
