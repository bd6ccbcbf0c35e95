internal import Identities
internal import Model
internal import NIOCore
internal import NIOSSL

/// Judges the certificate that the peer of one connection shows. Belongs to the connection's
/// thread.
///
/// A verdict alone is no session: it comes before the peer has proved that it holds the TLS key.
/// And a connection without a verdict of its own, as one resumed from a ticket would be, is closed.
// @unchecked: the library calls back on the channel's thread, where all other uses are too.
final class PeerVerifier: @unchecked Sendable {
    private(set) var peer: SessionPeer?
    private(set) var refusal: SessionError?

    private let own: SessionPeer
    private let expected: PeerName?
    private let admits: PeerAdmission

    init(own: SessionPeer, expected: PeerName?, admits: @escaping PeerAdmission) {
        self.own = own
        self.expected = expected
        self.admits = admits
    }

    /// The library's form of ``judge(_:)``.
    var callback: NIOSSLCustomVerificationCallback {
        { [self] chain, verdict in
            let certificates = chain.map { (try? $0.toDERBytes()) ?? [] }
            do throws(SessionError) {
                peer = try judge(certificates)
                verdict.succeed(.certificateVerified)
            } catch {
                refusal = error
                verdict.succeed(.failed)
            }
        }
    }

    /// Says who the certificate is for.
    ///
    /// - Throws: ``SessionError/badCertificate(_:)``, ``SessionError/wrongPeer(_:)``,
    ///   ``SessionError/peerNotAdmitted``.
    private func judge(_ chain: [[UInt8]]) throws(SessionError) -> SessionPeer {
        guard chain.count == 1 else {
            throw .badCertificate(
                .invalid(format: SessionCertificate.format, field: "chain length"))
        }
        let certificate: SessionCertificate
        do throws(FormatError) {
            certificate = try SessionCertificate(decoding: chain[0])
        } catch {
            throw .badCertificate(error)
        }
        let peer = SessionPeer(certificate: certificate.device)
        guard peer.deviceID != own.deviceID else { throw .wrongPeer(PeerName(peer)) }
        if let expected, !expected.names(peer) { throw .wrongPeer(PeerName(peer)) }
        guard admits(peer) else { throw .peerNotAdmitted }
        return peer
    }
}
