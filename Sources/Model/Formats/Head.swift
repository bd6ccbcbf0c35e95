/// The newest state of a repository, signed: where the catalog is. Suppliers keep the last few.
///
/// ```
/// offset  length  field                          docs/formats/head.md
///      0       8  magic "BDHEAD01"
///      8      32  owner                          UserID
///     40      32  repository id
///     72      32  device id, whose key signed
///    104       8  sequence                       1, 2, 3 ...
///    112      32  previous                       BLAKE3 of the head before, zero for the first
///    144       8  written, nanoseconds since 1970: a label, never compared
///              -  device certificate: length 4
///              -  sealed body: length 4; HeadBody, for the owner only
///             64  Ed25519 signature of all before it
/// ```
///
/// Golden file: `fixtures/head/v1.bin`.
package struct Head: Hashable, Sendable {
    package let owner: UserID
    package let repository: RepositoryID
    package let device: DeviceID
    package let sequence: UInt64
    package let previous: Bytes32
    package let written: Int64
    package let certificate: [UInt8]
    package let sealedBody: [UInt8]
    package private(set) var signature: [UInt8]

    private static let format = "head"
    private static let magic: StaticString = "BDHEAD01"

    /// Builds the head; `sign` gets the bytes to sign and returns 64 bytes.
    package init<Failure: Error>(
        owner: UserID, repository: RepositoryID, device: DeviceID, sequence: UInt64,
        previous: Bytes32, written: Int64, certificate: [UInt8], sealedBody: [UInt8],
        sign: ([UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) {
        self.owner = owner
        self.repository = repository
        self.device = device
        self.sequence = sequence
        self.previous = previous
        self.written = written
        self.certificate = certificate
        self.sealedBody = sealedBody
        self.signature = []
        self.signature = try sign(signedBytes)
        precondition(signature.count == FragmentHeader.signatureLength)
    }

    /// The bytes under the signature.
    package var signedBytes: [UInt8] {
        var writer = ByteWriter(reserving: 256 + sealedBody.count)
        writer.magic(Head.magic)
        writer.identifier(owner)
        writer.identifier(repository)
        writer.identifier(device)
        writer.integer(sequence)
        writer.bytes32(previous)
        writer.integer(written)
        writer.counted(certificate)
        writer.counted(sealedBody)
        return writer.bytes
    }

    package func encoded() -> [UInt8] { signedBytes + signature }

    /// Reads the fields. The signature and the certificate are the caller's to check.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        guard bytes.count <= Limits.headLengthMax else {
            throw .limitExceeded(
                format: Head.format, field: "length", value: UInt64(bytes.count),
                limit: UInt64(Limits.headLengthMax))
        }
        var reader = ByteReader(bytes, format: Head.format)
        try reader.expect(Head.magic)
        self.owner = try reader.identifier()
        self.repository = try reader.identifier()
        self.device = try reader.identifier()
        self.sequence = try reader.integer()
        self.previous = try reader.bytes32()
        self.written = try reader.integer()
        self.certificate = try reader.counted(
            limit: Limits.textLengthMax, field: "certificate")
        self.sealedBody = try reader.counted(limit: Limits.headLengthMax, field: "body")
        self.signature = try reader.take(FragmentHeader.signatureLength)
        try reader.finish()
        guard sequence > 0 else { throw .invalid(format: Head.format, field: "sequence") }
    }
}

/// A supplier as the customer knows it.
package struct SupplierRecord: Hashable, Sendable {
    package let id: SupplierID
    /// Where it is: a directory for a supplier of the embedded network.
    package let address: String

    package init(id: SupplierID, address: String) {
        self.id = id
        self.address = address
    }

    package func encode(into writer: inout ByteWriter) {
        writer.identifier(id)
        writer.text(address)
    }

    package init(from reader: inout ByteReader) throws(FormatError) {
        self.id = try reader.identifier()
        self.address = try reader.text(limit: Limits.textLengthMax, field: "address")
    }
}

/// What a head tells its owner: the suppliers, and the blocks that hold the catalog.
///
/// ```
/// offset  length  field
///      0       8  magic "BDHBODY1"
///              -  suppliers: count 4, each id 32, address with length 4
///              -  catalog blocks: count 4, each a BlockDescriptor
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/head-body/v1.bin`.
package struct HeadBody: Hashable, Sendable {
    package let suppliers: [SupplierRecord]
    /// Oldest first: later rows replace earlier ones.
    package let catalogBlocks: [BlockDescriptor]

    private static let format = "head body"
    private static let magic: StaticString = "BDHBODY1"

    package init(suppliers: [SupplierRecord], catalogBlocks: [BlockDescriptor]) {
        self.suppliers = suppliers
        self.catalogBlocks = catalogBlocks
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.magic(HeadBody.magic)
        writer.integer(UInt32(suppliers.count))
        for supplier in suppliers { supplier.encode(into: &writer) }
        writer.integer(UInt32(catalogBlocks.count))
        for block in catalogBlocks { block.encode(into: &writer) }
        writer.checksum()
        return writer.bytes
    }

    package init(_ bytes: [UInt8]) throws(FormatError) {
        var reader = try ByteReader(checked: bytes, format: HeadBody.format)
        try reader.expect(HeadBody.magic)
        let supplierCount = try reader.count(limit: Limits.supplierCountMax, field: "suppliers")
        var suppliers: [SupplierRecord] = []
        for _ in 0..<supplierCount { suppliers.append(try SupplierRecord(from: &reader)) }
        let blockCount = try reader.count(limit: Limits.headLengthMax, field: "catalog blocks")
        var blocks: [BlockDescriptor] = []
        for _ in 0..<blockCount { blocks.append(try BlockDescriptor(from: &reader)) }
        try reader.finish()
        self.init(suppliers: suppliers, catalogBlocks: blocks)
    }
}
