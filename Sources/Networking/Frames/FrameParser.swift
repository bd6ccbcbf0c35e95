internal import Model

/// Cuts a stream of bytes into frames, as a value.
///
/// ```
/// offset  length  field
///      0       4  length of the body in bytes, big-endian
///      4       n  body
/// ```
struct FrameParser {
    private let bodyLengthMax: Int
    private var header: [UInt8] = []
    /// The body's length once the header is whole.
    private var length: Int?
    private var body: [UInt8] = []

    init(bodyLengthMax: Int) {
        self.bodyLengthMax = bodyLengthMax
    }

    /// Whether part of a frame is there.
    var isWithinFrame: Bool { !header.isEmpty }

    /// Takes the next bytes of the stream.
    ///
    /// - Returns: the bodies that they complete.
    /// - Throws: ``NetworkError/frameTooLong(length:limit:)`` before anything is allocated for it;
    ///   the stream cannot be read on.
    mutating func take(_ bytes: some Collection<UInt8>) throws(NetworkError) -> [[UInt8]] {
        var bodies: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(4 - header.count)
            header += part
            rest = rest.dropFirst(part.count)
            guard header.count == 4 else { break }
            if length == nil { length = try begin() }
            guard let length else { break }
            // Not more than has arrived: the length alone is only a claim.
            let piece = rest.prefix(length - body.count)
            body += piece
            rest = rest.dropFirst(piece.count)
            guard body.count == length else { break }
            bodies.append(body)
            (header, self.length, body) = ([], nil, [])
        }
        return bodies
    }

    private func begin() throws(NetworkError) -> Int {
        let claimed = Int(header.reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        guard claimed <= bodyLengthMax else {
            throw .frameTooLong(length: claimed, limit: bodyLengthMax)
        }
        return claimed
    }

    /// The header of a frame.
    ///
    /// - Precondition: `bodyLength` fits 32 bits.
    static func header(bodyLength: Int) -> [UInt8] {
        let length = UInt32(bodyLength)
        return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) }
    }
}
