/// What a supplier stores before the bytes of a fragment, signed by the customer's device.
///
/// ```
/// offset  length  field                          docs/formats/fragment.md
///      0       8  magic "BDFRAG01"
///      8      32  owner                          UserID
///     40      32  device                         DeviceID, whose key signed
///     72      32  fragment id                    root of the BLAKE3 tree over the bytes
///    104       4  fragment length                bytes
///    108       4  descriptor length              bytes
///    112       -  sealed descriptor              position 1, BlockDescriptor; for the owner only
///              64  Ed25519 signature of all before it
/// ```
///
/// Golden file: `fixtures/fragment-header/v1.bin`.
package struct FragmentHeader: Hashable, Sendable {
    package let owner: UserID
    package let device: DeviceID
    package let fragment: FragmentID
    /// Bytes of the fragment, a whole number of pages.
    package let length: Int
    package let sealedDescriptor: [UInt8]
    package let signature: [UInt8]

    package static let signatureLength = 64
    private static let format = "fragment header"
    private static let magic: StaticString = "BDFRAG01"

    /// Builds the header; `sign` gets the bytes to sign and returns 64 bytes.
    package init<Failure: Error>(
        owner: UserID, device: DeviceID, fragment: FragmentID, length: Int,
        sealedDescriptor: [UInt8], sign: ([UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) {
        self.owner = owner
        self.device = device
        self.fragment = fragment
        self.length = length
        self.sealedDescriptor = sealedDescriptor
        let unsigned = FragmentHeader.unsigned(
            owner: owner, device: device, fragment: fragment, length: length,
            sealedDescriptor: sealedDescriptor)
        self.signature = try sign(unsigned)
        precondition(signature.count == FragmentHeader.signatureLength)
    }

    /// The bytes under the signature.
    package var signedBytes: [UInt8] {
        FragmentHeader.unsigned(
            owner: owner, device: device, fragment: fragment, length: length,
            sealedDescriptor: sealedDescriptor)
    }

    package func encoded() -> [UInt8] { signedBytes + signature }

    /// Reads the fields. The signature is the caller's to check against the device's certificate.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = FragmentHeader.format
        var reader = ByteReader(bytes, format: format)
        try reader.expect(FragmentHeader.magic)
        self.owner = try reader.identifier()
        self.device = try reader.identifier()
        self.fragment = try reader.identifier()
        self.length = try reader.count(limit: Limits.fragmentLengthMax, field: "length")
        guard length > 0, length % Limits.pageLength == 0 else {
            throw .invalid(format: format, field: "length")
        }
        self.sealedDescriptor = try reader.counted(
            limit: Limits.fragmentHeaderLengthMax, field: "descriptor")
        self.signature = try reader.take(FragmentHeader.signatureLength)
        try reader.finish()
    }

    private static func unsigned(
        owner: UserID, device: DeviceID, fragment: FragmentID, length: Int,
        sealedDescriptor: [UInt8]
    ) -> [UInt8] {
        var writer = ByteWriter(reserving: 112 + sealedDescriptor.count)
        writer.magic(magic)
        writer.identifier(owner)
        writer.identifier(device)
        writer.identifier(fragment)
        writer.integer(UInt32(length))
        writer.counted(sealedDescriptor)
        return writer.bytes
    }
}
