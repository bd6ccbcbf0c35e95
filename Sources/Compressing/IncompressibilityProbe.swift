/// Whether to look at samples of a frame before compressing all of it.
package enum ProbeUse: Hashable, Sendable {
    /// Where it pays: see ``IncompressibilityProbe/pays(for:)``.
    case automatic
    case always
    case never
}

/// Guesses from a few samples that a frame will not shrink.
///
/// Compresses `sampleCount` samples of 4 KiB, evenly spread, with zstd's first level, and stops at
/// the first that shrinks by a 32nd. A frame is called incompressible only when no sample shrinks,
/// so a compressible run shorter than the distance of two samples may be missed, and so are
/// repetitions of incompressible bytes.
final class IncompressibilityProbe {
    static let sampleLength = 4096
    static let sampleCount = 8
    /// Frames shorter than this are compressed at once: the samples would be most of them.
    static let frameLengthMin = 4 * sampleCount * sampleLength

    private let compressor: ZstdCompressor
    private let target: UnsafeMutableRawBufferPointer

    init() throws(CompressionError) {
        compressor = try ZstdCompressor(level: 1)
        let limit = IncompressibilityProbe.sampleLength * 31 / 32
        target = .allocate(byteCount: limit, alignment: 16)
    }

    deinit {
        target.deallocate()
    }

    /// Whether no sample of `plaintext` shrinks; always `false` for a short frame.
    func findsNothing(in plaintext: UnsafeRawBufferPointer) throws(CompressionError) -> Bool {
        let length = IncompressibilityProbe.sampleLength
        let last = IncompressibilityProbe.sampleCount - 1
        guard plaintext.count >= IncompressibilityProbe.frameLengthMin else { return false }
        for index in 0...last {
            let offset = (plaintext.count - length) / last * index
            let sample = UnsafeRawBufferPointer(rebasing: plaintext[offset..<offset + length])
            if try compressor.compress(sample, into: target) != nil { return false }
        }
        return true
    }

    static func pays(for setting: CompressionSetting) -> Bool {
        switch setting.codec {
        case .none: false
        case .deflate: true
        case .zstd: setting.level > 3
        }
    }
}
