internal import Model

/// Turns stored frames back into plaintext; for bytes that nobody has checked yet.
///
/// Whatever the stored bytes are, nothing is written past `target`, no memory is taken beyond a
/// fixed amount per codec, and the outcome is plaintext of the declared length or an error. That
/// the plaintext is the right one is for the chunk ids to say.
///
/// Thread rules: one thread at a time; each worker has its own.
package final class FrameExpander {
    private var zstd: ZstdExpander?
    private var deflate: DeflateExpander?

    package init() {}

    /// Expands one frame; `target` is exactly as long as its plaintext.
    ///
    /// The contexts are made by the first frame that needs them and kept.
    ///
    /// - Throws: ``CompressionError/malformed(_:)``,
    ///   ``CompressionError/lengthMismatch(_:expected:)`` or
    ///   ``CompressionError/windowTooLong(length:limit:)`` for damaged bytes;
    ///   ``CompressionError/frameTooLong(length:limit:)`` when `target` is no frame's length;
    ///   ``CompressionError/outOfMemory(_:)``. `target` then holds nothing of use.
    package func expand(
        _ stored: UnsafeRawBufferPointer, codec: Codec,
        into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        guard target.count <= Limits.frameLengthMax else {
            throw .frameTooLong(length: target.count, limit: Limits.frameLengthMax)
        }
        if codec == .none {
            guard stored.count == target.count else {
                throw .lengthMismatch(.none, expected: target.count)
            }
            target.copyMemory(from: stored)
            return
        }
        // Writers store what does not shrink, so anything as long as its plaintext is a forgery.
        guard !stored.isEmpty, stored.count < target.count else { throw .malformed(codec) }
        if codec == .zstd {
            if zstd == nil { zstd = try ZstdExpander() }
            try zstd!.expand(stored, into: target)
        } else {
            if deflate == nil { deflate = try DeflateExpander() }
            try deflate!.expand(stored, into: target)
        }
    }
}
