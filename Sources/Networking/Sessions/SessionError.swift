package import Model

/// Why there is no session, or no answer.
package enum SessionError: Error, Equatable, Sendable {
    case network(NetworkError)
    /// Our own certificate or key was refused by the library.
    case noCertificate
    /// What the peer showed as certificate.
    case badCertificate(FormatError)
    /// The peer is this one, not the one that was asked for; or it is ourselves.
    case wrongPeer(PeerName)
    /// We refuse the peer: unknown, or a revoked device.
    case peerNotAdmitted
    /// The handshake failed for another reason: another protocol, an old version, bytes that are
    /// not the peer's, or the peer refuses us.
    case handshakeFailed
    /// The peer, known by its certificate, broke the protocol.
    case violation(SessionViolation)
    /// The session ended, or is about to end, before the answer came.
    case closed
    case timedOut
    case cancelled
    /// The peer gave no answer, for this reason.
    case refused(SessionRefusal)
    /// A router did not forward to the peer.
    case notForwarded(RouterRefusal)
    case tooLong(field: String, length: Int, limit: Int)
    /// The last attempts failed; the next one is due at this uptime, in nanoseconds.
    case backingOff(until: UInt64)

    /// Whether trying again later may help.
    package var isTransient: Bool {
        switch self {
        case .network(let error): error.isTransient
        case .handshakeFailed, .closed, .timedOut, .backingOff, .notForwarded: true
        case .refused(let refusal): refusal.isTransient
        case .noCertificate, .badCertificate, .wrongPeer, .peerNotAdmitted, .violation, .cancelled,
            .tooLong:
            false
        }
    }
}

/// Why a peer ends a request without an answer; the codes are those of the wire.
package enum SessionRefusal: UInt32, Error, Sendable, CaseIterable {
    /// Whoever asked has given up.
    case cancelled = 1
    case timedOut = 2
    /// Nothing was done: the session is about to end.
    case closing = 3
    /// Nothing was done: no memory for the request.
    case busy = 4
    /// Nothing was done: this peer may not ask.
    case notAllowed = 5
    /// The handler failed.
    case failed = 6

    package var isTransient: Bool {
        switch self {
        case .timedOut, .closing, .busy: true
        case .cancelled, .notAllowed, .failed: false
        }
    }
}

/// How a peer broke the protocol.
package enum SessionViolation: Error, Equatable, Sendable {
    case malformed(FormatError)
    /// The first frame was not a hello, or there was a second one.
    case badHello
    /// A stream id that is not the next one, or not that of an open stream.
    case badStream(UInt32)
    case tooManyStreams
    /// Bytes beyond what was announced or allowed.
    case tooManyBytes(stream: UInt32)
    /// A frame that may not come now.
    case unexpected(stream: UInt32)
    case badPing
}

/// A user, and one of its devices when a certain one is meant.
package struct PeerName: Hashable, Sendable {
    package let userID: UserID
    package let deviceID: DeviceID?

    package init(_ userID: UserID, device deviceID: DeviceID? = nil) {
        self.userID = userID
        self.deviceID = deviceID
    }

    package init(_ peer: SessionPeer) {
        self.init(peer.userID, device: peer.deviceID)
    }

    package func names(_ peer: SessionPeer) -> Bool {
        peer.userID == userID && (deviceID == nil || peer.deviceID == deviceID)
    }
}
