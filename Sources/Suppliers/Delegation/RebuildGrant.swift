package import Identities
package import Model

/// The owner's permission for another node to rebuild: what it may do at the owner's suppliers, and
/// until when.
///
/// ```
/// offset  length  field                          docs/formats/rebuild-grant.md
///      0       8  magic "BDGRANT1"
///      8      32  owner                          UserID
///     40      32  rebuilder                      UserID; any device of it
///     72       8  serial                         of the owner's grants, for revoking
///     80       8  issued                         nanoseconds since 1970
///     88       8  expires                        nanoseconds since 1970
///     96       -  device certificate: length 4   of the owner's device
///             64  Ed25519 signature of all before it by that device, label "rebuild-grant"
///              4  CRC-32C of all before it
/// ```
///
/// It opens reading, audits and puts of what the owner's devices have signed, and nothing else: not
/// which fragments there are, no heads, no tombstones, no contracts.
///
/// Golden file: `fixtures/rebuild-grant/v1.bin`.
package struct RebuildGrant: Hashable, Sendable {
    package let owner: UserID
    package let rebuilder: UserID
    package let serial: UInt64
    package let issued: Timestamp
    package let expires: Timestamp
    /// An encoded `DeviceCertificate`.
    package let certificate: [UInt8]
    private var signature: [UInt8] = []

    private static let format = "rebuild grant"
    private static let magic: StaticString = "BDGRANT1"

    /// - Precondition: `issued` is not before 1970, `expires` after it.
    /// - Throws: ``SigningError/signingRefused``.
    package init(
        to rebuilder: UserID, serial: UInt64, issued: Timestamp, expires: Timestamp,
        certificate: DeviceCertificate, device: DeviceKey
    ) throws(SigningError) {
        precondition(issued.nanoseconds >= 0 && expires > issued)
        owner = certificate.userID
        self.rebuilder = rebuilder
        self.serial = serial
        self.issued = issued
        self.expires = expires
        self.certificate = certificate.encoded
        signature = try device.sign(content, for: .rebuildGrant).array
    }

    /// The owner's device that has signed, when the owner has certified it; `nil` otherwise.
    package var device: DeviceID? {
        guard let certificate = try? DeviceCertificate(decoding: certificate),
            certificate.userID == owner, let signature = Signature(signature),
            certificate.device.isValid(signature, of: content, for: .rebuildGrant)
        else { return nil }
        return certificate.device.deviceID
    }

    package func isInForce(at now: Timestamp) -> Bool { now < expires }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: 512)
        writer.raw(content)
        writer.raw(signature)
        writer.checksum()
        return writer.bytes
    }

    /// Reads the fields. The signature is the caller's to check: ``device`` does.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = RebuildGrant.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(RebuildGrant.magic)
        owner = try reader.identifier()
        rebuilder = try reader.identifier()
        serial = try reader.integer()
        issued = Timestamp(nanoseconds: try reader.integer())
        expires = Timestamp(nanoseconds: try reader.integer())
        guard issued.nanoseconds >= 0, expires > issued else {
            throw .invalid(format: format, field: "expires")
        }
        certificate = try reader.counted(
            limit: Limits.certificateLengthMax, field: "certificate")
        signature = try reader.take(Signature.byteCount)
        try reader.finish()
    }

    /// What the device signs.
    private var content: [UInt8] {
        var writer = ByteWriter(reserving: 512)
        writer.magic(RebuildGrant.magic)
        writer.identifier(owner)
        writer.identifier(rebuilder)
        writer.integer(serial)
        writer.integer(issued.nanoseconds)
        writer.integer(expires.nanoseconds)
        writer.counted(certificate)
        return writer.bytes
    }
}

extension SignatureLabel {
    static let rebuildGrant = SignatureLabel("bitdust/v1/rebuild-grant")
}
