import Foundation
import Identities
import IdentityServers
import Model
import Networking
import Simulation
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// Places where nobody answers: each is waited for once, and beside the others.
@Suite(.serialized) struct DeadPlacesTests {
    private static let loopback = IPAddress("127.0.0.1")!

    @Test func `a silent endpoint is left alone for a while, and then asked again`() {
        let time = ManualTime()
        let silence = SilentEndpoints(time: time)
        let (first, second) = (
            Endpoint(DeadPlacesTests.loopback, port: 1), Endpoint(DeadPlacesTests.loopback, port: 2)
        )
        silence.note(first)
        #expect(silence.isSilent(first) && !silence.isSilent(second))
        time.advance(nanoseconds: Limits.absentNodeDelay - 1)
        #expect(silence.isSilent(first))
        time.advance(nanoseconds: 1)
        #expect(!silence.isSilent(first))
        for port in 1...2000 {
            silence.note(Endpoint(DeadPlacesTests.loopback, port: UInt16(port)))
        }
        #expect(silence.isSilent(Endpoint(DeadPlacesTests.loopback, port: 2000)))
    }

    @Test func `nobody connects to an endpoint that was silent`() async throws {
        let (threads, time) = (NetworkThreads(), ManualTime())
        let silence = SilentEndpoints(time: time)
        let server = try await HTTPServer.open(
            at: Endpoint(DeadPlacesTests.loopback, port: 0), threads: threads
        ) { _ in HTTPServer.Response(200) }
        let http = HTTPClient(
            threads: threads, resolver: SystemNameResolver(time: time), silence: silence
        ) { _ in true }
        let request = HTTPClient.Request(
            .get, WebURL("http://127.0.0.1:\(server.localEndpoint.port)/")!)
        silence.note(server.localEndpoint)
        await #expect(throws: HTTPClient.Failure.timedOut) { try await http.send(request) }
        time.advance(nanoseconds: Limits.absentNodeDelay)
        #expect(try await http.send(request).status == 200)
        await server.stop()
        await threads.stop()
    }

    @Test func `all sources of documents are asked at the same time`() async throws {
        let threads = NetworkThreads()
        let meeting = Meeting(of: 6)
        let server = try await HTTPServer.open(
            at: Endpoint(DeadPlacesTests.loopback, port: 0), threads: threads
        ) { _ in
            await meeting.arrive()
            return HTTPServer.Response(404)
        }
        let http = HTTPClient(
            threads: threads, resolver: SystemNameResolver(time: SystemTime())
        ) { _ in true }
        let sources = (0..<6).map {
            Source("http://127.0.0.1:\(server.localEndpoint.port)/name-\($0).xml")!
        }
        let search = DocumentSearch(exchange: NodeExchange(client: http))
        #expect(await search.documents(at: sources).isEmpty)
        #expect(await meeting.isComplete)
        await server.stop()
        await threads.stop()
    }

    @Test func `a node that does not answer where it was is looked for elsewhere meanwhile`()
        async throws
    {
        let station = try await NetworkStation(suppliers: 1)
        // It takes connections and says nothing: a dial there ends by its deadline alone.
        let deaf = try DeafListener()
        let node = station.nodes[0]
        let address = NodeAddress(user: node.user, endpoints: [deaf.endpoint])
        let waits = CountedSleeper()
        let network = NetworkSuppliers(
            local: LocalSuppliers(time: SystemTime(), random: SystemRandom()),
            lookup: KnownPlaces(places: [node.user: [node.endpoint!]]),
            threads: station.commandThreads, time: SystemTime(), random: SystemRandom(),
            sleeper: waits)
        let customer = try StoreCustomer(seed: 5)
        let caller = SupplierCaller(certificate: customer.certificate, device: customer.device)
        let found = try await onThread {
            try network.connect(to: address.description, as: caller, creates: false)
        }
        #expect(found.supplier == node.supplier)
        #expect(found.newAddress?.contains("\(node.endpoint!)") == true)
        #expect(waits.count == 1)
        // The dial that was in vain has been given up.
        await deaf.waitUntilLeft()
        found.channel.close()
        await network.close()
        await station.end()
    }
}

/// Lets nobody go before all have come.
private actor Meeting {
    private let size: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private(set) var isComplete = false

    init(of size: Int) {
        self.size = size
    }

    func arrive() async {
        guard !isComplete else { return }
        guard waiting.count + 1 == size else {
            return await withCheckedContinuation { waiting.append($0) }
        }
        isComplete = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}

/// Sleeps not at all.
private final class CountedSleeper: Sleeper {
    private let calls = Mutex(0)

    var count: Int { calls.withLock { $0 } }

    func sleep(nanoseconds: UInt64) async throws { calls.withLock { $0 += 1 } }
}

/// A port of loopback that takes one connection and never says a word.
private final class DeafListener: Sendable {
    let endpoint: Endpoint
    private let listener: Int32

    init() throws {
        let opened = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let port = withUnsafeMutablePointer(to: &address) { pointer -> UInt16 in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
                guard bind(opened, name, length) == 0, listen(opened, 4) == 0 else { return }
                getsockname(opened, name, &length)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        guard port > 0 else { throw NetworkError.system(errno: errno) }
        listener = opened
        endpoint = Endpoint(IPAddress("127.0.0.1")!, port: port)
    }

    deinit { close(listener) }

    /// Reads what the one connection says to its end.
    func waitUntilLeft() async {
        let listener = listener
        _ = try? await onThread {
            let connection = accept(listener, nil, nil)
            var bytes = [UInt8](repeating: 0, count: 4096)
            while read(connection, &bytes, bytes.count) > 0 {}
            close(connection)
        }
    }
}
