internal import Identities
package import Model

/// A supplier's word that a fragment survives a loss of power on its disk.
///
/// ```
/// offset  length  field                          docs/formats/receipt.md
///      0       8  magic "BDRCPT01"
///      8      32  supplier                       SupplierID, whose key signed
///     40      32  owner                          UserID
///     72      32  fragment id
///    104       4  fragment length                bytes
///    108       8  sequence                       of the record on the supplier's disk
///    116      64  Ed25519 signature of all before it, label "receipt"
/// ```
///
/// Golden file: `fixtures/receipt/v1.bin`.
package struct Receipt: Hashable, Sendable {
    package let supplier: SupplierID
    package let owner: UserID
    package let fragment: FragmentID
    /// Bytes of the fragment, a whole number of pages.
    package let length: Int
    package let sequence: UInt64
    package private(set) var signature: [UInt8]

    package static let signatureLength = 64
    private static let format = "receipt"
    private static let magic: StaticString = "BDRCPT01"

    /// Builds the receipt; `sign` gets the bytes to sign and returns 64 bytes.
    package init<Failure: Error>(
        supplier: SupplierID, owner: UserID, fragment: FragmentID, length: Int, sequence: UInt64,
        sign: ([UInt8]) throws(Failure) -> [UInt8]
    ) throws(Failure) {
        self.supplier = supplier
        self.owner = owner
        self.fragment = fragment
        self.length = length
        self.sequence = sequence
        self.signature = []
        self.signature = try sign(signedBytes)
        precondition(signature.count == Receipt.signatureLength)
    }

    /// The bytes under the signature.
    package var signedBytes: [UInt8] {
        var writer = ByteWriter(reserving: 180)
        writer.magic(Receipt.magic)
        writer.identifier(supplier)
        writer.identifier(owner)
        writer.identifier(fragment)
        writer.integer(UInt32(length))
        writer.integer(sequence)
        return writer.bytes
    }

    package func encoded() -> [UInt8] { signedBytes + signature }

    /// Reads the fields. The signature is the caller's to check: `isSigned` does.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = Receipt.format
        var reader = ByteReader(bytes, format: format)
        try reader.expect(Receipt.magic)
        self.supplier = try reader.identifier()
        self.owner = try reader.identifier()
        self.fragment = try reader.identifier()
        self.length = try reader.count(limit: Limits.fragmentLengthMax, field: "length")
        guard length > 0, length % Limits.pageLength == 0 else {
            throw .invalid(format: format, field: "length")
        }
        self.sequence = try reader.integer()
        guard sequence > 0 else { throw .invalid(format: format, field: "sequence") }
        self.signature = try reader.take(Receipt.signatureLength)
        try reader.finish()
    }
}

extension Receipt {
    /// Whether the supplier that it names has signed it.
    package var isSigned: Bool {
        guard let key = SupplierPublicKey(supplier.bytes), let signature = Signature(signature)
        else { return false }
        return key.isValid(signature, of: signedBytes, for: .receipt)
    }
}
