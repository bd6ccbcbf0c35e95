internal import Dispatch
package import Model
package import Networking
package import Suppliers
internal import Synchronization

/// The way to a supplier over a session: what a customer's threads wait for.
///
/// A session that has died is dialled again once for each request: all that a customer asks can be
/// asked twice. Waiting for the answer is what holds a fast customer back; what each thread
/// has under way never takes more than a request's payload, which stays where it is.
///
/// Thread rules: any thread but those of the network and of the cooperative pool.
package final class SessionChannel: RequestChannel {
    /// Gives an open session to the supplier, dialled when there is none.
    package typealias Dial = @Sendable () async throws(SessionError) -> Session

    package let payloadByteCountMax = Limits.customerPayloadLengthMax

    fileprivate struct State {
        var session: Session?
        var isClosed = false
        var lastCall: UInt64 = 0
        /// By which the last session that was asked went.
        var router: Endpoint?
        /// Requests under way.
        var under: [UInt64: Request] = [:]
        /// Of the session that was asked last.
        var liveness: (session: ObjectIdentifier, peer: PeerLiveness)?
        var isWatched = false
    }

    fileprivate struct Request {
        let session: Session
        let begun: UInt64
        var giveUp: (@Sendable () -> Void)?
        var verdict = PeerLiveness.Verdict.fine
    }

    private let dial: Dial
    private let time: any TimeSource
    private let turns: TransferRates?
    private let sleeper: any Sleeper
    private let state: Mutex<State>

    /// - Parameter turns: limits by which requests take turns before they begin; the session
    ///   spreads their bytes over the time.
    /// - Parameter sleeper: paces the looks at a peer that owes an answer.
    package init(
        _ session: Session? = nil, time: any TimeSource, turns: TransferRates? = nil,
        sleeper: any Sleeper = SystemSleeper(), dial: @escaping Dial
    ) {
        self.sleeper = sleeper
        self.dial = dial
        self.time = time
        self.turns = turns
        state = Mutex(State(session: session))
    }

    package func exchange(
        _ request: ChannelRequest, into target: UnsafeMutableRawBufferPointer?
    ) throws(ChannelError) -> ChannelAnswer {
        guard request.payloadByteCount <= Limits.sessionPayloadLengthMax else {
            throw .badFrame(field: "payload")
        }
        let message = SessionRequest(
            header: request.header,
            payload: SessionPayload(pages: request.payload.map { ($0.buffer, $0.range) }),
            responseLengthMax: min(target?.count ?? 0, Limits.sessionPayloadLengthMax))
        let response: SessionResponse
        do throws(SessionError) {
            response = try ask(message, request)
        } catch {
            guard error.isOfDeadSession else { throw ended(error) }
            forgetSession()
            do throws(SessionError) {
                response = try ask(message, request)
            } catch {
                throw ended(error)
            }
        }
        return try deliver(response, to: target)
    }

    package func close() {
        let under = state.withLock { state in
            state.isClosed = true
            state.session = nil
            defer { state.under = [:] }
            return state.under.values.compactMap(\.giveUp)
        }
        for giveUp in under { giveUp() }
    }

    // MARK: One attempt

    private func ask(
        _ message: SessionRequest, _ request: ChannelRequest
    ) throws(SessionError) -> SessionResponse {
        guard !state.withLock(\.isClosed) else { throw .closed }
        if request.cancellation?.isCancelled == true { throw .cancelled }
        let session = try openSession()
        let begun = time.uptime
        guard request.deadline > begun else { throw .timedOut }
        // The time for its answer begins with its turn.
        try takeTurn(message, request, on: session)
        let id = watch(session)
        defer { request.cancellation?.onCancel(nil) }
        let response: SessionResponse
        do throws(SessionError) {
            response = try session.requestBlocking(
                message, deadline: .nanoseconds(Int64(clamping: request.deadline - begun))
            ) { giveUp in
                let isOver = state.withLock { state in
                    state.under[id]?.giveUp = giveUp
                    return state.isClosed || state.under[id]?.verdict != .fine
                }
                if isOver { giveUp() }
                request.cancellation?.onCancel(giveUp)
            }
        } catch {
            let error = ended(id, error)
            if case .routed(let router) = session.path {
                state.withLock { $0.router = router }
                // The peer may answer, and its router keep the bytes: the next request goes another
                // way.
                if error == .timedOut { session.abandon() }
            }
            throw error
        }
        answered(id)
        if TransferRates.limits(session.path) {
            turns?.receive.took(response.payload.byteCount)
        }
        return response
    }

    /// Waits until a limit has room for a request, and until answers before this one have had their
    /// time: how long an answer will be nobody knows.
    private func takeTurn(
        _ message: SessionRequest, _ request: ChannelRequest, on session: Session
    ) throws(SessionError) {
        guard let turns, TransferRates.limits(session.path) else { return }
        let byteCount = message.payload.byteCount
        let limits: [() -> UInt64] = [
            { turns.receive.wait }, { turns.send.take(byteCount) },
        ]
        for limit in limits {
            while true {
                let wait = limit()
                if wait == 0 { break }
                SystemPause.pause(nanoseconds: min(wait, Limits.rateSliceTime))
                guard !state.withLock(\.isClosed) else { throw .closed }
                if request.cancellation?.isCancelled == true { throw .cancelled }
            }
        }
    }

    private func openSession() throws(SessionError) -> Session {
        if let known = state.withLock(\.session), known.isOpen { return known }
        let session = try Blocking.wait(dial)
        state.withLock { if !$0.isClosed { $0.session = session } }
        return session
    }

    private func forgetSession() { state.withLock { $0.session = nil } }

    // MARK: Who does not answer

    /// - Returns: the number of a request that begins.
    private func watch(_ session: Session) -> UInt64 {
        let now = time.uptime
        let (id, isFirst) = state.withLock { state in
            let counts = PeerLiveness.Counts(of: session)
            if state.liveness?.session != ObjectIdentifier(session) {
                state.liveness = (ObjectIdentifier(session), PeerLiveness(counts, at: now))
            } else if state.under.isEmpty {
                state.liveness?.peer.began(counts, at: now)
            }
            state.lastCall += 1
            state.under[state.lastCall] = Request(session: session, begun: now)
            defer { state.isWatched = true }
            return (state.lastCall, !state.isWatched)
        }
        if isFirst { Task { @concurrent in await look() } }
        return id
    }

    private func answered(_ id: UInt64) {
        let now = time.uptime
        state.withLock { state in
            guard let request = state.under.removeValue(forKey: id),
                state.liveness?.session == ObjectIdentifier(request.session)
            else { return }
            state.liveness?.peer.answered(after: now - request.begun, at: now)
        }
    }

    /// - Returns: why a request has ended: nobody else has given it up when we have.
    private func ended(_ id: UInt64, _ error: SessionError) -> SessionError {
        let verdict = state.withLock { $0.under.removeValue(forKey: id)?.verdict ?? .fine }
        return verdict == .fine ? error : .timedOut
    }

    /// Looks at the peer as long as it owes answers, and gives up on them all at once.
    private func look() async {
        while state.withLock({ state in
            if state.under.isEmpty { state.isWatched = false }
            return state.isWatched
        }) {
            do {
                try await sleeper.sleep(nanoseconds: Limits.livenessInterval)
            } catch {
                return
            }
            let now = time.uptime
            let (given, deaf) = state.withLock { $0.judge(at: now) }
            for giveUp in given { giveUp() }
            // Whoever is asked next is dialled anew.
            deaf?.abandon()
        }
    }

    // MARK: Bytes and errors

    private func deliver(
        _ response: SessionResponse, to target: UnsafeMutableRawBufferPointer?
    ) throws(ChannelError) -> ChannelAnswer {
        let count = response.payload.byteCount
        guard count <= target?.count ?? 0 else { throw .badFrame(field: "payload") }
        if let target, count > 0 {
            response.payload.withBytes { span in
                span.withUnsafeBytes { target.copyMemory(from: $0) }
            }
        }
        return ChannelAnswer(header: response.header, payloadByteCount: count)
    }

    private func ended(_ error: SessionError) -> ChannelError {
        let (isClosed, router) = state.withLock { ($0.isClosed, $0.router) }
        if isClosed { return .closed }
        if error == .closed, let router {
            return .unreachable(reason: "the connection by router \(router) ended")
        }
        return ChannelError(error)
    }
}

extension SessionChannel.State {
    /// - Returns: what gives up the requests of a peer that does not get on, and its session when
    ///   nothing is heard from there at all.
    fileprivate mutating func judge(at now: UInt64) -> ([@Sendable () -> Void], Session?) {
        guard let id = liveness?.session,
            let session = under.values.first(where: { ObjectIdentifier($0.session) == id })?
                .session,
            let verdict = liveness?.peer.verdict(PeerLiveness.Counts(of: session), at: now),
            verdict != .fine
        else { return ([], nil) }
        var given: [@Sendable () -> Void] = []
        for (number, request) in under.sorted(by: { $0.key < $1.key })
        where request.session === session && request.verdict == .fine {
            under[number]?.verdict = verdict
            if let giveUp = request.giveUp { given.append(giveUp) }
        }
        return (given, verdict == .deaf ? session : nil)
    }
}

extension PeerLiveness.Counts {
    init(of session: Session) {
        self.init(received: session.receivedByteCount, sent: session.sentByteCount)
    }
}

extension SessionError {
    /// Whether another session may do what this one did not: it ended under the request.
    fileprivate var isOfDeadSession: Bool {
        switch self {
        case .closed, .refused(.closing): true
        default: false
        }
    }
}

extension ChannelError {
    /// What a customer's side calls what became of a session.
    init(_ error: SessionError) {
        switch error {
        case .cancelled: self = .cancelled
        case .timedOut, .refused(.timedOut): self = .timedOut
        case .violation: self = .badFrame(field: "session")
        case .tooLong(let field, _, _): self = .badFrame(field: field)
        default: self = .unreachable(reason: error.words)
        }
    }
}

extension SessionError {
    /// For people, after the name of a supplier and a colon.
    package var words: String {
        switch self {
        case .network(let error): "no connection (\(error))"
        case .noCertificate: "this machine's certificate cannot be used"
        case .badCertificate: "it shows a certificate that is not good"
        case .wrongPeer(let name): "another node answers there: \(name.userID.short)"
        case .peerNotAdmitted: "its device was revoked"
        case .handshakeFailed: "it does not speak our protocol, or does not let us in"
        case .violation: "it breaks the protocol"
        case .closed: "the connection ended"
        case .timedOut: "no answer in time"
        case .cancelled: "given up"
        case .refused(.busy): "it has too much to do"
        case .refused(.notAllowed): "it does not serve us"
        case .refused(let refusal): "it refused (\(refusal))"
        case .notForwarded(.notWaiting): "it does not wait at its router"
        case .notForwarded: "its router is busy"
        case .tooLong(let field, _, _): "the \(field) is too long"
        case .backingOff: "it did not answer a moment ago"
        }
    }
}

/// Waits on a thread of its own kind for work of the cooperative pool.
enum Blocking {
    /// - Precondition: the thread is none of the pool, which the work may need.
    static func wait<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () async throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let outcome = Slot<Result<Value, Failure>>()
        let done = DispatchSemaphore(value: 0)
        Task { @concurrent in
            do throws(Failure) {
                outcome.fill(.success(try await body()))
            } catch {
                outcome.fill(.failure(error))
            }
            done.signal()
        }
        done.wait()
        return try outcome.value.get()
    }

    private final class Slot<Value: Sendable>: Sendable {
        private let content = Mutex<Value?>(nil)

        func fill(_ value: Value) { content.withLock { $0 = value } }

        /// - Precondition: it was filled.
        var value: Value { content.withLock { $0! } }
    }
}
