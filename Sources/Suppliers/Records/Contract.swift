package import Model

/// What a supplier has agreed to keep for a customer, and whose signatures count.
///
/// ```
/// offset  length  field                          docs/formats/contract.md
///      0       8  magic "BDCNTR01"
///      8      32  owner                          UserID
///     40      32  identity                       the customer's public identity key
///     72       8  quota                          bytes of records, headers included
///     80       -  device certificates: count 4, each with length 4
///              4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/contract/v1.bin`.
package struct Contract: Hashable, Sendable {
    package let owner: UserID
    package let identityKey: Bytes32
    /// Bytes that the customer's records may take together, headers included.
    package let quota: Int
    /// Encoded device certificates, each signed by the identity key.
    package let certificates: [[UInt8]]

    package static let certificateCountMax = 256
    static let lengthMax = 96 + certificateCountMax * (4 + Limits.textLengthMax)
    private static let format = "contract"
    private static let magic: StaticString = "BDCNTR01"

    package init(owner: UserID, identityKey: Bytes32, quota: Int, certificates: [[UInt8]]) {
        self.owner = owner
        self.identityKey = identityKey
        self.quota = quota
        self.certificates = certificates
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter()
        writer.magic(Contract.magic)
        writer.identifier(owner)
        writer.bytes32(identityKey)
        writer.integer(UInt64(clamping: quota))
        writer.integer(UInt32(certificates.count))
        for certificate in certificates { writer.counted(certificate) }
        writer.checksum()
        return writer.bytes
    }

    /// Reads the fields. The certificates are the caller's to check.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        var reader = try ByteReader(checked: bytes, format: Contract.format)
        try reader.expect(Contract.magic)
        self.owner = try reader.identifier()
        self.identityKey = try reader.bytes32()
        guard let quota = Int(exactly: try reader.integer(UInt64.self)) else {
            throw .invalid(format: Contract.format, field: "quota")
        }
        self.quota = quota
        let count = try reader.count(limit: Contract.certificateCountMax, field: "certificates")
        var certificates: [[UInt8]] = []
        for _ in 0..<count {
            certificates.append(
                try reader.counted(limit: Limits.textLengthMax, field: "certificate"))
        }
        try reader.finish()
        self.certificates = certificates
    }
}
