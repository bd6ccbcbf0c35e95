internal import Model

/// Compresses frames; what does not shrink is stored.
///
/// Thread rules: one thread at a time; each worker has its own. The working memory is kept, so a
/// call allocates nothing once frames of the usual length have gone through.
///
/// - SeeAlso: docs/formats/frame.md, fixtures/frame.
package final class FrameCompressor {
    package let setting: CompressionSetting
    private let zstd: ZstdCompressor?
    private let deflate: DeflateCompressor?
    private let probe: IncompressibilityProbe?

    /// - Throws: ``CompressionError/outOfMemory(_:)`` or
    ///   ``CompressionError/libraryFailed(_:code:)``.
    package init(
        _ setting: CompressionSetting, probe use: ProbeUse = .automatic
    ) throws(CompressionError) {
        let probes = use == .automatic && setting.codec != .none
        self.setting = setting
        self.zstd = setting.codec == .zstd ? try ZstdCompressor(level: setting.level) : nil
        self.deflate = setting.codec == .deflate ? try DeflateCompressor(level: setting.level) : nil
        self.probe = probes ? try IncompressibilityProbe() : nil
    }

    /// Writes one frame into `target` when that makes it shorter.
    ///
    /// A frame that does not shrink is stored as it is: what to store then is `plaintext` itself,
    /// and nothing is copied.
    ///
    /// - Parameters:
    ///   - plaintext: consecutive chunks, at most `Limits.frameLengthMax` bytes together.
    ///   - target: at least as many bytes; must not overlap `plaintext`.
    /// - Returns: the codec and the bytes to store: a part of `target`, shorter than `plaintext`,
    ///   or `plaintext` when the codec is `none`.
    /// - Throws: ``CompressionError/frameTooLong(length:limit:)``,
    ///   ``CompressionError/targetTooSmall(have:need:)``, or what the library reports.
    package func compress(
        _ plaintext: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> (codec: Codec, stored: UnsafeRawBufferPointer) {
        guard plaintext.count <= Limits.frameLengthMax else {
            throw .frameTooLong(length: plaintext.count, limit: Limits.frameLengthMax)
        }
        guard target.count >= plaintext.count else {
            throw .targetTooSmall(have: target.count, need: plaintext.count)
        }
        guard let length = try shrink(plaintext, into: target) else { return (.none, plaintext) }
        return (setting.codec, UnsafeRawBufferPointer(rebasing: target[..<length]))
    }

    /// The compressed length; `nil` when it would not be less than the plaintext's.
    private func shrink(
        _ plaintext: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int? {
        guard plaintext.count > 1 else { return nil }
        if let hopeless = try probe?.findsNothing(in: plaintext), hopeless { return nil }
        let room = UnsafeMutableRawBufferPointer(rebasing: target[..<(plaintext.count - 1)])
        switch setting.codec {
        case .none: return nil
        case .zstd: return try zstd!.compress(plaintext, into: room)
        case .deflate: return try deflate!.compress(plaintext, into: room)
        }
    }
}
