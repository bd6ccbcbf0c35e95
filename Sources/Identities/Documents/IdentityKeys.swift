internal import Crypto
package import Model

/// What the root says of an identity: its keys and its devices. Proves itself.
///
/// The devices put their own words around it, such as where they can be reached, and need no root
/// for that: the root seed is not on the machines (docs/decisions/0008-root-leaves-the-machine.md).
///
/// ```
/// offset          length  field
/// 0               8       magic "BDIKEYS1"
/// 8               4       epoch: of two statements of one generation the higher one holds
/// 12              32      digest of the statement before this one, zero for the first
/// 44              4       n, 1...16
/// 48              n*192   generations, see IdentityGeneration
/// 48 + n*192      1216    X-Wing public key
/// 1264 + n*192    64      signature by the newest root key, label identity-keys, over all
///                         before and the certificates, each as a length (4) and its bytes
/// ```
///
/// The certificates stand beside it in the document. Integers are little-endian.
/// docs/formats/identity-document.md. Golden file: `fixtures/identity-document/keys-v1.bin`.
package struct IdentityKeys: Hashable, Sendable {
    package let epoch: UInt32
    package let previous: Bytes32
    package let history: IdentityHistory
    package let xWing: XWingPublicKey
    /// Ascending by device id.
    package let certificates: [DeviceCertificate]
    package let signature: Signature
    /// SHA-256 of the statement and its certificates.
    package let digest: Bytes32

    static let format = "identity keys"
    private static let magic: StaticString = "BDIKEYS1"

    package var userID: UserID { history.userID }

    /// The certificate that makes `device` one of this identity's; `nil` for others.
    package func certificate(of device: DevicePublicKey) -> DeviceCertificate? {
        certificates.first { $0.device == device }
    }

    /// - Throws: ``IdentityChangeError``.
    init(
        epoch: UInt32, previous: Bytes32, history: IdentityHistory, xWing: XWingPublicKey,
        certificates: [DeviceCertificate], signedBy root: IdentityKey
    ) throws(IdentityChangeError) {
        guard root.publicKey == history.current.key else { throw .notTheRoot }
        guard epoch <= Limits.identityEpochMax else { throw .noEpochLeft }
        self.epoch = epoch
        self.previous = previous
        self.history = history
        self.xWing = xWing
        self.certificates = certificates.sorted { $0.device.bytes < $1.device.bytes }
        if let reason = IdentityKeys.fault(self.certificates, history: history) { throw reason }
        let content = IdentityKeys.content(
            epoch: epoch, previous: previous, history: history, xWing: xWing)
        let all = IdentityKeys.certified(content, self.certificates)
        do {
            signature = try root.sign(all, for: .identityKeys)
        } catch {
            throw .signing(error)
        }
        digest = IdentityKeys.digest(all, signature)
    }

    /// All but the certificates.
    package var encoded: [UInt8] {
        IdentityKeys.content(epoch: epoch, previous: previous, history: history, xWing: xWing)
            + signature.array
    }

    /// Reads a statement and checks it and the certificates against each other.
    ///
    /// - Throws: any ``FormatError``.
    package init(
        decoding bytes: [UInt8], certificates: [DeviceCertificate]
    ) throws(FormatError) {
        let format = IdentityKeys.format
        var reader = ByteReader(bytes, format: format)
        try reader.expect(IdentityKeys.magic)
        epoch = try reader.integer()
        guard epoch <= Limits.identityEpochMax else {
            throw .limitExceeded(
                format: format, field: "epoch", value: UInt64(epoch),
                limit: UInt64(Limits.identityEpochMax))
        }
        previous = try reader.bytes32()
        history = try IdentityHistory(from: &reader)
        guard let xWing = XWingPublicKey(try reader.take(XWingPublicKey.byteCount)) else {
            throw .invalid(format: format, field: "X-Wing key")
        }
        self.xWing = xWing
        let contentLength = reader.offset
        guard let signature = Signature(try reader.take(Signature.byteCount)) else {
            throw .invalid(format: format, field: "signature")
        }
        self.signature = signature
        try reader.finish()
        self.certificates = certificates
        guard IdentityKeys.fault(certificates, history: history) == nil else {
            throw .invalid(format: format, field: "certificates")
        }
        let all = IdentityKeys.certified(Array(bytes[..<contentLength]), certificates)
        guard history.current.key.isValid(signature, of: all, for: .identityKeys) else {
            throw .badSignature(format: format)
        }
        digest = IdentityKeys.digest(all, signature)
    }

    /// Each device once, ascending, certified by one of the identity's roots.
    private static func fault(
        _ certificates: [DeviceCertificate], history: IdentityHistory
    ) -> IdentityChangeError? {
        guard certificates.count <= Limits.identityDeviceCountMax else {
            return .tooManyDevices(limit: Limits.identityDeviceCountMax)
        }
        for (one, next) in zip(certificates, certificates.dropFirst())
        where !(one.device.bytes < next.device.bytes) {
            return .deviceIsKnown(next.device.deviceID)
        }
        let roots = history.generations.map(\.key)
        let stranger = certificates.first { !roots.contains($0.identity) }
        return stranger.map { .certifiedByOther($0.device.deviceID) }
    }

    private static func content(
        epoch: UInt32, previous: Bytes32, history: IdentityHistory, xWing: XWingPublicKey
    ) -> [UInt8] {
        var writer = ByteWriter(reserving: 2048)
        writer.magic(magic)
        writer.integer(epoch)
        writer.bytes32(previous)
        history.write(to: &writer)
        writer.raw(xWing.bytes)
        return writer.bytes
    }

    private static func certified(
        _ content: [UInt8], _ certificates: [DeviceCertificate]
    ) -> [UInt8] {
        var writer = ByteWriter(reserving: content.count + 256 * certificates.count)
        writer.raw(content)
        for certificate in certificates { writer.counted(certificate.encoded) }
        return writer.bytes
    }

    private static func digest(_ content: [UInt8], _ signature: Signature) -> Bytes32 {
        SHA256.hash(data: content + signature.array).withUnsafeBytes { Bytes32($0.bytes) }
    }
}

/// Why an identity cannot be changed in the way that was asked for.
package enum IdentityChangeError: Error, Equatable, Sendable {
    /// The key is not the root in use.
    case notTheRoot
    /// The next root must be the key that the one in use has committed to.
    case notTheCommittedKey
    case tooManyRotations(limit: Int)
    case tooManyDevices(limit: Int)
    case deviceIsKnown(DeviceID)
    case deviceIsUnknown(DeviceID)
    case certifiedByOther(DeviceID)
    case noEpochLeft
    case noRevisionLeft
    case signing(SigningError)
    /// The content is none that a document may have.
    case badContent(FormatError)
}
