package import Model

/// One session to each peer, for all that want something of it: dialled when it is first asked
/// for, dialled again when it has ended, left alone for a while when that fails.
package actor SessionPool {
    private enum Entry {
        case open(Session)
        case dialling(Task<Session, any Error>)
    }

    private let dialer: RoutedDialer
    private let time: any TimeSource
    private let random: any RandomSource
    private var entries: [PeerName: Entry] = [:]
    private var delays: [PeerName: RedialDelay] = [:]
    private var isClosed = false

    package init(dialer: SessionDialer, time: any TimeSource, random: any RandomSource) {
        self.dialer = RoutedDialer(dialer)
        self.time = time
        self.random = random
    }

    /// The session to `peer`, which is dialled at `endpoints` when there is none.
    ///
    /// Whoever asks while a dial is under way gets its result. A cancelled caller does not end the
    /// dial of the others.
    ///
    /// - Throws: the dial's ``SessionError``; ``SessionError/backingOff(until:)`` when the last
    ///   dial failed a short time ago.
    package func session(
        to peer: PeerName, at addresses: PeerAddresses
    ) async throws(SessionError) -> Session {
        guard !isClosed else { throw .closed }
        switch entries[peer] {
        case .open(let session) where session.isOpen: return session
        case .dialling(let dial): return try await SessionPool.result(of: dial)
        default: break
        }
        if let delay = delays[peer], delay.until > time.uptime {
            throw .backingOff(until: delay.until)
        }
        let dial = Task { [dialer] in
            try await dialer.dial(addresses, expecting: peer)
        }
        entries[peer] = .dialling(dial)
        do throws(SessionError) {
            let session = try await SessionPool.result(of: dial)
            delays[peer] = nil
            if isClosed {
                await session.close()
                throw .closed
            }
            entries[peer] = .open(session)
            return session
        } catch {
            entries[peer] = nil
            remember(failureOf: peer)
            throw error
        }
    }

    /// The session to `peer` that is open now; dials nobody.
    package func openSession(to peer: PeerName) -> Session? {
        guard case .open(let session) = entries[peer], session.isOpen else { return nil }
        return session
    }

    /// All that are open, each once.
    package var openSessions: [Session] {
        var seen: Set<ObjectIdentifier> = []
        return entries.sorted { $0.key.userID.bytes < $1.key.userID.bytes }.compactMap { _, entry in
            guard case .open(let session) = entry, session.isOpen,
                seen.insert(ObjectIdentifier(session)).inserted
            else { return nil }
            return session
        }
    }

    /// The same for a peer that is not looked for at routers.
    package func session(
        to peer: PeerName, at endpoints: [Endpoint]
    ) async throws(SessionError) -> Session {
        try await session(to: peer, at: PeerAddresses(direct: endpoints))
    }

    /// Uses a session that the peer has opened, unless there is one already: requests go both ways.
    package func adopt(_ session: Session) {
        guard !isClosed, session.isOpen else { return }
        let named = PeerName(session.peer)
        for name in [named, PeerName(named.userID)] where !isInUse(name) {
            entries[name] = .open(session)
            delays[name] = nil
        }
    }

    /// Forgets that dialling `peer` failed: its addresses have changed.
    package func forgetFailures(of peer: PeerName) { delays[peer] = nil }

    /// Closes all sessions; requests under way may end within `grace`.
    package func close(grace: Duration = .zero) async {
        isClosed = true
        let sessions = entries.values.compactMap { entry -> Session? in
            switch entry {
            case .open(let session): return session
            case .dialling(let dial):
                dial.cancel()
                return nil
            }
        }
        entries = [:]
        await withTaskGroup(of: Void.self) { group in
            for session in sessions { group.addTask { await session.close(grace: grace) } }
        }
    }

    private func isInUse(_ name: PeerName) -> Bool {
        switch entries[name] {
        case .open(let session): session.isOpen
        case .dialling: true
        case nil: false
        }
    }

    private static func result(
        of dial: Task<Session, any Error>
    ) async throws(SessionError) -> Session {
        do {
            return try await dial.value
        } catch {
            throw error as? SessionError ?? .cancelled
        }
    }

    private func remember(failureOf peer: PeerName) {
        let now = time.uptime
        if delays.count >= Limits.redialCountMax {
            delays = delays.filter { $0.value.until > now }
            if delays.count >= Limits.redialCountMax { delays = [:] }
        }
        let draw = random.bytes32().words.0
        delays[peer] = RedialDelay(after: delays[peer], at: now, draw: draw)
    }
}

/// When a peer that could not be reached is dialled again.
struct RedialDelay: Equatable {
    let length: UInt64
    /// Uptime in nanoseconds.
    let until: UInt64

    /// The delay doubles from one failure to the next, with a quarter more or less by chance, so
    /// that those whom a peer has left do not all come back at once.
    init(after previous: RedialDelay?, at uptime: UInt64, draw: UInt64) {
        let doubled = previous.map { $0.length * 2 } ?? Limits.redialDelayMin.nanoseconds
        length = min(doubled, Limits.redialDelayMax.nanoseconds)
        until = uptime + length * 3 / 4 + draw % (length / 2 + 1)
    }
}
