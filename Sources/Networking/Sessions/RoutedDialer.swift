package import Model

/// Opens sessions to peers that may not be reachable: at their own addresses first, then through
/// the routers at which they wait, those that have failed it last of all. Copies share what they
/// know of routers.
package struct RoutedDialer: Sendable {
    private let dialer: SessionDialer
    private let doubts = DoubtfulRouters()

    package init(_ dialer: SessionDialer) {
        self.dialer = dialer
    }

    /// Dials `peer`; ``Session/path`` says which way led to it.
    ///
    /// - Parameter deadline: for each way; for all direct ones together
    ///   ``Limits/directDeadline`` when there is a router to turn to.
    /// - Throws: the error of the way that came nearest: the last direct one when no router was
    ///   reached, else that of the last router; ``SessionError/closed`` without addresses.
    package func dial(
        _ addresses: PeerAddresses, expecting peer: PeerName,
        deadline: Duration = Limits.handshakeDeadline
    ) async throws(SessionError) -> Session {
        var failure = SessionError.closed
        if !addresses.direct.isEmpty {
            do throws(SessionError) {
                return try await dialDirect(addresses, peer, deadline)
            } catch {
                failure = error
            }
        }
        let routers = doubts.sorted(addresses.routers)
        for router in routers.prefix(Limits.routersPerPeerMax) {
            guard !Task.isCancelled else { throw .cancelled }
            do throws(SessionError) {
                return watched(
                    try await dial(peer, by: router, deadline: deadline), by: router)
            } catch {
                failure = error
                if error.isOfRouter { doubts.note(router) }
            }
        }
        throw failure
    }

    private func watched(_ session: Session, by router: Endpoint) -> Session {
        session.whenOver { [doubts, weak session] in
            if session?.isLeft == false { doubts.note(router) }
        }
        return session
    }

    private func dialDirect(
        _ addresses: PeerAddresses, _ peer: PeerName, _ deadline: Duration
    ) async throws(SessionError) -> Session {
        let each =
            addresses.routers.isEmpty
            ? deadline : min(deadline, Limits.directDeadline / addresses.direct.count)
        return try await dialer.dial(addresses.direct, expecting: peer, deadline: each)
    }

    /// Dials somebody of whom no more is known than a fingerprint, at a router where it waits. Who
    /// answers is whom the router has found: the caller has to look at the certificate.
    package func dial(
        _ fingerprint: UserFingerprint, by router: Endpoint,
        deadline: Duration = Limits.handshakeDeadline
    ) async throws(SessionError) -> Session {
        let pass = try await pass(to: PeerName(fingerprint.wildcard), at: router, deadline)
        return try await dialer.dial(pass, by: router, expecting: nil, deadline: deadline)
    }

    /// Dials a peer that waits at a router.
    private func dial(
        _ peer: PeerName, by router: Endpoint, deadline: Duration
    ) async throws(SessionError) -> Session {
        let pass = try await pass(to: peer, at: router, deadline)
        return try await dialer.dial(pass, by: router, expecting: peer, deadline: deadline)
    }

    /// Asks a router for a pass. Who the router is does not matter: it gets nothing but TLS
    /// records.
    private func pass(
        to peer: PeerName, at router: Endpoint, _ deadline: Duration
    ) async throws(SessionError) -> SplicePass {
        let session = try await dialer.dial([router], expecting: nil, deadline: deadline)
        let request = SessionRequest(header: RouterRequest.call(peer).encoded())
        let result: Result<SessionResponse, SessionError>
        do throws(SessionError) {
            result = .success(try await session.request(request, deadline: deadline))
        } catch {
            result = .failure(error)
        }
        await session.close()
        switch try? RouterResponse(try result.get().header) {
        case .pass(let pass): return pass
        case .refused(let refusal): throw .notForwarded(refusal)
        case .callers: throw .handshakeFailed
        case nil:
            if case .failure(let error) = result { throw error }
            throw .handshakeFailed
        }
    }
}

extension SessionError {
    /// Whether a router may be to blame: not when it says that the peer is elsewhere, nor when
    /// nobody waits for the session any more.
    fileprivate var isOfRouter: Bool {
        switch self {
        case .notForwarded, .cancelled, .peerNotAdmitted, .noCertificate: false
        default: true
        }
    }
}
