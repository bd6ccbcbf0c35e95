import Model
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Networking

/// RELIABILITY A4 and A7: whoever carries the bytes can end a connection and nothing else.
@Suite struct ThreatA7SessionTests {
    private let payload = patterned(90_000)

    /// What the handler of a listener has done.
    private final class Ledger: Sendable {
        private let seen = Mutex<[SessionRequest]>([])
        var requests: [SessionRequest] { seen.withLock { $0 } }
        func add(_ request: SessionRequest) { seen.withLock { $0.append(request) } }
    }

    /// Sends one request through `damage`.
    ///
    /// - Returns: whether it was answered; and what the handler did in any case.
    private func outcome(
        _ damage: TamperingRelay.Damage, patience: Duration = .seconds(2)
    ) async throws -> (isAnswered: Bool, requests: [SessionRequest], bytes: [Int]) {
        var settings = SessionSettings()
        settings.handshakeDeadline = patience
        let ledger = Ledger()
        let server = try SessionNode(user: 1, device: 101)
        let client = try SessionNode(user: 2, device: 102)
        let pair = try await SessionPair.open(
            listening: server.setup(
                settings,
                handler: { _, request in
                    ledger.add(request)
                    return SessionResponse(header: request.header, payload: request.payload)
                }), dialling: client.setup(settings))
        let relay = try await TamperingRelay.open(to: pair.listener.localEndpoint, damage)
        var isAnswered = false
        do throws(SessionError) {
            let session = try await pair.dialer.dial(
                [relay.endpoint], expecting: pair.listenerName, deadline: patience)
            let request = SessionRequest(
                header: [5, 6], payload: SessionPayload(payload),
                responseLengthMax: payload.count)
            let response = try await session.request(request, deadline: patience)
            #expect(response.header == [5, 6])
            #expect(response.payload.array == payload)
            isAnswered = true
            await session.close()
        } catch {
            #expect(error != .violation(.badHello), "damage is found below our frames")
        }
        await relay.close()
        await pair.listener.close()
        let bytes = [relay.bytes(.toListener).count, relay.bytes(.toDialler).count]
        return (isAnswered, ledger.requests, bytes)
    }

    private func expectHarmless(
        _ outcome: (isAnswered: Bool, requests: [SessionRequest], bytes: [Int]),
        _ damage: TamperingRelay.Damage
    ) {
        #expect(outcome.requests.count <= 1, "\(damage)")
        for request in outcome.requests {
            #expect(request.header == [5, 6], "\(damage)")
            #expect(request.payload.array == payload, "\(damage)")
        }
    }

    @Test func `flipped, cut, dropped and repeated bytes end the connection and change nothing`()
        async throws
    {
        let whole = try await outcome(.none, patience: .seconds(120))
        #expect(whole.isAnswered)
        var dice = Dice(3)
        var damages: [TamperingRelay.Damage] = []
        for round in 0..<24 {
            let direction: TamperingRelay.Direction = round % 2 == 0 ? .toListener : .toDialler
            let length = whole.bytes[round % 2]
            // The first bytes hold a version that nobody reads; half of the rest is handshake.
            let reach = round % 4 < 2 ? 2500 : length - 100
            let offset = 12 + dice.roll(reach - 12)
            damages.append(.flip(direction, offset: offset, bit: dice.roll(8)))
            switch round % 3 {
            case 0: damages.append(.cut(direction, offset: offset))
            case 1: damages.append(.drop(direction, offset: offset, count: 1 + dice.roll(40)))
            default:
                damages.append(
                    .repeatBytes(direction, offset: offset, count: 1 + dice.roll(2000)))
            }
        }
        var answered = 0
        for damage in damages {
            let outcome = try await outcome(damage)
            expectHarmless(outcome, damage)
            if outcome.isAnswered { answered += 1 }
        }
        // A change may fall on a byte without meaning, such as the version of an outer record.
        #expect(answered <= 3)
    }
}

/// RELIABILITY 7, connection hygiene.
@Suite struct SessionHygieneTests {
    @Test func `a thousand hostile connections leave room for an honest one`() async throws {
        var settings = SessionSettings()
        settings.handshakeDeadline = .seconds(5)
        var limits = SessionGateLimits()
        limits.countsLoopback = true
        let server = try SessionNode(user: 1, device: 101)
        let pair = try await SessionPair.open(
            listening: server.setup(settings), limits: limits)
        let honest = try await pair.dial()
        let hostile = try SocketAddress(ipAddress: "127.0.9.1", port: 0)
        let target = try SocketAddresses.library(pair.listener.localEndpoint)
        var channels: [any Channel] = []
        for number in 0..<1000 {
            let channel = try await ClientBootstrap(group: testThreads.group)
                .bind(to: hostile).connect(to: target).get()
            // A third says nothing, a third talks nonsense, a third begins a handshake record.
            if number % 3 > 0 {
                let bytes: [UInt8] = number % 3 == 1 ? [71, 69, 84, 32] : [22, 3, 1, 2, 0, 1, 0]
                channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
            }
            channels.append(channel)
            #expect(pair.listener.counts.open <= 1 + Limits.strangersPerRangeMax)
        }
        let answer = try await honest.request(SessionRequest(header: [1]))
        #expect(answer.header == [1])
        let another = try await pair.dial()
        // They all end: those refused at once, the others at the deadline of the handshake.
        for channel in channels { try? await channel.closeFuture.get() }
        #expect(pair.listener.counts.refused + pair.listener.counts.failed == 1000)
        await another.close()
        await honest.close()
        await pair.listener.close()
        #expect(pair.listener.counts.open == 0)
        #expect(pair.listener.counts.established == 0)
    }

    @Test func `one user has a bounded number of sessions`() async throws {
        var limits = SessionGateLimits()
        limits.sessionsPerUserMax = 2
        let pair = try await SessionPair.open(limits: limits)
        let kept = [try await pair.dial(), try await pair.dial()]
        let third = try? await pair.dial()
        await third?.waitUntilClosed()
        #expect(pair.listener.counts.refused == 1)
        for session in kept {
            _ = try await session.request(SessionRequest(header: [1]))
            await session.close()
        }
        await pair.listener.close()
    }

    @Test func `a handler that never ends bounds the memory of both sides`() async throws {
        let memory = SessionMemory()
        let running = Mutex(0)
        let server = try SessionNode(user: 1, device: 101)
        let pair = try await SessionPair.open(
            listening: server.setup(
                memory: memory,
                handler: { _, _ in
                    running.withLock { $0 += 1 }
                    // A stream of its own: the cancellation of one reader ends a stream for all.
                    let held = AsyncStream.makeStream(of: Int.self)
                    defer { held.continuation.finish() }
                    for await _ in held.stream {}
                    throw SessionRefusal.cancelled
                }))
        let session = try await pair.dial()
        let payload = SessionPayload(patterned(1 << 20))
        let ends = await withTaskGroup(of: SessionError?.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    do throws(SessionError) {
                        _ = try await session.request(
                            SessionRequest(
                                header: [], payload: payload, responseLengthMax: 1 << 20),
                            deadline: .seconds(2))
                        return nil
                    } catch {
                        return error
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(ends.count == 100)
        #expect(ends.allSatisfy { $0 == .timedOut || $0 == .refused(.timedOut) })
        // Payloads and answers of 1 MiB each, and nothing taken for the others.
        #expect(running.withLock { $0 } <= Limits.sessionMemoryPerPeer / (1 << 20))
        #expect(memory.heldByteCount <= Limits.sessionMemoryPerPeer)
        await session.close()
        await pair.listener.close()
    }

    @Test func `a peer that takes nothing any more is cut off`() async throws {
        var settings = SessionSettings()
        settings.minimumRateWindow = .milliseconds(200)
        settings.pingInterval = .milliseconds(400)
        settings.pongDeadline = .milliseconds(400)
        let client = try SessionNode(user: 2, device: 102)
        let pair = try await SessionPair.open(dialling: client.setup(settings))
        let relay = try await TamperingRelay.open(
            to: pair.listener.localEndpoint, .hold(.toListener, offset: 8000))
        let session = try await pair.dialer.dial([relay.endpoint], expecting: pair.listenerName)
        await #expect(throws: SessionError.timedOut) {
            try await session.request(
                SessionRequest(header: [], payload: SessionPayload(patterned(60_000))))
        }
        await session.waitUntilClosed()
        await relay.close()
        await pair.listener.close()
    }
}
