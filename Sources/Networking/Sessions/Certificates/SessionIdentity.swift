internal import Crypto
package import Identities
package import Model
internal import NIOCore
internal import NIOSSL

/// Who is at one end of a session: a device, and the identity that vouches for it.
package struct SessionPeer: Hashable, Sendable {
    package let certificate: DeviceCertificate

    package init(certificate: DeviceCertificate) {
        self.certificate = certificate
    }

    package var userID: UserID { certificate.userID }
    package var deviceID: DeviceID { certificate.device.deviceID }
}

/// Says whether a peer may have a session; asked at the handshake and again for each of its
/// requests, so that a device revoked meanwhile is refused. Runs on a network thread: must not
/// block.
package typealias PeerAdmission = @Sendable (SessionPeer) -> Bool

/// What this node shows at handshakes: its device certificate and the TLS key of this process.
///
/// TLS 1.3 only, key agreement X25519MLKEM768 only, no tickets are used, nothing is sent before the
/// handshake is done. There is nothing to negotiate, so nothing to downgrade.
package struct SessionIdentity: Sendable {
    /// The protocol and its version, as ALPN.
    static let protocolName = "bitdust-session/1"

    package let own: SessionPeer
    /// The same for both roles.
    let context: NIOSSLContext

    /// Makes the TLS key and the certificate of this process.
    ///
    /// - Throws: ``SessionError/noCertificate`` when `deviceKey` is not the key that `certificate`
    ///   is about, or the library refuses.
    package init(
        certificate: DeviceCertificate, deviceKey: DeviceKey, random: any RandomSource
    ) throws(SessionError) {
        guard certificate.device == deviceKey.publicKey,
            let key = SessionIdentity.freshKey(random),
            let bytes = try? SessionCertificate.mint(
                for: key, device: certificate, signedBy: deviceKey)
        else { throw .noCertificate }
        try self.init(
            own: SessionPeer(certificate: certificate), certificate: bytes,
            key: [UInt8](key.derRepresentation))
    }

    /// Shows any certificate.
    init(
        own: SessionPeer, certificate: [UInt8], key: [UInt8],
        adjust: (inout TLSConfiguration) -> Void = { _ in }
    ) throws(SessionError) {
        self.own = own
        do {
            var settings = TLSConfiguration.makeServerConfiguration(
                certificateChain: [
                    .certificate(try NIOSSLCertificate(bytes: certificate, format: .der))
                ],
                privateKey: .privateKey(try NIOSSLPrivateKey(bytes: key, format: .der)))
            settings.minimumTLSVersion = .tlsv13
            settings.maximumTLSVersion = .tlsv13
            settings.curves = [.x25519_MLKEM768]
            settings.applicationProtocols = [SessionIdentity.protocolName]
            settings.renegotiationSupport = .none
            // A certificate is demanded, and judged by `PeerVerifier` alone.
            settings.certificateVerification = .noHostnameVerification
            settings.trustRoots = .certificates([])
            settings.shutdownTimeout = .seconds(1)
            adjust(&settings)
            context = try NIOSSLContext(configuration: settings)
        } catch {
            throw .noCertificate
        }
    }

    /// One draw in 2^32 is no private key of P-256.
    static func freshKey(_ random: any RandomSource) -> P256.Signing.PrivateKey? {
        for _ in 0..<4 {
            let secret = SecretBytes(random.bytes32())
            let key = secret.withBytes { span in
                span.withUnsafeBytes { try? P256.Signing.PrivateKey(rawRepresentation: $0) }
            }
            if let key { return key }
        }
        return nil
    }
}
