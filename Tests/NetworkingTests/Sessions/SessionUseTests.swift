import Dispatch
import Model
import Synchronization
import Testing

@testable import Networking

@Suite struct SessionUseTests {
    @Test func `a deadline ends the request on both sides`() async throws {
        let begun = Mutex(0)
        let (stopped, continuation) = AsyncStream.makeStream(of: Bool.self)
        let pair = try await listening { _, _ in
            begun.withLock { $0 += 1 }
            let (stream, _) = AsyncStream.makeStream(of: Int.self)
            for await _ in stream {}
            continuation.yield(Task.isCancelled)
            throw SessionRefusal.failed
        }
        let session = try await pair.dial()
        // A deadline may pass before the request has come to its handler: then a longer one.
        var deadline = Duration.milliseconds(50)
        while begun.withLock({ $0 }) == 0 {
            await #expect(throws: SessionError.self) {
                try await session.request(SessionRequest(header: []), deadline: deadline)
            }
            deadline *= 2
        }
        var iterator = stopped.makeAsyncIterator()
        #expect(await iterator.next() == true)
        await session.close()
        await pair.listener.close()
    }

    @Test func `cancelling the task reaches the other side`() async throws {
        let (events, continuation) = AsyncStream.makeStream(of: String.self)
        let pair = try await listening { _, _ in
            continuation.yield("begun")
            let (stream, _) = AsyncStream.makeStream(of: Int.self)
            for await _ in stream {}
            continuation.yield(Task.isCancelled ? "cancelled" : "ended")
            throw SessionRefusal.failed
        }
        let session = try await pair.dial()
        let task = Task { try await session.request(SessionRequest(header: [])) }
        var iterator = events.makeAsyncIterator()
        #expect(await iterator.next() == "begun")
        task.cancel()
        await #expect(throws: SessionError.cancelled) { try await task.value }
        #expect(await iterator.next() == "cancelled")
        await session.close()
        await pair.listener.close()
    }

    @Test func `a handler's refusal and its failure are told apart`() async throws {
        struct Fault: Error {}
        let pair = try await listening { _, request in
            if request.header == [1] { throw SessionRefusal.busy }
            throw Fault()
        }
        let session = try await pair.dial()
        await #expect(throws: SessionError.refused(.busy)) {
            try await session.request(SessionRequest(header: [1]))
        }
        await #expect(throws: SessionError.refused(.failed)) {
            try await session.request(SessionRequest(header: [2]))
        }
        await session.close()
        await pair.listener.close()
    }

    @Test func `what is too long is not sent`() async throws {
        let pair = try await SessionPair.open()
        let session = try await pair.dial()
        let limit = Limits.sessionHeaderLengthMax
        await #expect(
            throws: SessionError.tooLong(field: "header", length: limit + 1, limit: limit)
        ) {
            try await session.request(
                SessionRequest(header: [UInt8](repeating: 0, count: limit + 1)))
        }
        let most = try await session.request(
            SessionRequest(header: [UInt8](repeating: 3, count: limit)))
        #expect(most.header.count == limit)
        await session.close()
        await pair.listener.close()
    }

    @Test func `threads of one's own may wait for answers`() async throws {
        let pair = try await SessionPair.open()
        let session = try await pair.dial()
        let answers = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let payload = SessionPayload(patterned(100_000))
                let answers = (0..<4).map { number in
                    try? session.requestBlocking(
                        SessionRequest(
                            header: [number], payload: payload, responseLengthMax: 100_000))
                }
                continuation.resume(returning: answers)
            }
        }
        #expect(answers.map { $0?.header } == [[0], [1], [2], [3]])
        #expect(answers.allSatisfy { $0?.payload.byteCount == 100_000 })
        await session.close()
        await pair.listener.close()
    }

    @Test func `a graceful end lets what is under way finish`() async throws {
        let (begun, continuation) = AsyncStream.makeStream(of: Int.self)
        let (gate, opener) = AsyncStream.makeStream(of: Int.self)
        let pair = try await listening { _, request in
            continuation.yield(1)
            for await _ in gate { break }
            return SessionResponse(header: request.header)
        }
        let session = try await pair.dial()
        let task = Task { try await session.request(SessionRequest(header: [4])) }
        var iterator = begun.makeAsyncIterator()
        _ = await iterator.next()
        async let closing: Void = pair.listener.close(grace: .seconds(20))
        opener.yield(1)
        #expect(try await task.value.header == [4])
        await closing
        await session.waitUntilClosed()
        await #expect(throws: SessionError.closed) {
            try await session.request(SessionRequest(header: [5]))
        }
    }

    @Test func `a session is used by all and dialled again when it has ended`() async throws {
        let pair = try await SessionPair.open()
        let pool = SessionPool(dialer: pair.dialer, time: SystemTime(), random: SystemRandom())
        let address = [pair.listener.localEndpoint]
        async let one = pool.session(to: pair.listenerName, at: address)
        async let two = pool.session(to: pair.listenerName, at: address)
        let (first, second) = try await (one, two)
        #expect(first === second)
        #expect(pair.listener.counts.established == 1)
        await first.close()
        let third = try await pool.session(to: pair.listenerName, at: address)
        #expect(third !== first)
        _ = try await third.request(SessionRequest(header: [1]))
        await pool.close()
        await #expect(throws: SessionError.closed) {
            try await pool.session(to: pair.listenerName, at: address)
        }
        await pair.listener.close()
    }

    @Test func `addresses are tried in order and failures are remembered`() async throws {
        let pair = try await SessionPair.open()
        let dead = Endpoint(loopback.address, port: 1)
        let pool = SessionPool(dialer: pair.dialer, time: SystemTime(), random: SystemRandom())
        let session = try await pool.session(
            to: pair.listenerName, at: [dead, pair.listener.localEndpoint])
        #expect(session.peerEndpoint == pair.listener.localEndpoint)
        let nobody = try SessionNode(user: 30, device: 130).name
        await #expect(throws: SessionError.network(.refused(dead))) {
            try await pool.session(to: nobody, at: [dead])
        }
        do throws(SessionError) {
            _ = try await pool.session(to: nobody, at: [dead])
            Issue.record("a peer that could not be reached was dialled again at once")
        } catch {
            guard case .backingOff = error else {
                Issue.record("\(error)")
                return
            }
        }
        await pool.close()
        await pair.listener.close()
    }

    @Test func `a peer's own session serves both`() async throws {
        let (arrived, continuation) = AsyncStream.makeStream(of: Session.self)
        let pair = try await SessionPair.open { continuation.yield($0) }
        let session = try await pair.dial()
        var iterator = arrived.makeAsyncIterator()
        let back = try #require(await iterator.next())
        let pool = SessionPool(dialer: pair.dialer, time: SystemTime(), random: SystemRandom())
        await pool.adopt(back)
        let found = try await pool.session(to: PeerName(back.peer.userID), at: [])
        #expect(found === back)
        await session.close()
        await pool.close()
        await pair.listener.close()
    }

    @Test func `delays of dialling again double up to a limit`() {
        var delay: RedialDelay?
        var lengths: [UInt64] = []
        for _ in 0..<12 {
            delay = RedialDelay(after: delay, at: 1000, draw: UInt64.max)
            lengths.append(delay!.length)
            #expect(delay!.until >= 1000 + delay!.length * 3 / 4)
            #expect(delay!.until <= 1000 + delay!.length * 5 / 4)
        }
        #expect(lengths.prefix(3) == [1_000_000_000, 2_000_000_000, 4_000_000_000])
        #expect(lengths.last == 300_000_000_000)
    }

    private func listening(
        _ handler: @escaping SessionRequestHandler
    ) async throws -> SessionPair {
        try await SessionPair.open(
            listening: try SessionNode(user: 1, device: 101).setup(handler: handler))
    }
}

@Suite struct ArrivalRateTests {
    /// How many of `count` arrivals at once are let in.
    private func admitted(
        _ count: Int, of range: IPAddress, _ rates: inout ArrivalRates<IPAddress>, at uptime: UInt64
    ) -> Int {
        var admitted = 0
        for _ in 0..<count where rates.admits(range, at: uptime) { admitted += 1 }
        return admitted
    }

    @Test func `a range has its burst and then its rate, and others have theirs`() {
        var rates = ArrivalRates<IPAddress>(burst: 3, perSecond: 2)
        let (one, other) = (IPAddress.v4(0x0a00_0000), IPAddress.v4(0x0a00_0100))
        let counts = [
            admitted(4, of: one, &rates, at: 0), admitted(1, of: other, &rates, at: 0),
            admitted(2, of: one, &rates, at: 400_000_000),
            admitted(2, of: one, &rates, at: 600_000_000),
            admitted(4, of: one, &rates, at: 100_000_000_000),
        ]
        #expect(counts == [3, 1, 0, 1, 3])
    }

    @Test func `the memory of ranges is bounded and comes free with time`() {
        var rates = ArrivalRates<IPAddress>(burst: 1, perSecond: 1)
        let most = Limits.handshakeRangeCountMax
        var known = 0
        for number in 0..<UInt32(most) {
            known += admitted(1, of: .v4(number << 8), &rates, at: 0)
        }
        let last = IPAddress.v4(0xffff_ff00)
        let late = [0, 2_000_000_000].map { admitted(1, of: last, &rates, at: $0) }
        #expect(known == most)
        #expect(late == [0, 1])
        #expect(rates.keyCount == 1)
    }
}

@Suite struct SessionPaceTests {
    private let second: UInt64 = 1_000_000_000

    @Test func `who does not finish the handshake is too slow`() {
        var pace = SessionPace(settings: SessionSettings(), at: 0)
        let shaking = SessionPace.Situation(isEstablished: false)
        #expect(pace.verdict(shaking, at: 9 * second) == .fine)
        #expect(pace.verdict(shaking, at: 10 * second) == .tooSlow)
    }

    @Test func `who owes bytes must bring 30 KiB in 30 s`() {
        for (byteCount, verdict) in [(30 << 10, SessionPace.Verdict.fine), (100, .tooSlow)] {
            var pace = SessionPace(settings: SessionSettings(), at: 0)
            let owing = SessionPace.Situation(isOwed: true, isQuiet: false)
            #expect(pace.verdict(owing, at: second) == .fine)
            pace.heard(byteCount, at: 20 * second)
            #expect(pace.verdict(owing, at: 31 * second) == verdict)
        }
    }

    @Test func `who takes nothing of what waits is too slow`() {
        var pace = SessionPace(settings: SessionSettings(), at: 0)
        pace.flushed(1000, at: second)
        pace.flushed(1000, at: 2 * second)
        pace.heard(1, at: 30 * second)
        let situation = SessionPace.Situation()
        #expect(pace.verdict(situation, at: 30 * second) == .fine)
        #expect(pace.verdict(situation, at: 31 * second) == .tooSlow)
        pace.taken()
        #expect(pace.verdict(situation, at: 31 * second) == .fine)
        pace.taken()
        #expect(pace.verdict(situation, at: 90 * second) == .fine)
    }

    @Test func `a silent peer is asked, an idle session left`() {
        var pace = SessionPace(settings: SessionSettings(), at: 0)
        var situation = SessionPace.Situation(isQuiet: false)
        #expect(pace.verdict(situation, at: 59 * second) == .fine)
        #expect(pace.verdict(situation, at: 60 * second) == .ping)
        situation.isWaitingForPong = true
        #expect(pace.verdict(situation, at: 89 * second) == .fine)
        #expect(pace.verdict(situation, at: 90 * second) == .tooSlow)
        var idle = SessionPace(settings: SessionSettings(), at: 0)
        #expect(idle.verdict(SessionPace.Situation(), at: 299 * second) == .fine)
        #expect(idle.verdict(SessionPace.Situation(), at: 300 * second) == .leave)
        var settings = SessionSettings()
        settings.staysOpen = true
        var kept = SessionPace(settings: settings, at: 0)
        #expect(kept.verdict(SessionPace.Situation(), at: 60 * second) == .ping)
    }
}
