package import Model

/// The pages before the bytes of a fragment in a segment, or a list of tombstones.
///
/// ```
/// offset  length  field                          docs/formats/segment.md
///      0       8  magic "BDRECORD"
///      8       2  format version                 1
///     10       1  kind                           1 fragment, 2 tombstones
///     11       1  zero
///     12       4  body length                    bytes
///     16       4  payload length                 bytes, whole pages; 0 for tombstones
///     20       4  CRC-32C of the payload         0 for tombstones
///     24       4  CRC-32C of these pages         computed with this field left out
///     28       4  segment                        number of the segment the record is in
///     32       8  offset                         bytes from the start of the segment
///     40       8  sequence                       1, 2, 3 ...; tombstones carried on keep theirs
///     48      32  mark                           of the store, secret
///     80       -  body                           FragmentHeader, or tombstones
///              -  zeros to the end of the page
///
/// tombstones: owner 32, then fragment ids of 32
/// ```
///
/// Segment and offset tell a record from one that was written to the wrong place, or copied there.
/// The mark is random and known to nobody but the supplier: a search for the next record after a
/// damaged one may pass through bytes that a customer chose, and must not find a record in them.
///
/// Golden file: `fixtures/segment/v1.bin`.
package struct RecordHeader: Equatable, Sendable {
    package enum Body: Equatable, Sendable {
        case fragment(FragmentHeader, payloadChecksum: UInt32)
        case tombstones(owner: UserID, [FragmentID])
    }

    package let segment: Int
    package let offset: Int
    package let sequence: UInt64
    package let mark: Bytes32
    package let body: Body

    static let format = "segment record"
    private static let magic: StaticString = "BDRECORD"
    private static let version: UInt16 = 1
    private static let fixedLength = 80
    private static let checksumRange = 24..<28

    /// Ids in one record of tombstones, so that its pages are no more than those of a fragment.
    package static let tombstoneCountMax = 600
    /// Bytes of the longest header, whole pages.
    package static let lengthMax = pages(
        fixedLength + 112 + Limits.fragmentHeaderLengthMax + FragmentHeader.signatureLength)

    /// - Precondition: `segment` fits 32 bits, and at most `tombstoneCountMax` tombstones.
    package init(segment: Int, offset: Int, sequence: UInt64, mark: Bytes32, body: Body) {
        self.segment = segment
        self.offset = offset
        self.sequence = sequence
        self.mark = mark
        self.body = body
    }

    /// Bytes of the fragment that follows, zero for tombstones.
    package var payloadLength: Int {
        switch body {
        case .fragment(let header, _): header.length
        case .tombstones: 0
        }
    }

    /// Bytes of the pages for `header`.
    package static func length(for header: FragmentHeader) -> Int {
        pages(fixedLength + 112 + header.sealedDescriptor.count + header.signature.count)
    }

    package static func length(tombstoneCount: Int) -> Int {
        pages(fixedLength + 32 + 32 * tombstoneCount)
    }

    /// The pages.
    package func encoded() -> [UInt8] {
        let (kind, payloadChecksum, bodyBytes) = encodedBody()
        var writer = ByteWriter(
            reserving: RecordHeader.pages(RecordHeader.fixedLength + bodyBytes.count))
        writer.magic(RecordHeader.magic)
        writer.integer(RecordHeader.version)
        writer.byte(kind)
        writer.byte(0)
        writer.integer(UInt32(bodyBytes.count))
        writer.integer(UInt32(payloadLength))
        writer.integer(payloadChecksum)
        let start = writer.bytes
        var rest = ByteWriter(
            reserving: RecordHeader.pages(RecordHeader.fixedLength + bodyBytes.count))
        rest.integer(UInt32(segment))
        rest.integer(UInt64(offset))
        rest.integer(sequence)
        rest.bytes32(mark)
        rest.raw(bodyBytes)
        let length = RecordHeader.pages(start.count + 4 + rest.bytes.count)
        rest.raw([UInt8](repeating: 0, count: length - start.count - 4 - rest.bytes.count))
        let checksum = Checksum.crc32c(
            rest.bytes.span.bytes, seed: Checksum.crc32c(start.span.bytes))
        writer.integer(checksum)
        writer.raw(rest.bytes)
        return writer.bytes
    }

    private func encodedBody() -> (kind: UInt8, payloadChecksum: UInt32, body: [UInt8]) {
        switch body {
        case .fragment(let header, let checksum):
            return (1, checksum, header.encoded())
        case .tombstones(let owner, let fragments):
            var writer = ByteWriter(reserving: 32 + 32 * fragments.count)
            writer.identifier(owner)
            for fragment in fragments { writer.identifier(fragment) }
            return (2, 0, writer.bytes)
        }
    }

    static func pages(_ byteCount: Int) -> Int {
        (byteCount + Limits.pageLength - 1) / Limits.pageLength * Limits.pageLength
    }
}

extension RecordHeader {
    /// How many bytes the header has that starts with this page; `nil` when none starts here. What
    /// it says is not checked yet.
    package static func length(startingWith page: [UInt8]) -> Int? {
        var reader = ByteReader(page, format: format)
        guard page.count >= fixedLength, (try? reader.expect(magic)) != nil,
            (try? reader.take(4)) != nil, let bodyLength = try? reader.integer(UInt32.self),
            bodyLength <= lengthMax
        else { return nil }
        let length = pages(fixedLength + Int(bodyLength))
        return length <= lengthMax ? length : nil
    }

    /// Reads all pages of a header.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = RecordHeader.format
        var reader = ByteReader(bytes, format: format)
        try reader.expect(RecordHeader.magic)
        let version = try reader.integer(UInt16.self)
        guard version == RecordHeader.version else {
            throw .unknownVersion(format: format, version: Int(version))
        }
        let kind = try reader.byte()
        guard try reader.byte() == 0 else { throw .invalid(format: format, field: "zero") }
        let bodyLength = try reader.count(limit: RecordHeader.lengthMax, field: "body length")
        let payloadLength = try reader.count(
            limit: Limits.fragmentLengthMax, field: "payload length")
        let payloadChecksum = try reader.integer(UInt32.self)
        guard try reader.integer(UInt32.self) == RecordHeader.checksum(of: bytes) else {
            throw .badChecksum(format: format)
        }
        self.segment = Int(try reader.integer(UInt32.self))
        let offset = try reader.integer(UInt64.self)
        guard let offset = Int(exactly: offset) else {
            throw .invalid(format: format, field: "offset")
        }
        self.offset = offset
        self.sequence = try reader.integer()
        self.mark = try reader.bytes32()
        let bodyBytes = try reader.take(bodyLength)
        let padding = try reader.take(reader.remainingByteCount)
        guard bytes.count == RecordHeader.pages(RecordHeader.fixedLength + bodyLength),
            padding.allSatisfy({ $0 == 0 })
        else { throw .invalid(format: format, field: "padding") }
        self.body = try RecordHeader.body(
            kind: kind, bodyBytes, payloadLength: payloadLength, checksum: payloadChecksum)
    }

    private static func body(
        kind: UInt8, _ bytes: [UInt8], payloadLength: Int, checksum: UInt32
    ) throws(FormatError) -> Body {
        switch kind {
        case 1:
            let header = try FragmentHeader(bytes)
            guard header.length == payloadLength else {
                throw .invalid(format: format, field: "payload length")
            }
            return .fragment(header, payloadChecksum: checksum)
        case 2:
            guard payloadLength == 0, checksum == 0, bytes.count % 32 == 0 else {
                throw .invalid(format: format, field: "tombstones")
            }
            var reader = ByteReader(bytes, format: format)
            let owner = try reader.identifier(UserID.self)
            var fragments: [FragmentID] = []
            while reader.remainingByteCount > 0 { fragments.append(try reader.identifier()) }
            return .tombstones(owner: owner, fragments)
        default:
            throw .invalid(format: format, field: "kind")
        }
    }

    /// The checksum that header pages name and the one that they have; zeros when they are too few.
    static func checksums(of pages: [UInt8]) -> (expected: UInt32, found: UInt32) {
        guard pages.count >= fixedLength else { return (0, 0) }
        var reader = ByteReader(pages, format: format, range: checksumRange)
        return ((try? reader.integer(UInt32.self)) ?? 0, checksum(of: pages))
    }

    private static func checksum(of pages: [UInt8]) -> UInt32 {
        let span = pages.span.bytes
        let head = Checksum.crc32c(span.extracting(0..<checksumRange.lowerBound))
        return Checksum.crc32c(
            span.extracting(checksumRange.upperBound..<pages.count), seed: head)
    }
}
