internal import CZstd
internal import Model

/// A Zstandard compressor with its working memory, which it keeps from call to call.
final class ZstdCompressor {
    private let context: OpaquePointer

    init(level: Int) throws(CompressionError) {
        guard let context = ZSTD_createCCtx() else { throw .outOfMemory(.zstd) }
        self.context = context
        // The content size lets a reader refuse a frame by its header; chunk ids replace checksums.
        let parameters: [(ZSTD_cParameter, Int32)] = [
            (ZSTD_c_compressionLevel, Int32(level)), (ZSTD_c_contentSizeFlag, 1),
            (ZSTD_c_checksumFlag, 0), (ZSTD_c_dictIDFlag, 0),
        ]
        for (parameter, value) in parameters {
            let result = ZSTD_CCtx_setParameter(context, parameter, value)
            guard ZSTD_isError(result) == 0 else { throw ZstdCompressor.failure(result) }
        }
    }

    deinit {
        ZSTD_freeCCtx(context)
    }

    /// Writes one frame into `target`; `nil` when it does not fit.
    func compress(
        _ plaintext: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int? {
        let result = ZSTD_compress2(
            context, target.baseAddress, target.count, plaintext.baseAddress, plaintext.count)
        if ZSTD_isError(result) == 0 { return Int(result) }
        if ZSTD_getErrorCode(result) == ZSTD_error_dstSize_tooSmall { return nil }
        throw ZstdCompressor.failure(result)
    }

    private static func failure(_ result: Int) -> CompressionError {
        let code = ZSTD_getErrorCode(result)
        if code == ZSTD_error_memory_allocation { return .outOfMemory(.zstd) }
        return .libraryFailed(.zstd, code: Int(code.rawValue))
    }
}

/// A Zstandard expander with its working memory.
final class ZstdExpander {
    private let context: OpaquePointer

    init() throws(CompressionError) {
        guard let context = ZSTD_createDCtx() else { throw .outOfMemory(.zstd) }
        self.context = context
    }

    deinit {
        ZSTD_freeDCtx(context)
    }

    /// Fills `target` from exactly one frame.
    ///
    /// The header is judged first, so that a bomb costs nothing; the library then writes into
    /// `target` itself and allocates no window.
    func expand(
        _ stored: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        let header = try ZstdHeader(stored)
        guard header.contentLength == UInt64(target.count) else {
            throw .lengthMismatch(.zstd, expected: target.count)
        }
        let limit = UInt64(Limits.frameWindowLengthMax)
        guard header.windowLength <= limit else {
            throw .windowTooLong(length: header.windowLength, limit: limit)
        }
        // The library takes several frames in a row for one; the format does not.
        guard ZSTD_findFrameCompressedSize(stored.baseAddress, stored.count) == stored.count else {
            throw .malformed(.zstd)
        }
        let result = ZSTD_decompressDCtx(
            context, target.baseAddress, target.count, stored.baseAddress, stored.count)
        guard ZSTD_isError(result) == 0 else {
            if ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation {
                throw .outOfMemory(.zstd)
            }
            throw .malformed(.zstd)
        }
        guard result == target.count else {
            throw .lengthMismatch(.zstd, expected: target.count)
        }
    }
}
