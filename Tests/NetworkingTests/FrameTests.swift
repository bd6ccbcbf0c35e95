import Model
import Testing

@testable import Networking

@Suite struct FrameTests {
    // MARK: The parser

    @Test func `frames come out whole however the stream is cut`() throws {
        let bodies: [[UInt8]] = [[], [1], [2, 3], Array(0..<200), []]
        let stream = bodies.flatMap { FrameParser.header(bodyLength: $0.count) + $0 }
        for step in 1...stream.count {
            var parser = FrameParser(bodyLengthMax: 200)
            var found: [[UInt8]] = []
            for start in stride(from: 0, to: stream.count, by: step) {
                found += try parser.take(stream[start..<min(stream.count, start + step)])
            }
            #expect(found == bodies)
            #expect(!parser.isWithinFrame)
        }
    }

    @Test func `a length over the limit is refused before its body is taken`() {
        var parser = FrameParser(bodyLengthMax: 200)
        #expect(throws: NetworkError.frameTooLong(length: 201, limit: 200)) {
            _ = try parser.take([0, 0, 0, 201])
        }
        var other = FrameParser(bodyLengthMax: 200)
        #expect(throws: NetworkError.frameTooLong(length: 0xffff_ffff, limit: 200)) {
            _ = try other.take([0xff, 0xff, 0xff, 0xff])
        }
    }

    // MARK: Connections

    @Test func `frames go both ways and the end is told`() async throws {
        let listener = try await echo()
        let connection = try await FrameConnection.open(
            to: listener.localEndpoint, threads: testThreads)
        for length in [0, 1, 1000, 100_000, Limits.frameBodyLengthMax] {
            let body = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try await connection.send(body)
            #expect(try await connection.receive() == body)
        }
        try await connection.send(Array("bye".utf8))
        #expect(try await connection.receive() == nil)
        await connection.close()
        await listener.close()
        #expect(listener.counts.admitted == 1)
        #expect(listener.counts.open == 0)
    }

    @Test func `a body over the limit is not sent`() async throws {
        let listener = try await echo()
        let connection = try await FrameConnection.open(
            to: listener.localEndpoint, threads: testThreads)
        let limit = Limits.frameBodyLengthMax
        await #expect(throws: NetworkError.frameTooLong(length: limit + 1, limit: limit)) {
            try await connection.send([UInt8](repeating: 0, count: limit + 1))
        }
        await connection.close()
        await listener.close()
    }

    @Test func `a peer that claims too long a frame is cut off`() async throws {
        let listener = try await echo()
        let raw = try await RawConnection.open(to: listener.localEndpoint)
        try await raw.send([0x7f, 0xff, 0xff, 0xff])
        #expect(await raw.rest() == "")
        await listener.close()
    }

    @Test func `a peer that does not finish its first frame is cut off`() async throws {
        var settings = FrameConnection.Settings()
        settings.connections.headDeadline = .milliseconds(40)
        let listener = try await echo(settings)
        let silent = try await RawConnection.open(to: listener.localEndpoint)
        let slow = try await RawConnection.open(to: listener.localEndpoint)
        try await slow.send([0, 0, 0, 5, 1])
        #expect(await silent.rest() == "")
        #expect(await slow.rest() == "")
        #expect(listener.counts.tooSlow == 2)
        await listener.close()
    }

    @Test func `a peer below the minimum rate is cut off`() async throws {
        var settings = FrameConnection.Settings()
        settings.connections.minimumRateWindow = .milliseconds(40)
        let listener = try await echo(settings)
        let raw = try await RawConnection.open(to: listener.localEndpoint)
        try await raw.send([0, 0, 0, 1, 9])
        _ = await raw.text { $0.utf8.count >= 5 }
        try await raw.send([0, 0, 1, 0, 9])
        #expect(await raw.rest().utf8.count == 5)
        #expect(listener.counts.tooSlow == 1)
        await listener.close()
    }

    @Test func `an idle peer is cut off`() async throws {
        var settings = FrameConnection.Settings()
        settings.connections.idleDeadline = .milliseconds(40)
        let listener = try await echo(settings)
        let raw = try await RawConnection.open(to: listener.localEndpoint)
        try await raw.send([0, 0, 0, 1, 9])
        _ = await raw.rest()
        #expect(listener.counts.tooSlow == 1)
        await listener.close()
    }

    @Test func `connections over the limit are closed and counted`() async throws {
        var settings = FrameConnection.Settings()
        settings.connections.connectionCountMax = 2
        let listener = try await echo(settings)
        let kept = try await [
            RawConnection.open(to: listener.localEndpoint),
            RawConnection.open(to: listener.localEndpoint),
        ]
        for connection in kept {
            try await connection.send([0, 0, 0, 1, 9])
            _ = await connection.text { $0.utf8.count >= 5 }
        }
        let third = try await RawConnection.open(to: listener.localEndpoint)
        #expect(await third.rest() == "")
        #expect(listener.counts.refused == 1)
        for connection in kept { await connection.close() }
        await listener.close()
    }

    @Test func `a peer that sends without reading our answers is not buffered without end`()
        async throws
    {
        let held = AsyncStream.makeStream(of: Int.self)
        // The handler never reads: what the peer sends must come to a stop.
        let listener = try await FrameListener.open(at: loopback, threads: testThreads) {
            _ in
            for await _ in held.stream {}
        }
        let connection = try await FrameConnection.open(
            to: listener.localEndpoint, threads: testThreads)
        let body = [UInt8](repeating: 1, count: 1 << 20)
        var refused = 0
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    do {
                        try await connection.send(body)
                        return true
                    } catch { return (error as? NetworkError) == .peerTooSlow }
                }
            }
            // Those beyond the queue are refused at once; the rest wait until the connection ends.
            for await isKnown in group where isKnown {
                refused += 1
                if refused == 100 { await connection.close() }
            }
        }
        #expect(refused >= 100)
        held.continuation.finish()
        await listener.close()
    }

    @Test func `nobody listening is told`() async throws {
        let listener = try await echo()
        let endpoint = listener.localEndpoint
        await listener.close()
        await #expect(throws: NetworkError.refused(endpoint)) {
            _ = try await FrameConnection.open(to: endpoint, threads: testThreads)
        }
    }

    @Test func `a port in use is named`() async throws {
        let listener = try await echo()
        await #expect(throws: NetworkError.portInUse(listener.localEndpoint.port)) {
            _ = try await FrameListener.open(at: listener.localEndpoint, threads: testThreads) {
                _ in
            }
        }
        await listener.close()
    }

    /// Sends every frame back; ends at `bye`.
    private func echo(
        _ settings: FrameConnection.Settings = FrameConnection.Settings()
    ) async throws -> FrameListener {
        try await FrameListener.open(at: loopback, settings: settings, threads: testThreads) {
            connection in
            while let body = try? await connection.receive(), body != Array("bye".utf8) {
                try? await connection.send(body)
            }
        }
    }
}
