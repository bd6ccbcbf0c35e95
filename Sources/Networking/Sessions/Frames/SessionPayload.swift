package import Model
internal import NIOCore

/// The bulk bytes of a request or a response. Copies share the bytes; slices do too.
package struct SessionPayload: Sendable {
    /// Part of a buffer that nobody writes into as long as a payload has it.
    package typealias Pages = (buffer: PageBuffer, range: Range<Int>)

    /// Long payloads are in pages: they come from where they were coded, and go to a disk, as they
    /// are. Only what is written at once is copied for the library.
    private enum Storage {
        case bytes(ByteBuffer)
        case pages([Pages])
    }

    private let storage: Storage
    package let byteCount: Int

    init(_ buffer: ByteBuffer) {
        storage = .bytes(buffer)
        byteCount = buffer.readableBytes
    }

    /// One part after the other.
    ///
    /// - Precondition: ranges lie within their buffers.
    package init(pages: [Pages]) {
        precondition(
            pages.allSatisfy {
                $0.range.lowerBound >= 0 && $0.range.upperBound <= $0.buffer.byteCount
            })
        storage = .pages(pages)
        byteCount = pages.reduce(0) { $0 + $1.range.count }
    }

    /// No bytes.
    package init() {
        self.init(ByteBuffer())
    }

    /// Copies `bytes`.
    package init(_ bytes: some Sequence<UInt8>) {
        self.init(ByteBuffer(bytes: bytes))
    }

    /// Copies `bytes`.
    package init(copying bytes: RawSpan) {
        var buffer = ByteBufferAllocator().buffer(capacity: bytes.byteCount)
        bytes.withUnsafeBytes { _ = buffer.writeBytes($0) }
        self.init(buffer)
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
        self.init(buffer)
    }

    /// Lends the bytes for the length of the call; several parts are copied first.
    package func withBytes<Result, Failure: Error>(
        _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        if case .pages(let pages) = storage, pages.count == 1 {
            return try body(UnsafeRawBufferPointer(pages[0].buffer[pages[0].range]).bytes)
        }
        let outcome = whole.withUnsafeReadableBytes { bytes -> Swift.Result<Result, Failure> in
            do throws(Failure) {
                return .success(try body(bytes.bytes))
            } catch {
                return .failure(error)
            }
        }
        return try outcome.get()
    }

    /// The bytes in pages: those that they came in, or a copy.
    package var pages: [Pages] {
        switch storage {
        case .pages(let pages): return pages
        case .bytes(let buffer):
            guard buffer.readableBytes > 0 else { return [] }
            let copy = PageBuffer(byteCount: buffer.readableBytes)
            buffer.withUnsafeReadableBytes { copy[0..<$0.count].copyMemory(from: $0) }
            return [(copy, 0..<buffer.readableBytes)]
        }
    }

    /// A part that shares the bytes.
    ///
    /// - Precondition: `range` lies within `0..<byteCount`.
    package func slice(_ range: Range<Int>) -> SessionPayload {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        switch storage {
        case .bytes(let buffer):
            let start = buffer.readerIndex + range.lowerBound
            return SessionPayload(buffer.getSlice(at: start, length: range.count) ?? ByteBuffer())
        case .pages(let pages):
            var parts: [Pages] = []
            var start = 0
            for (buffer, part) in pages {
                let wanted = range.clamped(to: start..<start + part.count)
                if !wanted.isEmpty {
                    let first = part.lowerBound + wanted.lowerBound - start
                    parts.append((buffer, first..<first + wanted.count))
                }
                start += part.count
            }
            return SessionPayload(pages: parts)
        }
    }

    /// The first bytes as the library writes them, at most so many: a slice, or a copy of what is
    /// in pages.
    func prefix(_ count: Int) -> ByteBuffer {
        switch storage {
        case .bytes(let buffer):
            return buffer.getSlice(at: buffer.readerIndex, length: min(count, byteCount))
                ?? ByteBuffer()
        case .pages(let pages):
            guard let (buffer, range) = pages.first(where: { !$0.range.isEmpty }) else {
                return ByteBuffer()
            }
            let length = min(count, range.count)
            var bytes = ByteBufferAllocator().buffer(capacity: length)
            bytes.writeBytes(UnsafeRawBufferPointer(buffer[range.prefix(length)]))
            return bytes
        }
    }

    private var whole: ByteBuffer {
        switch storage {
        case .bytes(let buffer): return buffer
        case .pages(let pages):
            var copy = ByteBufferAllocator().buffer(capacity: byteCount)
            for (buffer, range) in pages { copy.writeBytes(UnsafeRawBufferPointer(buffer[range])) }
            return copy
        }
    }

    /// A copy.
    package var array: [UInt8] { Array(buffer: whole) }
}

extension SessionPayload: Equatable {
    package static func == (one: SessionPayload, other: SessionPayload) -> Bool {
        one.whole == other.whole
    }
}

/// A payload of which parts have gone.
struct LeavingPayload {
    private(set) var rest: SessionPayload

    init(_ payload: SessionPayload = SessionPayload()) {
        rest = payload
    }

    /// Bytes that have not gone.
    var byteCount: Int { rest.byteCount }

    /// The next bytes, at most so many and at least one while there are any.
    ///
    /// - Precondition: `count` is positive.
    mutating func next(_ count: Int) -> ByteBuffer {
        let bytes = rest.prefix(count)
        rest = rest.slice(bytes.readableBytes..<rest.byteCount)
        return bytes
    }
}

/// A payload of which parts have come.
struct ArrivingPayload {
    private var bytes = ByteBuffer()
    private var pages: PageBuffer?
    private var byteCount = 0

    /// Makes room for all of it, from `pool` when it is long.
    mutating func reserve(_ length: Int, from pool: PagePool) {
        if length > Limits.sessionInlineLengthMax {
            pages = pool.take(byteCount: length)
        } else {
            bytes.reserveCapacity(length)
        }
    }

    /// - Precondition: there is room, unless none was made.
    mutating func append(_ part: ByteBuffer) {
        guard let pages else {
            bytes.writeImmutableBuffer(part)
            return
        }
        part.withUnsafeReadableBytes {
            pages[byteCount..<byteCount + $0.count].copyMemory(from: $0)
        }
        byteCount += part.readableBytes
    }

    /// What has come; nothing is left here.
    mutating func take() -> SessionPayload {
        defer { self = ArrivingPayload() }
        return pages.map { SessionPayload(pages: [($0, 0..<byteCount)]) } ?? SessionPayload(bytes)
    }
}
