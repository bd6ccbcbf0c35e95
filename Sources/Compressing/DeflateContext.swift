internal import CZlib

/// The window of 32 KiB, negative for a raw stream, as zlib has it.
private let rawWindowBits: Int32 = -15

/// A DEFLATE compressor with its working memory, which it keeps from call to call.
final class DeflateCompressor {
    // zlib's state points back at the stream, which therefore must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init(level: Int) throws(CompressionError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = deflateInit2_(
            stream, Int32(level), Z_DEFLATED, rawWindowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw failure(status) }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Writes one stream into `target`; `nil` when it does not fit.
    func compress(
        _ plaintext: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) -> Int? {
        guard target.count > 0 else { return nil }
        let reset = deflateReset(stream)
        guard reset == Z_OK else { throw failure(reset) }
        stream.aim(at: plaintext, into: target)
        let status = deflate(stream, Z_FINISH)
        switch status {
        case Z_STREAM_END: return target.count - Int(stream.pointee.avail_out)
        case Z_OK, Z_BUF_ERROR: return nil
        default: throw failure(status)
        }
    }
}

/// A DEFLATE expander with its working memory.
final class DeflateExpander {
    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(CompressionError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let status = inflateInit2_(
            stream, rawWindowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else { throw failure(status) }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Fills `target` from exactly one stream; what it would write past the end is never written.
    func expand(
        _ stored: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(CompressionError) {
        let reset = inflateReset(stream)
        guard reset == Z_OK else { throw failure(reset) }
        stream.aim(at: stored, into: target)
        switch inflate(stream, Z_FINISH) {
        case Z_STREAM_END:
            guard stream.pointee.avail_out == 0 else {
                throw .lengthMismatch(.deflate, expected: target.count)
            }
            guard stream.pointee.avail_in == 0 else { throw .malformed(.deflate) }
        case Z_MEM_ERROR: throw .outOfMemory(.deflate)
        case Z_OK where stream.pointee.avail_out == 0,
            Z_BUF_ERROR where stream.pointee.avail_out == 0:
            throw .lengthMismatch(.deflate, expected: target.count)
        default: throw .malformed(.deflate)
        }
    }
}

extension UnsafeMutablePointer<z_stream> {
    /// Sets what to read and where to write. zlib reads through a pointer that is not const.
    fileprivate func aim(
        at source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) {
        pointee.next_in = UnsafeMutableRawPointer(mutating: source.baseAddress)?
            .assumingMemoryBound(to: UInt8.self)
        pointee.avail_in = UInt32(source.count)
        pointee.next_out = target.baseAddress?.assumingMemoryBound(to: UInt8.self)
        pointee.avail_out = UInt32(target.count)
    }
}

private func failure(_ status: Int32) -> CompressionError {
    status == Z_MEM_ERROR
        ? .outOfMemory(.deflate) : .libraryFailed(.deflate, code: Int(status))
}
