internal import Model
internal import NIOCore

/// What a requester says before the payload of a request.
struct RequestOpening: Equatable {
    var header: [UInt8]
    /// Bytes of payload that follow in data frames.
    var payloadLength: Int
    /// The longest payload that the requester takes for an answer, in bytes.
    var responseLengthMax: Int
    /// After this many milliseconds nobody waits for the answer.
    var timeAllowed: UInt32
    /// Whether a long payload comes at once, out of what the responder has advanced.
    var isAdvanced = false
}

/// What two nodes say to each other in a session.
///
/// ```
/// offset  length  field
/// 0       1       kind
/// 1       3       zero
/// 4       4       stream: the request that this is about, 0 for none
/// 8       4       n, length of the body
/// 12      n       body, by kind:
///
/// 1 hello     0   the first frame of each side
/// 2 request   16 + h: h; payload length; longest response payload; milliseconds allowed; header
/// 3 response  8 + h: h; payload length; header
/// 4 data      1...256 KiB of payload
/// 5 credit    4: bytes of payload that may be sent now, beyond those granted before
/// 6 reset     4: code of a `SessionRefusal`; the sender has ended its half of the stream
/// 7 ping      8: any bytes
/// 8 pong      8: those of the ping
/// 9 goodbye   0   the sender takes no further requests
/// 10 advance  4: bytes of payload that requests may bring with them, beyond those before
/// 11 request  as 2, with a long payload out of those bytes
/// ```
///
/// Integers are little-endian. docs/formats/session.md. Golden file: `fixtures/session/v1.bin`.
enum SessionFrame: Equatable {
    case hello
    case request(stream: UInt32, RequestOpening)
    case response(stream: UInt32, header: [UInt8], payloadLength: Int)
    /// The head only: the bytes come after it, in pieces.
    case data(stream: UInt32, byteCount: Int)
    case credit(stream: UInt32, byteCount: Int)
    case reset(stream: UInt32, SessionRefusal)
    case ping(UInt64)
    case pong(UInt64)
    case goodbye
    case advance(byteCount: Int)

    static let format = "session frame"
    static let headLength = 12

    enum Kind: UInt8 {
        case hello = 1
        case request, response, data, credit, reset, ping, pong, goodbye, advance
        case advancedRequest

        /// Shortest and longest body, in bytes.
        var lengths: ClosedRange<Int> {
            switch self {
            case .hello, .goodbye: 0...0
            case .request, .advancedRequest: 16...16 + Limits.sessionHeaderLengthMax
            case .response: 8...8 + Limits.sessionHeaderLengthMax
            case .data: 1...Limits.sessionDataLengthMax
            case .credit, .reset, .advance: 4...4
            case .ping, .pong: 8...8
            }
        }

        /// Whether frames of this kind are about a stream.
        var hasStream: Bool {
            switch self {
            case .request, .advancedRequest, .response, .data, .credit, .reset: true
            case .hello, .ping, .pong, .goodbye, .advance: false
            }
        }
    }

    /// Appends the frame, of data the head only.
    ///
    /// - Precondition: headers and lengths are within their limits.
    func write(to buffer: inout ByteBuffer) {
        switch self {
        case .hello: SessionFrame.head(.hello, 0, 0, to: &buffer)
        case .goodbye: SessionFrame.head(.goodbye, 0, 0, to: &buffer)
        case .request(let stream, let request):
            let kind = request.isAdvanced ? Kind.advancedRequest : .request
            SessionFrame.head(kind, stream, 16 + request.header.count, to: &buffer)
            SessionFrame.word(request.header.count, to: &buffer)
            SessionFrame.word(request.payloadLength, to: &buffer)
            SessionFrame.word(request.responseLengthMax, to: &buffer)
            buffer.writeInteger(request.timeAllowed, endianness: .little)
            buffer.writeBytes(request.header)
        case .response(let stream, let header, let payloadLength):
            SessionFrame.head(.response, stream, 8 + header.count, to: &buffer)
            SessionFrame.word(header.count, to: &buffer)
            SessionFrame.word(payloadLength, to: &buffer)
            buffer.writeBytes(header)
        case .data(let stream, let byteCount):
            SessionFrame.head(.data, stream, byteCount, to: &buffer)
        case .credit(let stream, let byteCount):
            SessionFrame.head(.credit, stream, 4, to: &buffer)
            SessionFrame.word(byteCount, to: &buffer)
        case .advance(let byteCount):
            SessionFrame.head(.advance, 0, 4, to: &buffer)
            SessionFrame.word(byteCount, to: &buffer)
        case .reset(let stream, let refusal):
            SessionFrame.head(.reset, stream, 4, to: &buffer)
            buffer.writeInteger(refusal.rawValue, endianness: .little)
        case .ping(let value):
            SessionFrame.head(.ping, 0, 8, to: &buffer)
            buffer.writeInteger(value, endianness: .little)
        case .pong(let value):
            SessionFrame.head(.pong, 0, 8, to: &buffer)
            buffer.writeInteger(value, endianness: .little)
        }
    }

    private static func head(
        _ kind: Kind, _ stream: UInt32, _ length: Int, to buffer: inout ByteBuffer
    ) {
        precondition(kind.lengths.contains(length))
        buffer.writeInteger(UInt32(kind.rawValue), endianness: .little)
        buffer.writeInteger(stream, endianness: .little)
        word(length, to: &buffer)
    }

    private static func word(_ value: Int, to buffer: inout ByteBuffer) {
        buffer.writeInteger(UInt32(value), endianness: .little)
    }
}
