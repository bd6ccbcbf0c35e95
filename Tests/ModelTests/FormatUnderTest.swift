import Model
import Testing

/// A byte format as the tests attack it: its sample, its golden file, its decoder.
struct FormatUnderTest: CustomTestStringConvertible, Sendable {
    let name: String
    /// The bytes of the sample.
    let sample: [UInt8]
    /// Decodes, checks the signature where there is one, and encodes again.
    let recode: @Sendable ([UInt8]) throws -> [UInt8]
    /// Makes checksum or signature fit again after bytes were changed, so that an attack gets past.
    let mend: @Sendable ([UInt8]) -> [UInt8]
    /// Offsets of the bytes that this format does not protect itself.
    var unprotected: Range<Int> = 0..<0

    var golden: GoldenFile { GoldenFile(path: "fixtures/\(name)/v1.bin") }
    var testDescription: String { name }

    static let all = [
        block, tree, snapshot, catalogPage, headBody, fragmentHeader, head,
    ]

    static let tree = FormatUnderTest(
        name: "tree", sample: Tree(sorted: FormatSamples.entries).encoded(),
        recode: { try Tree($0).encoded() }, mend: mendChecksum)

    static let snapshot = FormatUnderTest(
        name: "snapshot", sample: FormatSamples.snapshot.encoded(),
        recode: { try Snapshot($0).encoded() }, mend: mendChecksum)

    static let catalogPage = FormatUnderTest(
        name: "catalog-page", sample: FormatSamples.catalogPage.encoded(),
        recode: { try CatalogPage($0).encoded() }, mend: mendChecksum)

    static let headBody = FormatUnderTest(
        name: "head-body", sample: FormatSamples.headBody.encoded(),
        recode: { try HeadBody($0).encoded() }, mend: mendChecksum)

    static let fragmentHeader = FormatUnderTest(
        name: "fragment-header", sample: FormatSamples.fragmentHeader.encoded(),
        recode: { bytes in
            let header = try FragmentHeader(bytes)
            try verify(header.signature, over: header.signedBytes)
            return header.encoded()
        }, mend: mendSignature)

    static let head = FormatUnderTest(
        name: "head", sample: FormatSamples.head.encoded(),
        recode: { bytes in
            let head = try Head(bytes)
            try verify(head.signature, over: head.signedBytes)
            return head.encoded()
        }, mend: mendSignature)

    /// The frames lie inside and are protected by the seal and by the chunk ids.
    static let block: FormatUnderTest = {
        let table = BlockTable(kind: .data, frames: FormatSamples.frames)
        return FormatUnderTest(
            name: "block", sample: FormatSamples.block(table), recode: recodeBlock,
            mend: mendBlock, unprotected: BlockTable.headerLength..<table.tableOffset)
    }()

    private static func verify(_ signature: [UInt8], over bytes: [UInt8]) throws {
        guard signature == FormatSamples.sign(bytes) else {
            throw FormatError.badSignature(format: "signed")
        }
    }

    private static func recodeBlock(_ bytes: [UInt8]) throws -> [UInt8] {
        let table = try bytes.withUnsafeBytes { try BlockTable(plaintext: $0) }
        let (header, encoded) = table.encoded()
        var again = [UInt8](repeating: 0, count: bytes.count)
        again.replaceSubrange(0..<header.count, with: header)
        let frames = BlockTable.headerLength..<table.tableOffset
        again.replaceSubrange(frames, with: bytes[frames])
        let place = table.tableOffset..<table.tableOffset + encoded.count
        again.replaceSubrange(place, with: encoded)
        return again
    }

    private static func mendChecksum(_ bytes: [UInt8]) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw(bytes.dropLast(4))
        writer.checksum()
        return writer.bytes
    }

    private static func mendSignature(_ bytes: [UInt8]) -> [UInt8] {
        let signed = Array(bytes.dropLast(FragmentHeader.signatureLength))
        return signed + FormatSamples.sign(signed)
    }

    private static func mendBlock(_ bytes: [UInt8]) -> [UInt8] {
        let missing = max(0, BlockLength.smallest.plaintextLength - bytes.count)
        let bytes = bytes + [UInt8](repeating: 0, count: missing)
        var reader = ByteReader(bytes, format: "block", range: 16..<24)
        guard let offset = try? Int(reader.integer(UInt32.self)),
            let length = try? Int(reader.integer(UInt32.self)),
            length >= 8, offset + length <= bytes.count
        else { return bytes }
        let end = offset + length - 4
        let seed = Checksum.crc32c(bytes.span.bytes.extracting(0..<BlockTable.headerLength))
        var writer = ByteWriter()
        writer.integer(Checksum.crc32c(bytes.span.bytes.extracting(offset..<end), seed: seed))
        var mended = bytes
        mended.replaceSubrange(end..<end + 4, with: writer.bytes)
        return mended
    }
}
