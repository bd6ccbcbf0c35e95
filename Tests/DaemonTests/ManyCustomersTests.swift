import APIModel
import Foundation
import Identities
import Model
import Networking
import Simulation
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// Many customers of one supplier at the same time. `Benchmarks/many-customers.sh` runs it against
/// a node of its own, whose memory it reads.
@Suite(.serialized) struct ManyCustomersTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test func `eight customers at once put and get back what they have put`() async throws {
        let station = try await SupplierStation()
        try await run(8, rounds: 2, at: station.endpoint, station.threads)
        #expect(try await station.status()["customers"] == 8)
        await station.end()
    }

    @Test(
        .enabled(
            if: environment["BITDUST_SUPPLIER_PORT"] != nil,
            "measures another process: Benchmarks/many-customers.sh"))
    func `many customers of a node of its own`() async throws {
        let environment = ManyCustomersTests.environment
        let port = try #require(environment["BITDUST_SUPPLIER_PORT"].flatMap { UInt16($0) })
        let count = environment["BITDUST_CUSTOMERS"].flatMap { Int($0) } ?? 200
        let threads = NetworkThreads()
        try await run(
            count, rounds: 4, at: Endpoint(IPAddress("127.0.0.1")!, port: port), threads)
        await threads.stop()
    }

    /// All of them have a session before the first one puts, and until the last one has read.
    private func run(
        _ count: Int, rounds: Int, at endpoint: Endpoint, _ threads: NetworkThreads
    ) async throws {
        var customers: [(StoreCustomer, Session, RemoteFragmentStore)] = []
        for number in 0..<count {
            let customer = try StoreCustomer(seed: 7_000 + UInt64(number))
            let session = try await session(of: customer, at: endpoint, threads)
            let answer = try await session.request(
                SessionRequest(header: SupplierRequest(owner: customer.owner, .offer).encoded()))
            guard case .offer(let offer, _) = try SupplierResponse(answer.header) else {
                throw SessionRefusal.failed
            }
            let store = RemoteFragmentStore(
                supplier: offer.supplier, user: customer.owner, channel: PlainChannel(session),
                time: SystemTime())
            customers.append((customer, session, store))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, (customer, _, store)) in customers.enumerated() {
                group.addTask {
                    try await blocking { try use(store, customer, number, rounds) }
                }
            }
            try await group.waitForAll()
        }
        #expect(customers.allSatisfy { $0.1.isOpen })
        for (_, session, _) in customers { await session.close() }
    }

    /// A supplier takes only so many strangers of one address range each second: asks again.
    private func session(
        of customer: StoreCustomer, at endpoint: Endpoint, _ threads: NetworkThreads
    ) async throws -> Session {
        let identity = try SessionIdentity(
            certificate: customer.certificate, deviceKey: customer.device, random: SystemRandom())
        let setup = SessionSetup(identity: identity, admits: { _ in true }) { _, _ in
            throw SessionRefusal.notAllowed
        }
        let dialer = SessionDialer(setup: setup, threads: threads)
        var failure: (any Error)?
        for _ in 0..<200 {
            do {
                return try await dialer.dial([endpoint], expecting: nil)
            } catch {
                failure = error
                try await SystemSleeper().sleep(nanoseconds: 150_000_000)
            }
        }
        throw failure ?? SessionError.timedOut
    }
}

/// Puts and reads, and holds what comes back against what was put.
private func use(
    _ store: RemoteFragmentStore, _ customer: StoreCustomer, _ number: Int, _ rounds: Int
) throws {
    try store.admit(customer.contract(quota: 6 << 20, with: store.supplier))
    let target = PageBuffer(byteCount: 256 << 10)
    for round in 0..<rounds {
        let uploads = try (0..<4).map { index in
            let pages = PageBuffer(byteCount: target.byteCount)
            let source = SeededRandom(seed: UInt64(number * 64 + round * 4 + index)).bytes(4096)
            pages.bytes.copyBytes(from: source)
            return try customer.upload(pages, descriptor: [UInt8(round), UInt8(index)])
        }
        let receipts = try store.put(uploads)
        guard receipts.count == uploads.count else { throw StoreError.invalid(field: "receipts") }
        for upload in uploads {
            let count = try store.get(
                upload.header.fragment, of: customer.owner, range: nil, into: target.bytes)
            guard Array(target[0..<count]) == upload.content else {
                throw StoreError.invalid(field: "content")
            }
        }
    }
}
