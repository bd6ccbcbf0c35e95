internal import NIOCore

/// The bulk bytes of a request or a response. Copies share the bytes; slices do too.
package struct SessionPayload: Sendable, Equatable {
    let buffer: ByteBuffer

    init(_ buffer: ByteBuffer) {
        self.buffer = buffer
    }

    /// No bytes.
    package init() {
        buffer = ByteBuffer()
    }

    /// Copies `bytes`.
    package init(_ bytes: some Sequence<UInt8>) {
        buffer = ByteBuffer(bytes: bytes)
    }

    /// Copies `bytes`.
    package init(copying bytes: RawSpan) {
        var buffer = ByteBufferAllocator().buffer(capacity: bytes.byteCount)
        bytes.withUnsafeBytes { _ = buffer.writeBytes($0) }
        self.buffer = buffer
    }

    /// Lets `body` put up to `capacity` bytes where they are sent from, say from a disk.
    ///
    /// - Parameter body: gets `capacity` bytes of memory that is not initialised; returns how many
    ///   it has filled, from the first.
    /// - Precondition: `body` returns at most `capacity`.
    package init<Failure: Error>(
        capacity: Int, filling body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) {
        var buffer = ByteBufferAllocator().buffer(capacity: capacity)
        var result: Result<Void, Failure> = .success(())
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: capacity) { memory in
            do throws(Failure) {
                let count = try body(UnsafeMutableRawBufferPointer(rebasing: memory[..<capacity]))
                precondition(count >= 0 && count <= capacity)
                return count
            } catch {
                result = .failure(error)
                return 0
            }
        }
        try result.get()
        self.buffer = buffer
    }

    package var byteCount: Int { buffer.readableBytes }

    /// Lends the bytes for the length of the call.
    package func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let outcome = buffer.withUnsafeReadableBytes { bytes -> Swift.Result<Result, Failure> in
            do throws(Failure) {
                return .success(try body(bytes.bytes))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// A part that shares the bytes.
    ///
    /// - Precondition: `range` lies within `0..<byteCount`.
    package func slice(_ range: Range<Int>) -> SessionPayload {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        let start = buffer.readerIndex + range.lowerBound
        return SessionPayload(buffer.getSlice(at: start, length: range.count) ?? ByteBuffer())
    }

    /// A copy.
    package var array: [UInt8] { Array(buffer: buffer) }
}
