internal import CZstd

/// libzstd as it is, without our probe, checks and limits.
final class LibZstd {
    private let compressing: OpaquePointer
    private let expanding: OpaquePointer
    private let level: Int32

    init(level: Int) throws(MeasuringError) {
        guard let compressing = ZSTD_createCCtx(), let expanding = ZSTD_createDCtx() else {
            throw .libraryFailed(name: "ZSTD_createCCtx")
        }
        self.compressing = compressing
        self.expanding = expanding
        self.level = Int32(level)
    }

    deinit {
        ZSTD_freeCCtx(compressing)
        ZSTD_freeDCtx(expanding)
    }

    /// - Returns: bytes written; 0 when it does not shrink.
    func compress(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(MeasuringError) -> Int {
        let count = ZSTD_compressCCtx(
            compressing, target.baseAddress, target.count, source.baseAddress, source.count, level)
        if ZSTD_isError(count) == 0 { return count }
        guard ZSTD_getErrorCode(count) == ZSTD_error_dstSize_tooSmall else {
            throw .libraryFailed(name: "ZSTD_compressCCtx")
        }
        return 0
    }

    func expand(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(MeasuringError) {
        let count = ZSTD_decompressDCtx(
            expanding, target.baseAddress, target.count, source.baseAddress, source.count)
        guard count == target.count else { throw .libraryFailed(name: "ZSTD_decompressDCtx") }
    }
}
