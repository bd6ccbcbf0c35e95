internal import Model
internal import NIOCore

/// Cuts a stream of bytes into frames, as a value.
///
/// Keeps at most the beginning of one frame, and nothing of data frames: their bytes are lent on as
/// slices of what arrived. A length is checked before anything is kept for it. After an error the
/// stream cannot be read on.
struct SessionFrameParser {
    enum Part: Equatable {
        case frame(SessionFrame)
        /// The next bytes of the data frame that began last.
        case bytes(stream: UInt32, ByteBuffer)
    }

    private var buffer = ByteBuffer()
    private var data: (stream: UInt32, byteCount: Int)?

    /// Whether part of a frame is there.
    var isWithinFrame: Bool { data != nil || buffer.readableBytes > 0 }

    /// Bytes kept for the frame that is not whole.
    var keptByteCount: Int { buffer.readableBytes }

    /// Adds what arrived. ``next()`` must be called until it returns `nil`, then ``settle()``.
    mutating func append(_ bytes: ByteBuffer) {
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// Lets go of what arrived, but for a copy of the beginning of a frame.
    mutating func settle() {
        let rest = buffer.readableBytesView
        buffer = rest.isEmpty ? ByteBuffer() : ByteBuffer(bytes: rest)
    }

    /// The next part; `nil` when more bytes must come first.
    ///
    /// - Throws: ``SessionViolation/malformed(_:)``.
    mutating func next() throws(SessionViolation) -> Part? {
        if let data { return nextBytes(of: data) }
        do throws(FormatError) {
            return try nextFrame()
        } catch {
            throw .malformed(error)
        }
    }

    private mutating func nextBytes(of data: (stream: UInt32, byteCount: Int)) -> Part? {
        let count = min(data.byteCount, buffer.readableBytes)
        guard count > 0, let bytes = buffer.readSlice(length: count) else { return nil }
        self.data = count == data.byteCount ? nil : (data.stream, data.byteCount - count)
        return .bytes(stream: data.stream, bytes)
    }

    private mutating func nextFrame() throws(FormatError) -> Part? {
        let head = SessionFrame.headLength
        guard let word = integer(0), let stream = integer(4), let length = integer(8) else {
            return nil
        }
        guard let code = UInt8(exactly: word), let kind = SessionFrame.Kind(rawValue: code) else {
            throw invalid("kind")
        }
        guard kind.lengths.contains(Int(length)) else {
            throw .limitExceeded(
                format: SessionFrame.format, field: "length", value: UInt64(length),
                limit: UInt64(kind.lengths.upperBound))
        }
        guard kind.hasStream == (stream != 0) else { throw invalid("stream") }
        if kind == .data {
            buffer.moveReaderIndex(forwardBy: head)
            data = (stream, Int(length))
            return .frame(.data(stream: stream, byteCount: Int(length)))
        }
        guard buffer.readableBytes >= head + Int(length) else { return nil }
        buffer.moveReaderIndex(forwardBy: head)
        return .frame(try frame(kind, stream: stream, length: Int(length)))
    }

    private mutating func frame(
        _ kind: SessionFrame.Kind, stream: UInt32, length: Int
    ) throws(FormatError) -> SessionFrame {
        guard let body = buffer.readBytes(length: length) else { throw invalid("length") }
        var reader = ByteReader(body, format: SessionFrame.format)
        switch kind {
        case .hello: return .hello
        case .goodbye: return .goodbye
        case .request: return .request(stream: stream, try request(&reader))
        case .advancedRequest:
            var opening = try request(&reader)
            guard opening.payloadLength > Limits.sessionInlineLengthMax,
                opening.responseLengthMax == 0
            else { throw invalid("advanced request") }
            opening.isAdvanced = true
            return .request(stream: stream, opening)
        case .response:
            let headerLength = try reader.integer(UInt32.self)
            let payloadLength = try payloadLength(&reader)
            return .response(
                stream: stream, header: try header(headerLength, &reader),
                payloadLength: payloadLength)
        case .credit:
            let byteCount = try payloadLength(&reader)
            guard byteCount > 0 else { throw invalid("credit") }
            return .credit(stream: stream, byteCount: byteCount)
        case .advance:
            let byteCount = try payloadLength(&reader)
            guard byteCount > 0 else { throw invalid("advance") }
            return .advance(byteCount: byteCount)
        case .reset:
            guard let refusal = SessionRefusal(rawValue: try reader.integer()) else {
                throw invalid("reason")
            }
            return .reset(stream: stream, refusal)
        case .ping: return .ping(try reader.integer())
        case .pong: return .pong(try reader.integer())
        case .data: throw invalid("kind")
        }
    }

    private func request(_ reader: inout ByteReader) throws(FormatError) -> RequestOpening {
        let headerLength = try reader.integer(UInt32.self)
        let payloadLength = try payloadLength(&reader)
        let responseLengthMax = try self.payloadLength(&reader)
        let timeAllowed = try reader.integer(UInt32.self)
        guard timeAllowed > 0 else { throw invalid("time allowed") }
        return RequestOpening(
            header: try header(headerLength, &reader), payloadLength: payloadLength,
            responseLengthMax: responseLengthMax, timeAllowed: timeAllowed)
    }

    private func payloadLength(_ reader: inout ByteReader) throws(FormatError) -> Int {
        try reader.count(limit: Limits.sessionPayloadLengthMax, field: "payload length")
    }

    /// The header is all that is left of the body: its own length must say so.
    private func header(
        _ length: UInt32, _ reader: inout ByteReader
    ) throws(FormatError) -> [UInt8] {
        guard Int(length) == reader.remainingByteCount else { throw invalid("header length") }
        return try reader.take(reader.remainingByteCount)
    }

    private func integer(_ offset: Int) -> UInt32? {
        buffer.getInteger(at: buffer.readerIndex + offset, endianness: .little)
    }

    private func invalid(_ field: String) -> FormatError {
        .invalid(format: SessionFrame.format, field: field)
    }
}
