import Model
import Synchronization
import Testing

@testable import Networking

@Suite struct UDPPortTests {
    @Test func `a datagram arrives as it was sent, and its sender is told`() async throws {
        let inbox = Inbox()
        let one = try await UDPPort.open(at: loopback, threads: testThreads) { _ in }
        let two = try await UDPPort.open(at: loopback, threads: testThreads, arrived: inbox.take)
        one.send([1, 2, 3], to: two.localEndpoint)
        #expect(await inbox.first(1) == [Datagram([1, 2, 3], peer: one.localEndpoint)])
        #expect(two.counts.received == 1)
        #expect(one.counts.sent == 1)
        await one.close()
        await two.close()
    }

    @Test func `a burst of thousands of small datagrams arrives whole`() async throws {
        let inbox = Inbox()
        let one = try await UDPPort.open(at: loopback, threads: testThreads) { _ in }
        let two = try await UDPPort.open(at: loopback, threads: testThreads, arrived: inbox.take)
        let count = 4000
        for index in 0..<count {
            one.send([UInt8(index & 0xff), UInt8(index >> 8)], to: two.localEndpoint)
        }
        let arrived = await inbox.first(count)
        #expect(arrived.map { Int($0.bytes[0]) | Int($0.bytes[1]) << 8 } == Array(0..<count))
        await one.close()
        await two.close()
    }

    @Test func `IPv4 and IPv6 meet at a port of all addresses`() async throws {
        let inbox = Inbox()
        let all = try await UDPPort.open(
            at: Endpoint(.v6(0, 0), port: 0), threads: testThreads, arrived: inbox.take)
        let v4 = try await UDPPort.open(at: loopback, threads: testThreads, arrived: inbox.take)
        v4.send([4], to: Endpoint(loopback.address, port: all.localEndpoint.port))
        #expect(await inbox.first(1) == [Datagram([4], peer: v4.localEndpoint)])
        all.send([5], to: v4.localEndpoint)
        let answer = await inbox.first(2)[1]
        #expect(answer.bytes == [5])
        #expect(answer.peer == Endpoint(loopback.address, port: all.localEndpoint.port))
        await all.close()
        await v4.close()
    }

    @Test func `what cannot be sent is counted and harms nothing`() async throws {
        let inbox = Inbox()
        let port = try await UDPPort.open(at: loopback, threads: testThreads, arrived: inbox.take)
        let unused = try await UDPPort.open(at: loopback, threads: testThreads) { _ in }
        let nobody = unused.localEndpoint
        await unused.close()
        port.send([1], to: Endpoint(.v6(0x2001_0db8 << 32, 1), port: 9))
        port.send([1], to: Endpoint(loopback.address, port: 0))
        port.send([UInt8](repeating: 0, count: 1473), to: port.localEndpoint)
        // A loopback socket has no way to other machines.
        port.send([1], to: Endpoint(.v4(0x0808_0808), port: 9))
        #expect(port.counts.notSent == 4)
        for _ in 0..<10 { port.send([1], to: nobody) }
        port.send([7], to: port.localEndpoint)
        #expect(await inbox.first(1).map(\.bytes) == [[7]])
        await port.close()
        port.send([8], to: port.localEndpoint)
        #expect(port.counts.notSent == 5)
    }

    @Test func `a datagram that is too long is dropped and counted`() async throws {
        let inbox = Inbox()
        let port = try await UDPPort.open(at: loopback, threads: testThreads, arrived: inbox.take)
        let long = try LongSender()
        long.send(count: 1473, to: port.localEndpoint)
        long.send(count: 60_000, to: port.localEndpoint)
        long.send(count: 1472, to: port.localEndpoint)
        #expect(await inbox.first(1).map(\.bytes.count) == [1472])
        #expect(port.counts.tooLong == 2)
        await port.close()
    }

    @Test func `a port in use is named`() async throws {
        let first = try await UDPPort.open(at: loopback, threads: testThreads) { _ in }
        await #expect(throws: NetworkError.portInUse(first.localEndpoint.port)) {
            _ = try await UDPPort.open(at: first.localEndpoint, threads: testThreads) { _ in }
        }
        await first.close()
        let again = try await UDPPort.open(at: first.localEndpoint, threads: testThreads) { _ in }
        await again.close()
    }

    @Test func `an address that this machine does not have is named`() async throws {
        let address = IPAddress("192.0.2.1")!
        await #expect(throws: NetworkError.addressNotHere(address)) {
            _ = try await UDPPort.open(at: Endpoint(address, port: 0), threads: testThreads) { _ in
            }
        }
    }
}

/// Keeps datagrams until a test has waited for enough of them.
final class Inbox: Sendable {
    private struct State {
        var datagrams: [Datagram] = []
        var waiting: (count: Int, CheckedContinuation<[Datagram], Never>)?
    }

    private let state = Mutex(State())

    var take: DatagramHandler {
        { arrived in
            self.state.withLock { state in
                state.datagrams += arrived
                guard let (count, waiter) = state.waiting, state.datagrams.count >= count else {
                    return
                }
                state.waiting = nil
                waiter.resume(returning: state.datagrams)
            }
        }
    }

    func first(_ count: Int) async -> [Datagram] {
        let all = await withCheckedContinuation { continuation in
            state.withLock { state in
                if state.datagrams.count >= count {
                    continuation.resume(returning: state.datagrams)
                } else {
                    state.waiting = (count, continuation)
                }
            }
        }
        return Array(all.prefix(count))
    }
}
