import Foundation
import Glibc
import Identities
import Model
import Networking
import Pipelines
import Simulation
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// Who opens much and reads nothing, from outside: the memory of the program is what the kernel
/// says of its process.
@Suite(.serialized) struct ThreatA11MemoryTests {
    /// What hostile peers may cost: RELIABILITY G26.
    private static let growthMax = 64 << 10

    @Test func `a thousand connections and readers that never read cost a supplier little`()
        async throws
    {
        let scratch = try HomeScratch()
        let program = try ProgramProcess(home: "\(scratch.home.path)/supplier")
        let endpoint = try program.startSupplier()
        let threads = NetworkThreads()
        let honest = try StoreCustomer(seed: 1)
        let own = try await honest.session(at: endpoint, threads)
        let store = try await honest.store(own)
        let uploads = try (0..<8).map { try honest.upload(seed: $0, pageCount: 256) }
        try await blocking { () throws in
            try store.admit(honest.contract(quota: 64 << 20, with: store.supplier))
            for upload in uploads {
                _ = try store.put([upload])
                _ = try store.bytes(of: upload.header.fragment, of: honest.owner)
            }
        }
        let before = try program.memoryMax()

        // A thousand who say nothing.
        let silent = (0..<1000).compactMap { _ in Loopback.connect(to: endpoint.port) }
        #expect(silent.count == 1000)
        // One who opens session after session, more than it may have.
        let greedy = try StoreCustomer(seed: 2)
        var kept: [Session] = []
        for _ in 0..<60 {
            if let one = try? await greedy.session(at: endpoint, threads) { kept.append(one) }
        }
        // One who asks for all there is, many times, and reads none of it.
        for one in silent { close(one) }
        let relay = try DeafRelay(before: endpoint.port, deafTo: .listener, behind: 64 << 10)
        let deaf = try await dialUntilTaken {
            try await honest.session(at: relay.endpoint, threads)
        }
        let asks = Task { await askForAll(uploads, of: honest, deaf) }
        while relay.deafConnectionCount == 0 { await Task.yield() }

        // The honest one is served as before.
        let more = try (100..<108).map { try honest.upload(seed: $0, pageCount: 256) }
        try await blocking { () throws in
            for upload in more {
                _ = try store.put([upload])
                let bytes = try store.bytes(of: upload.header.fragment, of: honest.owner)
                #expect(bytes == upload.content)
            }
        }
        let growth = try program.memoryMax() - before
        #expect(growth < ThreatA11MemoryTests.growthMax, "\(growth) KiB")
        print("1000 connections, 60 sessions, 256 requests unread: \(growth) KiB more")
        relay.close()
        _ = await asks.value
        await threads.stop()
        try program.must("stop")
    }

    /// 256 requests at once, each for a MiB.
    private func askForAll(
        _ uploads: [FragmentUpload], of customer: StoreCustomer, _ session: Session
    ) async {
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<256 {
                let fragment = uploads[number % uploads.count].header.fragment
                let header = SupplierRequest(
                    owner: customer.owner,
                    .get(fragment, range: nil, room: 1 << 20, wantsProof: false)
                ).encoded()
                group.addTask {
                    _ = try? await session.request(
                        SessionRequest(header: header, responseLengthMax: 1 << 20))
                }
            }
        }
    }

    /// A supplier takes only so many strangers of one address range each second: asks again.
    private func dialUntilTaken(_ dial: () async throws -> Session) async throws -> Session {
        var failure: (any Error)?
        for _ in 0..<200 {
            do {
                return try await dial()
            } catch {
                failure = error
                try await SystemSleeper().sleep(nanoseconds: 150_000_000)
            }
        }
        throw failure ?? SessionError.timedOut
    }

    /// Takes half a minute: a peer that gives no sign of life is given some seconds, twice.
    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["BITDUST_SLOW_PEERS"] != nil,
            "takes half a minute: make slow-peers"))
    func `a supplier that reads nothing costs a backup neither memory nor the others`()
        async throws
    {
        let station = try await NetworkStation(suppliers: 4)
        try station.fill(fileCount: 60, byteCount: 1_000_000)
        let deaf = try DeafRelay(
            before: try #require(station.nodes[3].endpoint).port, deafTo: .dialler,
            behind: 400_000)
        let program = try ProgramProcess(home: "\(station.path)/customer")
        let honest = station.nodes.prefix(3).map { "\($0.endpoint!)" }.joined(separator: ",")
        let (path, source) = (station.path, station.source)
        let alone = try await onThread {
            try ProgramProcess(home: "\(path)/other").run(["backup", source, "--to", honest])
        }
        #expect(alone.status == 0, "\(alone.output)")
        let place = "\(deaf.endpoint)"
        let run = try await onThread {
            try program.run(["backup", source, "--to", "\(honest),\(place)"])
        }
        // It is left out, and told: the three others have enough.
        #expect(run.status == 4, "\(run.output)")
        #expect(run.output.contains("did not answer in time"), "\(run.output)")
        #expect(run.output.contains("can lose any 1 of 4 suppliers"), "\(run.output)")
        #expect(deaf.deafConnectionCount > 0)
        #expect(
            run.memoryMax < alone.memoryMax + ThreatA11MemoryTests.growthMax,
            "\(run.memoryMax) KiB, without it \(alone.memoryMax)")
        print("a deaf supplier: \(run.memoryMax) KiB, without it \(alone.memoryMax) KiB")
        let restored = try await onThread {
            try program.run(["restore", "latest", "--target", "\(path)/target"])
        }
        #expect(restored.status == 0, "\(restored.output)")
        #expect(try NetworkStation.files(source) == NetworkStation.files("\(path)/target"))
        deaf.close()
        await station.end()
    }
}
