package import Model

/// The identity's word that a key is one of its devices. Proves itself: whoever decodes one has
/// checked its signature.
///
/// ```
/// offset    length  field
/// 0         8       magic "BDDCERT1"
/// 8         32      identity public key
/// 40        32      device public key
/// 72        8       sequence: of two certificates of a device the higher one holds
/// 80        8       created, nanoseconds since 1970, not negative
/// 88        4       n, 1...64
/// 92        n       name of the device, UTF-8
/// 92 + n    64      signature by the identity over all before, label device-certificate
/// ```
///
/// Integers are little-endian. docs/formats/keys.md.
/// Golden file: `fixtures/identity/device-certificate-v1.bin`.
package struct DeviceCertificate: Hashable, Sendable {
    package let identity: IdentityPublicKey
    package let device: DevicePublicKey
    package let sequence: UInt64
    package let created: Timestamp
    package let name: DisplayName
    package let signature: Signature

    static let format = "device certificate"
    private static let magic: StaticString = "BDDCERT1"

    /// Certifies `device`.
    ///
    /// - Precondition: `created` is not before 1970.
    /// - Throws: ``SigningError/signingRefused``.
    package init(
        device: DevicePublicKey, name: DisplayName, created: Timestamp, sequence: UInt64,
        signedBy identity: IdentityKey
    ) throws(SigningError) {
        precondition(created.nanoseconds >= 0)
        self.identity = identity.publicKey
        self.device = device
        self.sequence = sequence
        self.created = created
        self.name = name
        let content = DeviceCertificate.content(
            identity: identity.publicKey, device: device, sequence: sequence, created: created,
            name: name)
        self.signature = try identity.sign(content, for: .deviceCertificate)
    }

    package var userID: UserID { identity.userID }

    package var encoded: [UInt8] {
        DeviceCertificate.content(
            identity: identity, device: device, sequence: sequence, created: created, name: name)
            + signature.array
    }

    /// Reads a certificate and checks its signature.
    ///
    /// - Throws: any ``FormatError``; `badSignature` when the fields are well-formed and not what
    ///   the identity signed.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        let format = DeviceCertificate.format
        var reader = ByteReader(bytes, format: format)
        try reader.expect(DeviceCertificate.magic)
        guard let identity = IdentityPublicKey(try reader.bytes32()) else {
            throw .invalid(format: format, field: "identity")
        }
        guard let device = DevicePublicKey(try reader.bytes32()) else {
            throw .invalid(format: format, field: "device")
        }
        self.identity = identity
        self.device = device
        sequence = try reader.integer()
        created = Timestamp(nanoseconds: try reader.integer())
        guard created.nanoseconds >= 0 else { throw .invalid(format: format, field: "created") }
        let text = try reader.text(limit: Limits.displayNameLengthMax, field: "name")
        guard let name = DisplayName(text) else { throw .invalid(format: format, field: "name") }
        self.name = name
        let contentLength = reader.offset
        guard let signature = Signature(try reader.take(Signature.byteCount)) else {
            throw .invalid(format: format, field: "signature")
        }
        self.signature = signature
        try reader.finish()
        let content = Array(bytes[..<contentLength])
        guard identity.isValid(signature, of: content, for: .deviceCertificate) else {
            throw .badSignature(format: format)
        }
    }

    private static func content(
        identity: IdentityPublicKey, device: DevicePublicKey, sequence: UInt64,
        created: Timestamp, name: DisplayName
    ) -> [UInt8] {
        var writer = ByteWriter(reserving: 256)
        writer.magic(magic)
        writer.bytes32(identity.bytes)
        writer.bytes32(device.bytes)
        writer.integer(sequence)
        writer.integer(created.nanoseconds)
        writer.text(name.text)
        return writer.bytes
    }
}
