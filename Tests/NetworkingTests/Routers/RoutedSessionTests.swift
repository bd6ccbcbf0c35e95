import Model
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Networking

@Suite struct RoutedSessionTests {
    private let dead = Endpoint(loopback.address, port: 1)

    @Test func `two nodes that only dial out reach each other through a router`() async throws {
        let station = try await RouterStation.open()
        let node = try await HiddenNode.open()
        await node.wait(at: [station.endpoint])
        let session = try await Caller().dial(node.name, by: [station.endpoint])
        #expect(session.path == .routed(by: station.endpoint))
        #expect(PeerName(session.peer) == node.name && session.peerEndpoint == nil)
        // Both ways, and more than a window.
        let payload = SessionPayload(patterned(3 << 20))
        let response = try await session.request(
            SessionRequest(header: [7], payload: payload, responseLengthMax: payload.byteCount),
            deadline: .seconds(120))
        #expect(response.payload == payload)
        #expect(node.listener.openSessions.map(\.path) == [.routed(by: station.endpoint)])
        #expect(station.router.counts.joined == 1)
        await session.close()
        await node.close()
        await station.close()
    }

    @Test func `the direct way is preferred, and the path says which was taken`() async throws {
        let station = try await RouterStation.open()
        let node = try await HiddenNode.open()
        await node.wait(at: [station.endpoint])
        let caller = try Caller()
        var addresses = PeerAddresses(
            direct: [node.listener.localEndpoint], routers: [station.endpoint])
        let direct = try await caller.routed.dial(
            addresses, expecting: node.name, deadline: .seconds(120))
        #expect(direct.path == .direct(node.listener.localEndpoint))
        #expect("\(direct.path)" == "direct \(node.listener.localEndpoint)")
        addresses.direct = [dead]
        let routed = try await caller.routed.dial(
            addresses, expecting: node.name, deadline: .seconds(120))
        #expect("\(routed.path)" == "routed by \(station.endpoint)")
        await direct.close()
        await routed.close()
        await node.close()
        await station.close()
    }

    @Test func `who does not wait is not reached, and who waits elsewhere is`() async throws {
        let stations = [try await RouterStation.open(), try await RouterStation.open(user: 201)]
        let node = try await HiddenNode.open()
        await node.wait(at: [stations[1].endpoint])
        let caller = try Caller()
        await #expect(throws: SessionError.notForwarded(.notWaiting)) {
            try await caller.dial(node.name, by: [stations[0].endpoint])
        }
        let session = try await caller.dial(node.name, by: stations.map(\.endpoint))
        #expect(session.path == .routed(by: stations[1].endpoint))
        await session.close()
        await node.close()
        for station in stations { await station.close() }
    }

    @Test func `a router that is killed is replaced by the other one, and the request repeated`()
        async throws
    {
        let stations = [try await RouterStation.open(), try await RouterStation.open(user: 201)]
        let (asked, told) = AsyncStream.makeStream(of: Void.self)
        let isFirst = Mutex(true)
        let node = try await HiddenNode.open { _, request in
            // The first request is never answered: its router dies.
            let stays = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            if stays {
                told.yield()
                for await _ in AsyncStream<Void>.makeStream().stream {}
            }
            return SessionResponse(header: request.header)
        }
        let routers = stations.map(\.endpoint)
        await node.wait(at: routers)
        let pool = SessionPool(
            dialer: try Caller().dialer, time: SystemTime(), random: SystemRandom())
        let addresses = PeerAddresses(direct: [dead], routers: routers)
        let first = try await pool.session(to: node.name, at: addresses)
        #expect(first.path == .routed(by: routers[0]))
        let lost = Task {
            try await first.request(SessionRequest(header: [9]), deadline: .seconds(120))
        }
        var iterator = asked.makeAsyncIterator()
        _ = await iterator.next()
        await stations[0].close()
        await #expect(throws: SessionError.self) { try await lost.value }
        let second = try await pool.session(to: node.name, at: addresses)
        #expect(second.path == .routed(by: routers[1]))
        let answer = try await second.request(SessionRequest(header: [9]), deadline: .seconds(120))
        #expect(answer.header == [9])
        await pool.close()
        await node.close()
        await stations[1].close()
    }

    @Test func `a node that loses its router waits at another one`() async throws {
        let stations = [
            try await RouterStation.open(), try await RouterStation.open(user: 201),
            try await RouterStation.open(user: 202),
        ]
        let routers = stations.map(\.endpoint)
        let node = try await HiddenNode.open()
        await node.wait(at: Array(routers[..<2]))
        async let replaced: Void = node.wait(at: Array(routers[1...]))
        await stations[0].close()
        await replaced
        let session = try await Caller().dial(node.name, by: [routers[2]])
        await session.close()
        await node.close()
        for station in stations[1...] { await station.close() }
    }

    @Test func `a node that stops gives up its place`() async throws {
        let station = try await RouterStation.open()
        let node = try await HiddenNode.open()
        await node.wait(at: [station.endpoint])
        await node.close()
        let caller = try Caller()
        // The router learns of it from a closing connection, in its own time.
        while station.router.counts.waiting > 0 { await Task.yield() }
        await #expect(throws: SessionError.notForwarded(.notWaiting)) {
            try await caller.dial(node.name, by: [station.endpoint])
        }
        await station.close()
    }

    // MARK: What is not a session

    @Test func `wrong passes and prefaces at a node that is no router are closed`() async throws {
        let station = try await RouterStation.open()
        for number in 0..<50 {
            let raw = try await RawConnection.open(to: station.endpoint)
            let pass = SplicePass(bytes: SystemRandom().bytes32())
            try await raw.send(pass.preface + patterned(number))
            #expect(await raw.rest() == "")
        }
        #expect(station.router.counts.refused == 50)
        #expect(station.listener.counts.open == 0)
        let node = try await HiddenNode.open()
        let raw = try await RawConnection.open(to: node.listener.localEndpoint)
        try await raw.send(SplicePass(bytes: .zero).preface)
        #expect(await raw.rest() == "")
        await node.close()
        await station.close()
    }

    @Test func `a thousand calls of one user over one session are limited`() async throws {
        let station = try await RouterStation.open()
        let node = try await HiddenNode.open()
        // Somebody who waits and never takes a caller.
        let waiting = try await node.dialer.dial(
            [station.endpoint], expecting: nil, deadline: .seconds(120))
        let wait = SessionRequest(header: RouterRequest.wait(patience: 0).encoded())
        _ = try await waiting.request(wait, deadline: .seconds(120))
        let session = try await Caller().dialer.dial(
            [station.endpoint], expecting: nil, deadline: .seconds(120))
        let call = SessionRequest(header: RouterRequest.call(node.name).encoded())
        var passes = 0
        for _ in 0..<1000 {
            let response = try await session.request(call, deadline: .seconds(120))
            if case .pass = try RouterResponse(response.header) { passes += 1 }
        }
        #expect((1...Limits.callersPerAnswerMax).contains(passes))
        await session.close()
        await waiting.close()
        await node.close()
        await station.close()
    }

    @Test func `a reader that never reads stops the writer, and ends with its splice`()
        async throws
    {
        let station = try await RouterStation.open { $0.idleDeadline = .seconds(2) }
        let node = try await HiddenNode.open()
        async let waited = node.waitOnce(at: station.endpoint)
        let caller = try Caller()
        while station.router.counts.waiting == 0 { await Task.yield() }
        let own = try await caller.pass(to: node.name, at: station.endpoint)
        let reader = try await RawConnection.open(to: station.endpoint)
        try await reader.stopReading()
        try await reader.send(try #require(try await waited.first).preface)
        let writer = try await RawConnection.open(to: station.endpoint)
        try await writer.send(try #require(own).preface)
        let piece = patterned(1 << 20)
        var taken = 0
        // 128 MiB would be taken by a router that keeps them.
        while taken < 128, (try? await writer.send(piece)) != nil { taken += 1 }
        // What the kernel's buffers of two connections hold, and one window.
        #expect(taken < 32)
        await reader.close()
        await writer.close()
        await node.close()
        await station.close()
    }
}
