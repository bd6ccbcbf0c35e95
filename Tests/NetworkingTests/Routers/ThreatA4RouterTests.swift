import Model
import Synchronization
import Testing

@testable import Networking

/// RELIABILITY A4: a router can end what it forwards, and nothing else.
@Suite struct ThreatA4RouterTests {
    private let payload = patterned(90_000)
    private static let canary = "canary-8c1f-sings-only-inside"

    /// What came of one request through a router that does `damage` to the bytes of the node that
    /// was called.
    private struct Outcome {
        var isAnswered = false
        var requests: [SessionRequest] = []
        /// All that went through the router, both ways.
        var forwarded: [[UInt8]] = []
    }

    private func outcome(
        _ damage: TamperingRelay.Damage, patience: Duration = .seconds(3)
    ) async throws -> Outcome {
        let seen = Mutex<[SessionRequest]>([])
        let station = try await RouterStation.open()
        let node = try await HiddenNode.open { _, request in
            seen.withLock { $0.append(request) }
            return SessionResponse(header: request.header, payload: request.payload)
        }
        // The bytes between the node and the router are those of the splice: the preface, then what
        // is forwarded.
        let relay = try await TamperingRelay.open(to: station.endpoint, damage)
        let listener = node.listener
        let taking = Task {
            for pass in try await node.waitOnce(at: station.endpoint) {
                try await listener.take(pass, from: relay.endpoint, deadline: patience)
            }
        }
        while station.router.counts.waiting == 0 { await Task.yield() }
        let caller = try Caller()
        var outcome = Outcome()
        do throws(SessionError) {
            let session = try await caller.dial(
                node.name, by: [station.endpoint], deadline: patience)
            let request = SessionRequest(
                header: Array(ThreatA4RouterTests.canary.utf8), payload: SessionPayload(payload),
                responseLengthMax: payload.count)
            let response = try await session.request(request, deadline: patience)
            #expect(response.payload.array == payload && response.header == request.header)
            outcome.isAnswered = true
            await session.close()
        } catch {
            #expect(error != .violation(.badHello), "damage is found below our frames")
        }
        taking.cancel()
        _ = try? await taking.value
        await relay.close()
        await node.close()
        await station.close()
        outcome.requests = seen.withLock { $0 }
        outcome.forwarded = [relay.bytes(.toListener), relay.bytes(.toDialler)]
        return outcome
    }

    @Test func `a canary is not to be seen in what a router forwards`() async throws {
        let canary = Array(ThreatA4RouterTests.canary.utf8)
        let outcome = try await outcome(.none, patience: .seconds(120))
        #expect(outcome.isAnswered)
        // The search finds what is there.
        #expect(contains(patterned(100) + canary + [1], canary))
        for bytes in outcome.forwarded {
            #expect(bytes.count > payload.count)
            #expect(!contains(bytes, canary))
            #expect(!contains(bytes, Array(payload[1000..<1032])))
        }
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        guard bytes.count >= part.count else { return false }
        return bytes.withUnsafeBytes { all in
            part.withUnsafeBytes { wanted in
                (0...all.count - wanted.count).contains { start in
                    all[start] == wanted[0]
                        && all[start..<start + wanted.count].elementsEqual(wanted)
                }
            }
        }
    }

    @Test func `flipped, cut, dropped and repeated bytes are detected, and nothing is believed`()
        async throws
    {
        var dice = Dice(5)
        let whole = try await outcome(.none, patience: .seconds(120)).forwarded.map(\.count)
        for round in 0..<16 {
            let direction: TamperingRelay.Direction = round % 2 == 0 ? .toListener : .toDialler
            let length = whole[round % 2]
            // Half of it handshake, and behind the preface.
            let offset =
                SplicePass.prefaceLength + 11 + dice.roll(round % 4 < 2 ? 2000 : length - 200)
            let damage: TamperingRelay.Damage =
                switch round / 4 {
                case 0: .flip(direction, offset: offset, bit: dice.roll(8))
                case 1: .cut(direction, offset: offset)
                case 2: .drop(direction, offset: offset, count: 1 + dice.roll(40))
                default: .repeatBytes(direction, offset: offset, count: 1 + dice.roll(30))
                }
            let outcome = try await outcome(damage)
            #expect(!outcome.isAnswered, "\(damage)")
            #expect(outcome.requests.count <= 1, "\(damage)")
            for request in outcome.requests {
                #expect(request.payload.array == payload, "\(damage)")
            }
        }
    }

    @Test func `a router that keeps the bytes is given up`() async throws {
        for offset in [SplicePass.prefaceLength, 3000, 50_000] {
            for direction in [TamperingRelay.Direction.toListener, .toDialler] {
                let outcome = try await outcome(
                    .hold(direction, offset: offset), patience: .seconds(1))
                #expect(!outcome.isAnswered)
            }
        }
    }

    @Test func `a router that joins the wrong two is found out`() async throws {
        let station = try await RouterStation.open()
        let (node, other) = (try await HiddenNode.open(), try await HiddenNode.open(user: 9))
        let thief = Task {
            for pass in try await node.waitOnce(at: station.endpoint) {
                _ = try? await other.listener.take(pass, from: station.endpoint)
            }
        }
        while station.router.counts.waiting == 0 { await Task.yield() }
        let caller = try Caller()
        await #expect(throws: SessionError.wrongPeer(other.name)) {
            try await caller.dial(node.name, by: [station.endpoint])
        }
        _ = try? await thief.value
        #expect(other.listener.openSessions.isEmpty)
        await node.close()
        await other.close()
        await station.close()
    }

    @Test func `a caller who is not admitted gets no session through a router either`()
        async throws
    {
        let station = try await RouterStation.open()
        let server = try SessionNode(user: 1, device: 101)
        let revoked = try SessionNode(user: 2, device: 102).name.deviceID
        let setup = server.setup(admits: { $0.deviceID != revoked })
        let listener = try await SessionListener.open(
            at: loopback, setup: setup, threads: testThreads)
        let (reached, told) = AsyncStream.makeStream(of: [Endpoint].self)
        let places = RouterPlaces(
            listener: listener, dialer: SessionDialer(setup: setup, threads: testThreads),
            time: SystemTime(), sleeper: SystemSleeper(), random: SystemRandom()
        ) { told.yield($0) }
        await places.offer([station.endpoint])
        for await current in reached where !current.isEmpty { break }
        await #expect(throws: SessionError.self) {
            try await Caller(user: 2).dial(server.name, by: [station.endpoint])
        }
        let friend = try await Caller(user: 3).dial(server.name, by: [station.endpoint])
        #expect(
            listener.openSessions.map(\.peer.userID) == [
                try SessionNode(user: 3, device: 103).name.userID
            ])
        await friend.close()
        await places.stop()
        await listener.close()
        await station.close()
    }
}
