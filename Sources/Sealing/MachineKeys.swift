package import Model

/// What one machine of a user keeps: enough to back up and restore, not enough to be the user.
///
/// ```
/// offset    length  field
/// 0         8       magic "BDMKEYS1"
/// 8         32      user id
/// 40        32      identity public key
/// 72        32      device private key seed
/// 104       32      repository master key
/// 136       4       n, at most 1024
/// 140       n       device certificate, see docs/formats/keys.md
/// 140 + n   4       CRC-32C of all before
/// ```
///
/// Integers are little-endian. The checksum finds accidents: the file is secret, 0600, and not
/// guarded against who can write it. Golden file: `fixtures/keyfile/machine-v1.bin`.
package struct MachineKeys: Equatable, Sendable {
    package let user: UserID
    package let identityPublicKey: Bytes32
    package let deviceSeed: SecretBytes
    package let repositoryMasterKey: SecretBytes
    /// An encoded device certificate; what it says is checked by whoever decodes it.
    package let certificate: [UInt8]

    static let format = "machine keys"
    private static let magic: StaticString = "BDMKEYS1"

    package init(
        user: UserID, identityPublicKey: Bytes32, deviceSeed: SecretBytes,
        repositoryMasterKey: SecretBytes, certificate: [UInt8]
    ) {
        self.user = user
        self.identityPublicKey = identityPublicKey
        self.deviceSeed = deviceSeed
        self.repositoryMasterKey = repositoryMasterKey
        self.certificate = certificate
    }

    package var repositoryKeys: RepositoryKeys { RepositoryKeys(masterKey: repositoryMasterKey) }

    package var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 512)
        writer.magic(MachineKeys.magic)
        writer.identifier(user)
        writer.bytes32(identityPublicKey)
        for secret in [deviceSeed, repositoryMasterKey] {
            writer.bytes32(secret.withBytes { Bytes32($0) })
        }
        writer.counted(certificate)
        writer.checksum()
        return writer.bytes
    }

    /// - Throws: any ``FormatError``.
    package init(decoding bytes: [UInt8]) throws(FormatError) {
        let format = MachineKeys.format
        guard bytes.count <= Limits.machineKeysLengthMax else {
            throw .limitExceeded(
                format: format, field: "length", value: UInt64(bytes.count),
                limit: UInt64(Limits.machineKeysLengthMax))
        }
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(MachineKeys.magic)
        user = try reader.identifier()
        identityPublicKey = try reader.bytes32()
        deviceSeed = SecretBytes(try reader.bytes32())
        repositoryMasterKey = SecretBytes(try reader.bytes32())
        certificate = try reader.counted(
            limit: Limits.certificateLengthMax, field: "certificate")
        try reader.finish()
    }
}
