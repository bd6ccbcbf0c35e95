internal import Crypto
package import Identities
internal import Model

/// An identity's claim of a name, for people to find it by. A name may have several claimants; who
/// reads shows them all.
///
/// A name has four places, each an item whose key anybody derives from network, name and place: so
/// everybody finds it, and everybody could sign there. Nodes of ours therefore let nothing but a
/// valid claim of the same identity replace a valid claim, and a valid claim replace anything else
/// (``precedence(of:over:by:)``): first come, first served, while it is renewed.
///
/// Value: dictionary with `c` claimant (identity public key, 32), `n` name, `s` sequence, `t`
/// network,
/// `x` signature (64) by the claimant over network, zero byte, name, zero byte, sequence (8 bytes,
/// little-endian), label `bitdust/v1/nickname`. docs/formats/dht-records.md.
package struct NicknameClaim: Hashable, Sendable {
    package let network: String
    package let name: String
    package let claimant: IdentityPublicKey
    package let sequence: Int64
    package let signature: Signature

    private static let nameLengthMax = 64
    private static let label = SignatureLabel("bitdust/v1/nickname")

    /// - Throws: ``SigningError/signingRefused``.
    package init(
        network: String, name: String, sequence: Int64, signedBy identity: IdentityKey
    ) throws(SigningError) {
        self.network = network
        self.name = name
        self.sequence = sequence
        claimant = identity.publicKey
        signature = try identity.sign(
            NicknameClaim.signed(network: network, name: name, sequence: sequence),
            for: NicknameClaim.label)
    }

    /// Where the claims of a name may be.
    package static func addresses(of name: String, network: String) -> [ItemAddress] {
        (0..<Limits.nicknameClaimCountMax).compactMap { place in
            placeKey(name: name, network: network, place: place).map {
                ItemAddress(key: $0.itemKey, salt: [])
            }
        }
    }

    /// The item to publish at `place`.
    ///
    /// - Throws: ``SigningError``.
    package func item(at place: Int) throws(SigningError) -> Item {
        guard let key = NicknameClaim.placeKey(name: name, network: network, place: place) else {
            throw .keyRefused
        }
        return try Item(value: encoded, salt: [], sequence: sequence, signedBy: key)
    }

    /// Reads the claim in `item`; `nil` unless it is one, signed, at a place of its own name.
    package init?(_ item: Item) {
        var reader = RecordReader(item.value)
        guard let claimantBytes = reader.bytes("c", count: Bytes32.byteCount),
            let name = reader.text("n", lengthMax: NicknameClaim.nameLengthMax),
            let sequence = reader.integer("s"),
            let network = reader.text("t", lengthMax: NicknameClaim.nameLengthMax),
            let signatureBytes = reader.bytes("x", count: Signature.byteCount),
            reader.isAtEnd, let key = Bytes32(claimantBytes),
            let claimant = IdentityPublicKey(key), let signature = Signature(signatureBytes),
            sequence == item.sequence
        else { return nil }
        let signed = NicknameClaim.signed(network: network, name: name, sequence: sequence)
        guard
            NicknameClaim.addresses(of: name, network: network).contains(where: {
                $0.target == item.target
            }), claimant.isValid(signature, of: signed, for: NicknameClaim.label)
        else { return nil }
        self.network = network
        self.name = name
        self.claimant = claimant
        self.sequence = sequence
        self.signature = signature
    }

    private var encoded: [UInt8] {
        var writer = BencodeWriter(reserving: 256)
        writer.beginDictionary()
        writer.text("c")
        writer.string(claimant.bytes.array)
        writer.text("n")
        writer.string(name)
        writer.text("s")
        writer.integer(sequence)
        writer.text("t")
        writer.string(network)
        writer.text("x")
        writer.string(signature.array)
        writer.end()
        return writer.bytes
    }

    private static func signed(network: String, name: String, sequence: Int64) -> [UInt8] {
        var writer = ByteWriter()
        writer.raw(network.utf8)
        writer.byte(0)
        writer.raw(name.utf8)
        writer.byte(0)
        writer.integer(sequence)
        return writer.bytes
    }

    private enum PlaceNoun {}

    /// The key that everybody has: SHA-256 of label, network, name and place.
    private static func placeKey(
        name: String, network: String, place: Int
    ) -> SigningKey<PlaceNoun>? {
        let text = "bitdust/v1/nickname-place\0\(network)\0\(name)\0\(place)"
        let seed = SHA256.hash(data: Array(text.utf8))
        return seed.withUnsafeBytes { bytes in
            try? SigningKey<PlaceNoun>(seed: SecretBytes(bytes.bytes))
        }
    }
}
