/// The header of a Zstandard frame, as much of it as decides whether the frame may be expanded.
///
/// The library would check most of this itself, but only after it has accepted skippable frames,
/// dictionaries and formats older than the standard, none of which our writer makes.
///
/// - SeeAlso: RFC 8878, 3.1.1.1.
struct ZstdHeader: Equatable {
    /// Bytes that a reader must keep, as the frame declares it.
    let windowLength: UInt64
    /// Bytes that the frame expands to, as the frame declares it.
    let contentLength: UInt64

    /// Throws `malformed` when the magic is wrong, the header is cut short, the content size is
    /// missing, or a checksum, a dictionary or a reserved bit is there.
    init(_ stored: UnsafeRawBufferPointer) throws(CompressionError) {
        guard stored.count >= 6, stored.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) else {
            throw .malformed(.zstd)
        }
        let descriptor = stored[4]
        let isSingleSegment = descriptor & 0x20 != 0
        let contentFlag = Int(descriptor >> 6)
        let hasContentLength = contentFlag != 0 || isSingleSegment
        // Unused and reserved bit, checksum, dictionary: our writer sets none of them.
        guard descriptor & 0x1F == 0, hasContentLength else {
            throw .malformed(.zstd)
        }
        let contentOffset = isSingleSegment ? 5 : 6
        let contentWidth = 1 << contentFlag
        guard stored.count >= contentOffset + contentWidth else { throw .malformed(.zstd) }
        var length: UInt64 = 0
        for index in (0..<contentWidth).reversed() {
            length = length << 8 | UInt64(stored[contentOffset + index])
        }
        // A two-byte size counts from 256 on.
        contentLength = contentWidth == 2 ? length + 256 : length
        windowLength = isSingleSegment ? contentLength : ZstdHeader.window(stored[5])
    }

    private static func window(_ descriptor: UInt8) -> UInt64 {
        let base: UInt64 = 1 << (10 + UInt64(descriptor >> 3))
        return base + base / 8 * UInt64(descriptor & 7)
    }
}
