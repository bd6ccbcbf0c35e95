/// How the bytes of a frame are stored. The raw values are part of the format:
/// docs/formats/frame.md.
package enum Codec: UInt8, Hashable, Sendable, CaseIterable {
    /// As they are: the frame did not shrink, or shall not be compressed.
    case none = 0
    /// One Zstandard frame (RFC 8878) with its content size, without dictionary.
    case zstd = 1
    /// A raw DEFLATE stream (RFC 1951), without the header and checksum of zlib.
    case deflate = 2
}

/// Why a frame cannot be compressed or expanded.
package enum CompressionError: Error, Equatable, Sendable {
    /// The library could not allocate its working memory.
    case outOfMemory(Codec)
    /// The library refused sound input; `code` is its own.
    case libraryFailed(Codec, code: Int)
    case frameTooLong(length: Int, limit: Int)
    case targetTooSmall(have: Int, need: Int)
    /// The stored bytes are not what the codec writes.
    case malformed(Codec)
    /// The stored bytes do not expand to as many bytes as the frame's table says.
    case lengthMismatch(Codec, expected: Int)
    /// A stored frame asks for a larger window than any writer uses.
    case windowTooLong(length: UInt64, limit: UInt64)

    /// Whether stored bytes are damaged, rather than the caller or the machine at fault.
    package var isCorruption: Bool {
        switch self {
        case .malformed, .lengthMismatch, .windowTooLong: true
        case .outOfMemory, .libraryFailed, .frameTooLong, .targetTooSmall: false
        }
    }
}
