package import Identities
package import Model

/// A customer's wish to give up fragments.
///
/// A device's wish waits: `Limits.tombstoneHold`. With the identity's signature it is done at once.
/// The signature names supplier and owner, so that no other supplier can be shown it.
package struct TombstoneOrder: Equatable, Sendable {
    package let fragments: [FragmentID]
    /// By the identity key over ``signedBytes(_:of:at:)``; `nil` when a device alone wants it.
    package let rootSignature: Signature?

    package init(_ fragments: [FragmentID], rootSignature: Signature? = nil) {
        self.fragments = fragments
        self.rootSignature = rootSignature
    }

    /// An order that the identity signs, to be done at once.
    package init(
        _ fragments: [FragmentID], of owner: UserID, at supplier: SupplierID,
        signedBy identity: IdentityKey
    ) throws(SigningError) {
        let bytes = TombstoneOrder.signedBytes(fragments, of: owner, at: supplier)
        self.init(fragments, rootSignature: try identity.sign(bytes, for: .tombstone))
    }

    /// Whether the identity wants it itself.
    func isSigned(
        by identity: IdentityPublicKey, of owner: UserID, at supplier: SupplierID
    ) -> Bool {
        guard let rootSignature else { return false }
        let bytes = TombstoneOrder.signedBytes(fragments, of: owner, at: supplier)
        return identity.isValid(rootSignature, of: bytes, for: .tombstone)
    }

    private static func signedBytes(
        _ fragments: [FragmentID], of owner: UserID, at supplier: SupplierID
    ) -> [UInt8] {
        var writer = ByteWriter(reserving: 80 + fragments.count * Bytes32.byteCount)
        writer.identifier(supplier)
        writer.identifier(owner)
        writer.fragments(fragments)
        return writer.bytes
    }

    func encode(into writer: inout ByteWriter) {
        writer.fragments(fragments)
        writer.byte(rootSignature == nil ? 0 : 1)
        if let rootSignature { writer.raw(rootSignature.array) }
    }

    init(from reader: inout ByteReader) throws(FormatError) {
        fragments = try reader.fragments()
        let isSigned = try reader.flag("signature")
        rootSignature = isSigned ? Signature(try reader.take(Signature.byteCount)) : nil
    }
}

extension SignatureLabel {
    static let tombstone = SignatureLabel("bitdust/v1/tombstone")
}
