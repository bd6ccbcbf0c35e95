package import Model
internal import NIOCore
internal import Synchronization

/// Forwards for nodes that nobody can dial: lets them wait, tells them who calls, and joins the two
/// connections of a call. Sees who calls whom, when, and how many bytes; the bytes themselves are a
/// session of the two.
///
/// Thread rules: any thread may use it.
package final class Router: Sendable {
    private struct State {
        var core: RouterCore
        var waits: [UInt64: CheckedContinuation<RouterResponse, Never>] = [:]
        var ends: [UInt64: End] = [:]
        var lastNumber: UInt64 = 0
        var isClosed = false
    }

    /// One connection of a splice.
    private struct End {
        let channel: any Channel
        let handler: NIOLoopBound<SpliceHandler>
    }

    private let time: any TimeSource
    private let state: Mutex<State>
    private let meter: Mutex<RouterMeter>
    private let ticker: Task<Void, Never>
    private let ticks: AsyncStream<Void>.Continuation

    package init(
        limits: RouterLimits = RouterLimits(), time: any TimeSource, sleeper: any Sleeper,
        random: any RandomSource
    ) {
        self.time = time
        state = Mutex(State(core: RouterCore(limits: limits, random: random)))
        meter = Mutex(
            RouterMeter(bytesPerSecond: limits.bytesPerSecond, bytesPerDay: limits.bytesPerDay))
        let (stream, ticks) = AsyncStream.makeStream(
            of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.ticks = ticks
        ticker = Task {
            while (try? await sleeper.sleep(nanoseconds: Router.tickInterval)) != nil {
                ticks.yield()
            }
        }
        Task { [weak self] in for await _ in stream { self?.tick() } }
    }

    /// A quarter of a second: small beside all deadlines.
    private static let tickInterval: UInt64 = 250_000_000

    package var counts: RouterCounts { state.withLock { $0.core.counts } }

    /// What each user has moved in its day, most first; a splice counts for both its users.
    package var uses: [(user: UserID, byteCount: Int)] {
        meter.withLock { $0.uses(at: time.uptime) }
    }

    // MARK: Requests

    /// Answers the requests of nodes; a ``SessionRequestHandler``.
    package func answer(
        _ peer: SessionPeer, _ request: SessionRequest
    ) async throws -> SessionResponse {
        guard let asked = try? RouterRequest(request.header), request.payload.byteCount == 0 else {
            throw SessionRefusal.failed
        }
        let response: RouterResponse
        switch asked {
        case .wait(let patience): response = await wait(PeerName(peer), patience)
        case .call(let called): response = call(called, by: PeerName(peer))
        }
        return SessionResponse(header: response.encoded())
    }

    private func wait(_ peer: PeerName, _ patience: UInt32) async -> RouterResponse {
        let number = nextNumber()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                var isTaken = false
                perform { state in
                    guard !state.isClosed else { return [] }
                    isTaken = true
                    state.waits[number] = continuation
                    return state.core.wait(number, by: peer, patience: patience, at: time.uptime)
                }
                if !isTaken { continuation.resume(returning: .refused(.full)) }
                if Task.isCancelled { cancel(number) }
            }
        } onCancel: {
            cancel(number)
        }
    }

    private func cancel(_ wait: UInt64) {
        var waiting: CheckedContinuation<RouterResponse, Never>?
        perform { state in
            waiting = state.waits.removeValue(forKey: wait)
            return waiting == nil ? [] : state.core.cancelled(wait: wait)
        }
        waiting?.resume(returning: .callers([]))
    }

    private func call(_ peer: PeerName, by caller: PeerName) -> RouterResponse {
        var response = RouterResponse.refused(.full)
        let now = time.uptime
        let isSpent = meter.withLock {
            $0.isSpent(caller.userID, at: now) || $0.isSpent(peer.userID, at: now)
        }
        perform { state in
            guard !state.isClosed else { return [] }
            let (answer, effects) =
                isSpent
                ? state.core.refused(.tooMany) : state.core.call(peer, by: caller, at: now)
            response = answer
            return effects
        }
        return response
    }

    // MARK: Connections

    /// Takes a connection that has shown a pass, on its thread; nothing more of it is read until it
    /// is joined.
    ///
    /// - Parameter early: what came after the preface.
    func attach(_ channel: any Channel, showing pass: SplicePass, early: ByteBuffer) {
        let limits = state.withLock { $0.core.limits }
        let handler = SpliceHandler(limits: limits, early: early, eventLoop: channel.eventLoop)
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            channel.close(promise: nil)
            return
        }
        let number = nextNumber()
        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        perform { state in
            guard !state.isClosed else {
                channel.close(promise: nil)
                return []
            }
            state.ends[number] = End(channel: channel, handler: bound)
            return state.core.arrived(number, showing: pass)
        }
        channel.closeFuture.whenComplete { _ in self.left(number) }
    }

    private func left(_ connection: UInt64) {
        perform { state in
            state.ends[connection] = nil
            return state.core.closed(connection)
        }
    }

    private func tick() {
        perform { $0.core.tick(at: time.uptime) }
    }

    private func nextNumber() -> UInt64 {
        state.withLock { state in
            state.lastNumber += 1
            return state.lastNumber
        }
    }

    // MARK: Effects

    /// Nothing is resumed in `body`: that takes a lock of the task, under which its cancellation
    /// comes here for the lock of `state`.
    private func perform(_ body: (inout State) -> [RouterCore.Effect]) {
        let acts = state.withLock { state in
            body(&state).compactMap { act(for: $0, &state) }
        }
        for act in acts { act() }
    }

    /// What is done for an effect when the lock is released.
    private func act(
        for effect: RouterCore.Effect, _ state: inout State
    ) -> (() -> Void)? {
        switch effect {
        case .answer(let wait, let response):
            let continuation = state.waits.removeValue(forKey: wait)
            return { continuation?.resume(returning: response) }
        case .close(let connection):
            let channel = state.ends[connection]?.channel
            return { channel?.close(promise: nil) }
        case .join(let one, let other):
            guard let caller = state.ends[one], let called = state.ends[other] else { return nil }
            let clock = SpliceClock()
            let users = state.core.users(of: one)
            let count: SpliceHandler.Count = { [self] byteCount in
                meter.withLock { $0.moved(byteCount, by: users, at: time.uptime) }
            }
            return {
                Router.join(caller, to: called, clock, isKeeper: true, count)
                Router.join(called, to: caller, clock, isKeeper: false, count)
            }
        }
    }

    private static func join(
        _ end: End, to other: End, _ clock: SpliceClock, isKeeper: Bool,
        _ count: @escaping SpliceHandler.Count
    ) {
        let target = other.channel
        end.channel.eventLoop.execute {
            end.handler.value.join(target, clock: clock, isKeeper: isKeeper, count: count)
        }
    }

    /// Sends away who waits and ends all splices.
    package func close() async {
        ticker.cancel()
        ticks.finish()
        let (waits, channels) = state.withLock { state in
            state.isClosed = true
            defer { state.waits = [:] }
            return (
                state.waits.sorted { $0.key < $1.key }.map(\.value),
                state.ends.sorted { $0.key < $1.key }.map(\.value.channel)
            )
        }
        for wait in waits { wait.resume(returning: .refused(.full)) }
        for channel in channels {
            channel.close(promise: nil)
            // Never fails.
            try? await channel.closeFuture.get()
        }
    }
}
