import Foundation
import Model
import Networking
import Simulation
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// What a bucket and those who ask it do to each other, over real sockets.
@Suite(.serialized) final class BucketClientTests: Sendable {
    private let server: BucketServer
    private let threads = NetworkThreads()
    private let scratch = try! HomeScratch()
    private let customer = try! StoreCustomer(seed: 1)
    private let pauses = Pauses()

    /// Pauses that were asked for; none is made.
    private final class Pauses: Sendable {
        let taken = Mutex<[UInt64]>([])
    }

    init() throws { server = try BucketServer(time: SystemTime()) }

    deinit { server.stop() }

    private func client(
        _ place: String = "s3://fragments/one", key: AccessKey = BucketServer.key,
        time: any TimeSource = SystemTime()
    ) throws -> BucketClient {
        let address = try #require(
            BucketAddress(place: place, endpoint: server.endpoint, region: "here"))
        return try BucketClient(
            address, key: key, threads: threads, time: time,
            pause: { [pauses] length in pauses.taken.withLock { $0.append(length) } })
    }

    private func put(_ bytes: [UInt8], _ key: String, _ client: BucketClient) throws {
        try bytes.withUnsafeBytes { try client.put([$0], as: key) }
    }

    @Test(arguments: FragmentStoreConformance.rules)
    func `a store behind a strict server keeps the rule`(
        _ rule: FragmentStoreConformance.Rule
    ) async throws {
        try rule.check { capacity in
            try bucketStore(
                client("s3://fragments/\(UUID().uuidString.lowercased())"),
                below: scratch.home.path, capacity: capacity)
        }
        #expect(server.refused == [])
        await threads.stop()
    }

    @Test func `objects are put, read in parts, listed over pages and removed`() async throws {
        let client = try client()
        #expect(throws: ObjectError.notFound) { try client.get("x", range: nil, limit: 9) }
        let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        try put(bytes, "a/big", client)
        for name in 0..<10 { try put([UInt8(name)], "many/\(name)", client) }
        #expect(try client.get("a/big", range: nil, limit: 100_000) == bytes)
        for range in [0..<1, 99_999..<100_000, 4096..<70_000, 0..<100_000] {
            #expect(
                try client.get("a/big", range: range, limit: range.count) == Array(bytes[range]))
        }
        #expect(try client.get("a/big", range: 99_990..<100_100, limit: 110).count == 10)
        #expect(try client.get("a/big", range: 200_000..<200_001, limit: 1) == [])
        #expect(throws: ObjectError.wrongAnswer(field: "length")) {
            try client.get("a/big", range: nil, limit: 99_999)
        }
        #expect(
            try client.list("many/") == (0..<10).map { StoredObject(key: "many/\($0)", length: 1) })
        try client.remove("many/3")
        try client.remove("many/3")
        #expect(try client.list("many/").count == 9)
        #expect(server.objects.keys.allSatisfy { $0.hasPrefix("one/") })
        #expect(server.refused == [])
        // One after the other they go over one connection; one too long answer ended one.
        #expect(server.connectionCount <= 2 + 2 * Limits.objectAttemptCountMax)
        await threads.stop()
    }

    @Test(arguments: BucketServer.Fault.allCases)
    func `what goes wrong once is asked again`(_ fault: BucketServer.Fault) async throws {
        let client = try client()
        let bytes = [UInt8](repeating: 7, count: 50_000)
        if [.slowDown, .internalError, .tooManyRequests].contains(fault) { server.meet([fault]) }
        try put(bytes, "x", client)
        server.meet([fault])
        #expect(
            try client.get("x", range: 100..<40_000, limit: 39_900) == Array(bytes[100..<40_000]))
        #expect(server.refused == [])
        await threads.stop()
    }

    @Test(arguments: BucketServer.Fault.allCases)
    func `what goes wrong always is an error, after few attempts and longer and longer pauses`(
        _ fault: BucketServer.Fault
    ) async throws {
        let client = try client()
        try put([UInt8](repeating: 7, count: 50_000), "x", client)
        let before = server.requestCount
        server.meet(Array(repeating: fault, count: 100))
        do {
            _ = try client.get("x", range: 100..<40_000, limit: 39_900)
            Issue.record("\(fault) was taken for an answer")
        } catch {
            switch error {
            case .silent, .wrongAnswer: break
            default: Issue.record("\(fault): \(error)")
            }
        }
        #expect(server.requestCount - before <= 2 * Limits.objectAttemptCountMax)
        #expect(pauses.taken.withLock { $0 } == [200_000_000, 400_000_000, 800_000_000])
        await threads.stop()
    }

    @Test func `a key that is lent is signed with its token, and renewed when it ends`()
        async throws
    {
        func lent(_ token: String) -> AccessKey {
            AccessKey(id: "TESTKEY", secret: Array("secret/of+tests".utf8), token: token)
        }
        server.token.withLock { $0 = "first" }
        let now = Mutex(lent("first"))
        let address = try #require(
            BucketAddress(
                place: "s3://\(BucketServer.bucket)", endpoint: server.endpoint, region: "here"))
        let client = try BucketClient(
            address, key: lent("first"), threads: threads, time: SystemTime(),
            renew: { now.withLock { $0 } })
        try client.probe()
        server.token.withLock { $0 = "second" }
        #expect(throws: ObjectError.refused(code: "ExpiredToken")) { try client.probe() }
        now.withLock { $0 = lent("second") }
        try client.probe()
        try client.probe()
        #expect(server.refused == ["ExpiredToken", "ExpiredToken"])
        #expect(throws: ObjectError.refused(code: "ExpiredToken")) { try self.client().probe() }
        await threads.stop()
    }

    @Test func `no key, no bucket, no time and nobody there are told apart`() async throws {
        let wrong = AccessKey(id: "TESTKEY", secret: Array("guessed".utf8))
        #expect(throws: ObjectError.refused(code: "SignatureDoesNotMatch")) {
            try client(key: wrong).probe()
        }
        #expect(throws: ObjectError.refused(code: "RequestTimeTooSkewed")) {
            try client(time: LongAgo()).probe()
        }
        #expect(throws: ObjectError.noBucket) { try client("s3://another").probe() }
        #expect(pauses.taken.withLock { $0 } == [], "what cannot help is not asked again")
        let known = try client()
        try known.probe()
        server.stop()
        do {
            try known.probe()
            Issue.record("nobody answered")
        } catch {
            guard case .silent = error else {
                Issue.record("\(error)")
                return
            }
        }
        await threads.stop()
    }

    @Test func `bytes that were changed in the bucket are a lost fragment`() async throws {
        let store = try bucketStore(client(), below: scratch.home.path, capacity: 1 << 30)
        try store.admit(customer.contract(quota: 1 << 20, with: store.supplier))
        let upload = try customer.upload(seed: 1, pageCount: 4)
        _ = try store.put([upload])
        let key = try #require(server.objects.keys.first { $0.contains("segments") })
        server.change(key) { $0[9000] ^= 4 }
        do {
            _ = try store.bytes(of: upload.header.fragment, of: customer.owner)
            Issue.record("changed bytes were read")
        } catch let error as StoreError {
            #expect(error.isCorruption)
        }
        #expect(try store.has([upload.header.fragment], of: customer.owner) == [false])
        _ = try store.put([upload])
        #expect(
            try store.bytes(of: upload.header.fragment, of: customer.owner) == upload.content)
        store.close()
        await threads.stop()
    }
}

/// A clock that was never set.
private struct LongAgo: TimeSource {
    let now = Timestamp(nanoseconds: 0)
    let uptime: UInt64 = 0
}

/// A supplier's store in a bucket, with its directory below `path`.
func bucketStore(
    _ client: BucketClient, below path: String, capacity: Int
) throws -> DiskFragmentStore {
    let directory = "\(path)/\(UUID().uuidString)"
    let disk = ObjectDisk(root: directory, storage: client, random: SystemRandom())
    return try SupplierDirectory.create(at: directory, random: SystemRandom(), disk: disk)
        .store(StoreOptions(capacity: capacity))
}
