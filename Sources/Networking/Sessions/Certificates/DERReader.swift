internal import Model

/// Reads the distinguished encoding of ASN.1, only as far as our certificates need: one-byte tags
/// and lengths below 64 KiB in their shortest form. Never traps, copies or allocates by a claim.
///
/// - SeeAlso: ITU-T X.690, 8.1 and 10.1.
struct DERReader {
    static let format = "session certificate"

    private let bytes: [UInt8]
    private(set) var offset: Int
    private let end: Int

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        offset = 0
        end = bytes.count
    }

    private init(_ bytes: [UInt8], range: Range<Int>) {
        self.bytes = bytes
        offset = range.lowerBound
        end = range.upperBound
    }

    /// Reads one element and returns a reader over its content.
    mutating func enter(_ tag: UInt8, _ field: String) throws(FormatError) -> DERReader {
        guard try byte() == tag else { throw .invalid(format: DERReader.format, field: field) }
        let length = try length(field)
        guard end - offset >= length else { throw truncated }
        defer { offset += length }
        return DERReader(bytes, range: offset..<offset + length)
    }

    /// Reads one element and returns its content.
    mutating func content(_ tag: UInt8, _ field: String) throws(FormatError) -> [UInt8] {
        try enter(tag, field).rest
    }

    /// Reads one element and returns it whole, tag and length included.
    mutating func element(_ tag: UInt8, _ field: String) throws(FormatError) -> [UInt8] {
        let start = offset
        _ = try enter(tag, field)
        return Array(bytes[start..<offset])
    }

    /// What has not been read.
    var rest: [UInt8] { Array(bytes[offset..<end]) }

    func finish() throws(FormatError) {
        guard offset == end else {
            throw .trailingBytes(format: DERReader.format, count: end - offset)
        }
    }

    private mutating func length(_ field: String) throws(FormatError) -> Int {
        let first = try byte()
        switch first {
        case 0..<0x80: return Int(first)
        case 0x81:
            let length = Int(try byte())
            guard length >= 0x80 else { throw .invalid(format: DERReader.format, field: field) }
            return length
        case 0x82:
            let length = Int(try byte()) << 8 | Int(try byte())
            guard length >= 0x100 else { throw .invalid(format: DERReader.format, field: field) }
            return length
        default: throw .invalid(format: DERReader.format, field: field)
        }
    }

    private mutating func byte() throws(FormatError) -> UInt8 {
        guard offset < end else { throw truncated }
        defer { offset += 1 }
        return bytes[offset]
    }

    private var truncated: FormatError { .truncated(format: DERReader.format, offset: offset) }
}

/// The tags that occur in our certificates.
enum DERTag {
    static let bitString: UInt8 = 0x03
    static let octetString: UInt8 = 0x04
    static let sequence: UInt8 = 0x30
    static let version: UInt8 = 0xa0
    static let extensions: UInt8 = 0xa3
}

/// Writes what ``DERReader`` reads.
enum DERWriter {
    /// - Precondition: less than 64 KiB of content.
    static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        let count = content.count
        precondition(count < 1 << 16)
        let low = UInt8(truncatingIfNeeded: count)
        switch count {
        case 0..<0x80: return [tag, low] + content
        case 0x80..<0x100: return [tag, 0x81, low] + content
        default: return [tag, 0x82, UInt8(count >> 8), low] + content
        }
    }

    static func sequence(_ parts: [UInt8]...) -> [UInt8] {
        element(DERTag.sequence, Array(parts.joined()))
    }

    /// A bit string of whole bytes.
    static func bitString(_ content: [UInt8]) -> [UInt8] {
        element(DERTag.bitString, [0] + content)
    }
}
