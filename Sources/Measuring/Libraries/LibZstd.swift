internal import CZstd
internal import Model

/// libzstd as it is, without our probe, checks and limits.
final class LibZstd {
    private let compressing: OpaquePointer
    private let expanding: OpaquePointer
    private let level: Int32
    /// Room for a frame that does not shrink.
    private let target = PageBuffer(byteCount: ZSTD_compressBound(Limits.frameLengthMax))

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

    /// Compresses one frame into memory of its own.
    ///
    /// - Returns: bytes written.
    func compress(_ source: UnsafeRawBufferPointer) throws(MeasuringError) -> Int {
        let count = ZSTD_compressCCtx(
            compressing, target.pointer, target.byteCount, source.baseAddress, source.count, level)
        guard ZSTD_isError(count) == 0 else { throw .libraryFailed(name: "ZSTD_compressCCtx") }
        return count
    }

    func expand(
        _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(MeasuringError) {
        let count = ZSTD_decompressDCtx(
            expanding, target.baseAddress, target.count, source.baseAddress, source.count)
        guard count == target.count else { throw .libraryFailed(name: "ZSTD_decompressDCtx") }
    }
}
