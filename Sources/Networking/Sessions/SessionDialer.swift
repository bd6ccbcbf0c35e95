package import Model

/// Opens sessions to other nodes.
package struct SessionDialer: Sendable {
    private let setup: SessionSetup
    private let threads: NetworkThreads
    private let silence: SilentEndpoints?

    /// - Parameter silence: endpoints in it are not dialled, and those that do not answer go there.
    package init(
        setup: SessionSetup, threads: NetworkThreads, silence: SilentEndpoints? = nil
    ) {
        self.setup = setup
        self.threads = threads
        self.silence = silence
    }

    /// Tries the addresses in order until one leads to the peer.
    ///
    /// - Parameters:
    ///   - expected: the only peer to be taken; `nil` takes whom the setup admits.
    ///   - deadline: for each address, connection and handshake together.
    /// - Throws: the last address's ``SessionError``; ``SessionError/closed`` without addresses;
    ///   ``SessionError/cancelled``.
    package func dial(
        _ endpoints: [Endpoint], expecting expected: PeerName?,
        deadline: Duration = Limits.handshakeDeadline
    ) async throws(SessionError) -> Session {
        var failure = SessionError.closed
        for endpoint in endpoints {
            guard !Task.isCancelled else { throw .cancelled }
            do throws(SessionError) {
                return try await dial(endpoint, expected, deadline)
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private func dial(
        _ endpoint: Endpoint, _ expected: PeerName?, _ deadline: Duration
    ) async throws(SessionError) -> Session {
        let outgoing = OutgoingConnection(target: endpoint, threads: threads, deadline: deadline)
        return try await shakeHands(outgoing, expected, path: .direct(endpoint))
    }

    /// Dials who waits at a router, with the pass that it has given.
    ///
    /// - Parameter expected: `nil` takes whom the setup admits.
    func dial(
        _ pass: SplicePass, by router: Endpoint, expecting expected: PeerName?,
        deadline: Duration
    ) async throws(SessionError) -> Session {
        let outgoing = OutgoingConnection(
            target: router, pass: pass, threads: threads, deadline: deadline)
        return try await shakeHands(outgoing, expected, path: .routed(by: router))
    }

    private func shakeHands(
        _ outgoing: OutgoingConnection, _ expected: PeerName?, path: SessionPath
    ) async throws(SessionError) -> Session {
        guard silence?.isSilent(outgoing.target) != true else { throw .network(.timedOut) }
        do throws(SessionError) {
            return try await outgoing.open { [setup] channel in
                try SessionHandshake.install(
                    on: channel, role: .dialler, setup: setup, expected: expected, path: path)
            }
        } catch {
            // A handshake that takes too long is no silence: that node has much to do.
            switch error {
            case .network(.timedOut), .network(.unreachable): silence?.note(outgoing.target)
            default: break
            }
            throw error
        }
    }
}
