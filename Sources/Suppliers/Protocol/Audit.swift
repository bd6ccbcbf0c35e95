internal import Hashing
package import Identities
package import Model

/// Asks a supplier to show that it has parts of a fragment.
package struct AuditChallenge: Equatable, Sendable {
    package let fragment: FragmentID
    /// Random, so that an answer cannot be kept in store.
    package let nonce: Bytes32
    /// Whole leaves of 1 KiB within the fragment, at most `Limits.auditRangeCountMax`.
    package let ranges: [Range<Int>]

    package init(_ fragment: FragmentID, nonce: Bytes32, ranges: [Range<Int>]) {
        self.fragment = fragment
        self.nonce = nonce
        self.ranges = ranges
    }

    /// Bytes of the ranges together: the payload of the answer.
    package var byteCount: Int { ranges.reduce(0) { $0 + $1.count } }

    func encode(into writer: inout ByteWriter) {
        writer.identifier(fragment)
        writer.bytes32(nonce)
        writer.integer(UInt32(ranges.count))
        for range in ranges { writer.range(range) }
    }

    init(from reader: inout ByteReader) throws(FormatError) {
        fragment = try reader.identifier()
        nonce = try reader.bytes32()
        let count = try reader.count(limit: Limits.auditRangeCountMax, field: "ranges")
        var ranges: [Range<Int>] = []
        for _ in 0..<count { ranges.append(try reader.range()) }
        self.ranges = ranges
    }
}

/// The supplier's answer: a proof for each range, and its signature. The bytes are the payload.
///
/// The signature is what makes a wrong answer undeniable: it covers challenge, proofs and bytes.
package struct AuditAnswer: Equatable, Sendable {
    /// Encoded ``RangeProof`` for each range of the challenge.
    package let proofs: [[UInt8]]
    package let signature: Signature

    /// A proof over the longest fragment has 13 values beside its leaf, on two sides.
    private static let proofLengthMax = 1024

    /// Signs the answer to `challenge`.
    init(
        to challenge: AuditChallenge, proofs: [[UInt8]], payload: UnsafeRawBufferPointer,
        signedBy supplier: SupplierKey
    ) throws(SigningError) {
        self.proofs = proofs
        signature = try supplier.sign(
            AuditAnswer.signedBytes(challenge, proofs, payload), for: .audit)
    }

    /// Whether supplier, bytes and proofs are right.
    ///
    /// - Parameter length: bytes of the fragment, as the owner knows them.
    package func proves(
        _ challenge: AuditChallenge, payload: UnsafeRawBufferPointer, length: Int,
        supplier: SupplierID
    ) -> Bool {
        guard proofs.count == challenge.ranges.count, payload.count == challenge.byteCount,
            let key = SupplierPublicKey(supplier.bytes),
            key.isValid(
                signature, of: AuditAnswer.signedBytes(challenge, proofs, payload), for: .audit)
        else { return false }
        var offset = 0
        for (range, bytes) in zip(challenge.ranges, proofs) {
            let part = UnsafeRawBufferPointer(rebasing: payload[offset..<offset + range.count])
            guard let proof = try? RangeProof(decoding: bytes),
                (try? proof.authenticate(
                    part.bytes, as: range, length: length, root: challenge.fragment.bytes)) != nil
            else { return false }
            offset += range.count
        }
        return true
    }

    private static func signedBytes(
        _ challenge: AuditChallenge, _ proofs: [[UInt8]], _ payload: UnsafeRawBufferPointer
    ) -> [UInt8] {
        var writer = ByteWriter()
        challenge.encode(into: &writer)
        for proof in proofs { writer.counted(proof) }
        writer.bytes32(BLAKE3.hash(payload.bytes))
        return writer.bytes
    }

    func encode(into writer: inout ByteWriter) {
        writer.integer(UInt32(proofs.count))
        for proof in proofs { writer.counted(proof) }
        writer.raw(signature.array)
    }

    init(from reader: inout ByteReader) throws(FormatError) {
        let count = try reader.count(limit: Limits.auditRangeCountMax, field: "proofs")
        var proofs: [[UInt8]] = []
        for _ in 0..<count {
            proofs.append(
                try reader.counted(limit: AuditAnswer.proofLengthMax, field: "proof"))
        }
        self.proofs = proofs
        guard let signature = Signature(try reader.take(Signature.byteCount)) else {
            throw .invalid(format: reader.format, field: "signature")
        }
        self.signature = signature
    }
}

extension SignatureLabel {
    static let audit = SignatureLabel("bitdust/v1/audit")
}
