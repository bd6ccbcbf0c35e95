import Foundation
import Model
import Networking
import Pipelines
import Simulation
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// Another's server of object storage, a process of its own, that is stopped for a while.
@Suite(
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: MotoServer.path != nil, "there is no moto_server: 3 cases are left out"))
final class SilentBucketTests: Sendable {
    private let server = try! MotoServer()
    private let threads = NetworkThreads()
    private let patience = Duration.milliseconds(500)

    deinit { server.comeBack() }

    @Test func `one request waits for a silent bucket, the next are refused, one finds it back`()
        async throws
    {
        let bucket = try server.makeBucket(threads)
        let client = try server.client("s3://\(bucket)/one", threads, patience: patience)
        let bytes = [UInt8](repeating: 7, count: 3_000_000)
        try bytes.withUnsafeBytes { try client.put([$0], as: "x") }
        #expect(client.silence == nil)
        server.fallSilent()
        #expect(throws: ObjectError.silent(reason: "no answer in time")) { try client.probe() }
        let silence = try #require(client.silence)
        #expect(silence.text.contains("since 20"), "\(silence.text)")
        #expect(throws: silence) { try client.get("x", range: nil, limit: 1) }
        #expect(throws: silence) { try client.remove("x") }
        server.comeBack()
        // Between two tries it is refused.
        while client.silence != nil {
            if (try? client.probe()) == nil { SystemPause.pause(nanoseconds: 50_000_000) }
        }
        #expect(try client.get("x", range: nil, limit: bytes.count) == bytes)
        await threads.stop()
    }

    @Test func `a long transfer that goes on is not taken for silence`() async throws {
        let bucket = try server.makeBucket(threads)
        let patience = Duration.seconds(1)
        let slow = try SteadyRelay(before: server.endpoint, pause: patience / 10)
        let address = try #require(
            BucketAddress(
                place: "s3://\(bucket)/one", endpoint: "http://127.0.0.1:\(slow.port)",
                region: "us-east-1"))
        let client = try BucketClient(
            address, key: AccessKey(id: "test", secret: Array("test".utf8)), threads: threads,
            time: SystemTime(), patience: patience)
        let bytes = (0..<SteadyRelay.pieceLength * 20).map { UInt8(truncatingIfNeeded: $0 * 31) }
        try bytes.withUnsafeBytes { try client.put([$0], as: "x") }
        #expect(try client.get("x", range: nil, limit: bytes.count) == bytes)
        #expect(client.silence == nil)
        slow.close()
        await threads.stop()
    }

    @Test func `a backup goes on when the bucket does, and lacks nothing`() async throws {
        let bucket = try server.makeBucket(threads)
        let client = try server.client("s3://\(bucket)/one", threads, patience: patience)
        let station = try await NetworkStation(suppliers: 3, bucket: client)
        try station.fill(fileCount: 20, byteCount: 1_000_000)
        try await station.hireAll()
        let node = station.nodes[0]
        let before = node.answered.withLock { $0 }
        let refusedCount = Mutex(0)
        node.afterRequest.withLock { action in
            action = { [server] count in
                if count == before + 4 { return server.fallSilent() }
                guard count > before + 4, client.silence != nil else { return }
                // Told so several times, at once each time, before it is back.
                let refused = refusedCount.withLock { refused in
                    refused += 1
                    return refused
                }
                if refused == 3 { server.comeBack() }
            }
        }
        let (home, source) = (station.home(), station.source)
        var (adapters, network) = station.adapters()
        adapters.patience = LanePatience()
        // However long it takes until the silence is seen.
        adapters.patience.hold = adapters.patience.networkHold
        let waiting = adapters
        let report = try await onThread {
            let customer = try Customer.open(home: home, adapters: waiting)
            defer { customer.close() }
            return try customer.backup(
                BackupRequest(paths: [Array(source.utf8)]), cancellation: Cancellation()
            ) { _ in }
        }
        await network.close()
        #expect(refusedCount.withLock { $0 } >= 3)
        #expect(client.silence == nil)
        #expect(report.suppliersFailed.isEmpty)
        #expect(report.status != .belowTarget)
        // What the ledger says is what an index made anew from the bucket says.
        let usage = try node.usage()
        await node.stop()
        #expect(try node.usageMadeAnew(client) == usage)
        try await node.listen()
        let others = station.nodes.dropFirst().prefix(1)
        for other in others { await other.stop() }
        let places = KnownPlaces(places: [node.user: [node.endpoint!]])
        let restored = try await station.restore(lookup: places)
        #expect(restored.problems.isEmpty)
        #expect(
            try NetworkStation.files(station.source)
                == NetworkStation.files("\(station.path)/target"))
        await station.end()
        await threads.stop()
    }
}

/// Passes bytes on in small pieces, with a pause after each, both ways.
private final class SteadyRelay: Sendable {
    static let pieceLength = 64 << 10
    private let socket: RelaySocket
    private let pause: Duration

    var port: UInt16 { socket.port }

    init(before endpoint: String, pause: Duration) throws {
        let target = try #require(endpoint.split(separator: ":").last.flatMap { UInt16($0) })
        self.pause = pause
        socket = try RelaySocket()
        socket.relay(to: target) { [self] dialler, listener in
            for (from, to) in [(dialler, listener), (listener, dialler)] {
                Thread { [self] in pass(from, to) }.start()
            }
        }
    }

    func close() { socket.close() }

    private func pass(_ from: Int32, _ to: Int32) {
        var bytes = [UInt8](repeating: 0, count: SteadyRelay.pieceLength)
        while true {
            let count = recv(from, &bytes, bytes.count, 0)
            guard count > 0, send(to, bytes, count, Int32(MSG_NOSIGNAL)) == count else {
                shutdown(to, Int32(SHUT_WR))
                return
            }
            SystemPause.pause(nanoseconds: UInt64(pause.components.attoseconds / 1_000_000_000))
        }
    }
}
