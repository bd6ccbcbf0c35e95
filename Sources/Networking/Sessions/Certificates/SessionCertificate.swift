internal import Crypto
internal import Identities
internal import Model

/// The throw-away X.509 certificate of one process: a TLS key and the device's word for it.
///
/// All but three parts are fixed, down to the byte: the public key, the extension and the
/// signature by the key itself. No name, serial number or date says anything; dates cannot, since
/// clocks are not to be trusted here.
///
/// The content of the extension:
///
/// ```
/// offset  length  field
/// 0       4       n, length of the device certificate
/// 4       n       device certificate (docs/formats/keys.md)
/// 4 + n   64      signature by the device key over the TLS key as SubjectPublicKeyInfo,
///                 label session-key
/// ```
///
/// docs/formats/session-certificate.md. Golden file: `fixtures/session/certificate-v1.bin`.
///
/// - SeeAlso: libp2p, “TLS Handshake” (specs/tls/tls.md), from which the binding is; RFC 5280, 4.1.
struct SessionCertificate {
    let device: DeviceCertificate

    static let format = DERReader.format

    /// Reads a certificate and checks both signatures and that its device speaks for the TLS key.
    ///
    /// Who checks the certificate knows nothing yet: that the peer has the TLS key is only proved
    /// by the rest of the handshake.
    ///
    /// - Throws: any ``FormatError``; `badSignature` when the fields are well-formed and not what
    ///   the keys signed.
    init(decoding bytes: [UInt8]) throws(FormatError) {
        guard bytes.count <= Limits.sessionCertificateLengthMax else {
            throw .limitExceeded(
                format: SessionCertificate.format, field: "certificate",
                value: UInt64(bytes.count), limit: UInt64(Limits.sessionCertificateLengthMax))
        }
        let parts = try CertificateTemplate.parts(of: bytes)
        var reader = ByteReader(parts.binding, format: SessionCertificate.format)
        let encoded = try reader.counted(
            limit: Limits.certificateLengthMax, field: "device certificate")
        let signature = Signature(try reader.take(Signature.byteCount))
        try reader.finish()
        device = try DeviceCertificate(decoding: encoded)
        guard let signature,
            device.device.isValid(signature, of: parts.publicKey, for: .sessionKey),
            let key = try? P256.Signing.PublicKey(derRepresentation: parts.publicKey),
            let own = try? P256.Signing.ECDSASignature(derRepresentation: parts.signature),
            key.isValidSignature(own, for: parts.content)
        else { throw .badSignature(format: SessionCertificate.format) }
    }

    /// Makes the certificate of `key`.
    ///
    /// - Throws: ``SigningError/signingRefused``.
    static func mint(
        for key: P256.Signing.PrivateKey, device: DeviceCertificate, signedBy deviceKey: DeviceKey
    ) throws(SigningError) -> [UInt8] {
        let publicKey = [UInt8](key.publicKey.derRepresentation)
        let word = try deviceKey.sign(publicKey, for: .sessionKey)
        var binding = ByteWriter(reserving: 512)
        binding.counted(device.encoded)
        binding.raw(word.array)
        return try seal(publicKey: publicKey, binding: binding.bytes, with: key)
    }

    /// Puts any binding for any public key into a certificate that `key` signs.
    static func seal(
        publicKey: [UInt8], binding: [UInt8], with key: P256.Signing.PrivateKey
    ) throws(SigningError) -> [UInt8] {
        let content = CertificateTemplate.content(publicKey: publicKey, binding: binding)
        guard let signature = try? key.signature(for: content) else { throw .signingRefused }
        return CertificateTemplate.certificate(
            content: content, signature: [UInt8](signature.derRepresentation))
    }
}

extension SignatureLabel {
    /// The device's word for the TLS key of its process.
    static let sessionKey = SignatureLabel("bitdust/v1/session-key")
}

/// The fixed bytes of a session certificate and where the others stand.
enum CertificateTemplate {
    struct Parts {
        /// What the certificate's own signature covers.
        let content: [UInt8]
        /// SubjectPublicKeyInfo.
        let publicKey: [UInt8]
        /// Content of the extension.
        let binding: [UInt8]
        /// ECDSA, as in RFC 3279.
        let signature: [UInt8]
    }

    /// ecdsa-with-SHA256.
    private static let algorithm: [UInt8] = [
        0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02,
    ]
    /// Version 3, serial number 1.
    private static let versionAndSerial: [UInt8] = [0xa0, 0x03, 0x02, 0x01, 0x02, 0x02, 0x01, 0x01]
    private static let noName: [UInt8] = [0x30, 0x00]
    /// From 1970-01-01 to 9999-12-31T23:59:59, which RFC 5280 (4.1.2.5) has for “no end”.
    private static let allTime =
        [0x30, 0x20, 0x17, 0x0d] + Array("700101000000Z".utf8) + [0x18, 0x0f]
        + Array("99991231235959Z".utf8)
    /// 2.25.299355651728734294927653314448853891988: an arc under a random UUID (ITU-T X.667),
    /// which nobody has to register. Critical, so that nobody takes the certificate for another
    /// kind.
    private static let extensionHead: [UInt8] = [
        0x06, 0x14, 0x69, 0x83, 0xc2, 0xb5, 0xe6, 0xc9, 0xcf, 0xdf, 0xca, 0x82, 0x93, 0x8c, 0x86,
        0xdd, 0xf2, 0xe8, 0xfb, 0xb3, 0xf7, 0x14, 0x01, 0x01, 0xff,
    ]

    static func content(publicKey: [UInt8], binding: [UInt8]) -> [UInt8] {
        let value = DERWriter.element(DERTag.octetString, binding)
        let extensions = DERWriter.element(
            DERTag.extensions, DERWriter.sequence(DERWriter.sequence(extensionHead, value)))
        return DERWriter.sequence(
            versionAndSerial, algorithm, noName, allTime, noName, publicKey, extensions)
    }

    static func certificate(content: [UInt8], signature: [UInt8]) -> [UInt8] {
        DERWriter.sequence(content, algorithm, DERWriter.bitString(signature))
    }

    /// Takes a certificate apart. Only what ``certificate(content:signature:)`` makes is taken: the
    /// parts are put together again and must give the same bytes.
    static func parts(of bytes: [UInt8]) throws(FormatError) -> Parts {
        var outer = DERReader(bytes)
        var certificate = try outer.enter(DERTag.sequence, "certificate")
        try outer.finish()
        let content = try certificate.element(DERTag.sequence, "content")
        _ = try certificate.element(DERTag.sequence, "algorithm")
        let bits = try certificate.content(DERTag.bitString, "signature")
        try certificate.finish()
        let (publicKey, binding) = try variables(of: content)
        let parts = Parts(
            content: content, publicKey: publicKey, binding: binding,
            signature: Array(bits.dropFirst()))
        guard self.content(publicKey: publicKey, binding: binding) == content,
            self.certificate(content: content, signature: parts.signature) == bytes
        else { throw .invalid(format: DERReader.format, field: "fixed part") }
        return parts
    }

    private static func variables(
        of content: [UInt8]
    ) throws(FormatError) -> (publicKey: [UInt8], binding: [UInt8]) {
        var outer = DERReader(content)
        var reader = try outer.enter(DERTag.sequence, "content")
        _ = try reader.element(DERTag.version, "version")
        _ = try reader.element(0x02, "serial number")
        for field in ["algorithm", "issuer", "validity", "subject"] {
            _ = try reader.element(DERTag.sequence, field)
        }
        let publicKey = try reader.element(DERTag.sequence, "public key")
        var extensions = try reader.enter(DERTag.extensions, "extensions")
        var list = try extensions.enter(DERTag.sequence, "extensions")
        var one = try list.enter(DERTag.sequence, "extension")
        _ = try one.content(0x06, "extension id")
        _ = try one.content(0x01, "critical")
        return (publicKey, try one.content(DERTag.octetString, "extension value"))
    }
}
