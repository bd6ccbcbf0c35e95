import Foundation
import Identities
import Model
import Networking
import Pipelines
import Placement
import Rebuilding
import Simulation
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// Rebuilding for an owner who is away, over real sessions; and what else a desk is asked.
@Suite(.serialized) struct RebuilderTests {
    /// A customer with a backup in 2+2 on the first of six suppliers, and a rebuilder.
    private func stage() async throws -> (NetworkStation, RebuilderStation) {
        let station = try await NetworkStation(suppliers: 6)
        try station.fill()
        try await station.hireAll()
        let (home, source) = (station.home(), station.source)
        try await station.command { adapters in
            let customer = try Customer.open(home: home, adapters: adapters)
            defer { customer.close() }
            var request = BackupRequest(paths: [Array(source.utf8)])
            request.redundancy = .scheme(ErasureScheme("2+2")!)
            _ = try customer.backup(request, cancellation: Cancellation()) { _ in }
        }
        let rebuilder = try await RebuilderStation(below: station.path, threads: station.threads)
        return (station, rebuilder)
    }

    /// Does something as the owner, with a link to rebuilders.
    private func asOwner<Value: Sendable>(
        _ station: NetworkStation,
        _ body: @escaping @Sendable (Customer, RebuilderLink) throws -> Value
    ) async throws -> Value {
        let home = station.home()
        let network = CustomerNetwork(
            home: try NodeHome(path: Array("\(station.path)/node".utf8)),
            setting: RebuilderStation.setting)
        var adapters = RebuilderStation.setting.adapters
        adapters.suppliers = network.suppliers
        let made = adapters
        do {
            let value = try await onThread {
                let customer = try Customer.open(home: home, adapters: made)
                defer { customer.close() }
                return try body(customer, RebuilderLink(network))
            }
            await network.close()
            return value
        } catch {
            await network.close()
            throw error
        }
    }

    private func grant(
        _ station: NetworkStation, _ rebuilder: RebuilderStation
    ) async throws -> RebuilderLink.Contact {
        let address = rebuilder.address
        return try await asOwner(station) { customer, link in
            let record = try customer.grantRebuilding(to: address.user, at: address, days: 90)
            try customer.spreadHead()
            return try link.sync(record, of: customer)
        }
    }

    @Test func `half of the suppliers go while the owner is away, and nothing is lost`()
        async throws
    {
        let (station, rebuilder) = try await stage()
        let contact = try await grant(station, rebuilder)
        #expect(contact.blocksSent > 2 && contact.movesTaken == 0)
        // Nothing that is handed over again has changed.
        let again = try await asOwner(station) { customer, link in
            try link.sync(try customer.rebuilders()[0], of: customer)
        }
        #expect(again == RebuilderLink.Contact())
        for node in station.nodes[..<2] { await node.stop() }
        let outcome = try await rebuilder.round(station)
        #expect(outcome.answering == 4 && outcome.known == 6)
        #expect(outcome.report.fragmentsStored > 0 && outcome.report.fragmentsMissing == 0)
        // What the owner knows to hold its fragments goes too: whoever is left has been given them.
        let healthy = try await rebuilder.round(station)
        #expect(healthy.report.fragmentsStored == 0 && healthy.report.fragmentsMissing == 0)
        for node in station.nodes[2..<4] { await node.stop() }
        let restored = try await station.restore()
        #expect(restored.problems.isEmpty, "before the owner has heard of any move")
        #expect(
            try NetworkStation.files(station.source)
                == NetworkStation.files("\(station.path)/target"))
        let stored = outcome.report.fragmentsStored
        let heard = try await asOwner(station) { customer, link in
            let contact = try link.sync(try customer.rebuilders()[0], of: customer)
            return (contact, try customer.rebuilders()[0])
        }
        #expect(heard.0.movesTaken == stored && heard.0.movesRefused == 0)
        #expect(heard.1.fragmentsMoved == UInt64(stored))
        let later = try await asOwner(station) { customer, link in
            try link.sync(try customer.rebuilders()[0], of: customer)
        }
        #expect(later.movesTaken == 0, "what was taken is settled")
        await rebuilder.end()
        await station.end()
    }

    @Test func `a grant for one source hands over its blocks and no others`() async throws {
        let (station, rebuilder) = try await stage()
        let other = "\(station.path)/photos"
        try FileManager.default.createDirectory(
            atPath: other, withIntermediateDirectories: true)
        try Data(SeededRandom(seed: 3).bytes(900_000)).write(to: URL(filePath: "\(other)/one"))
        let address = rebuilder.address
        let health = try await asOwner(station) { customer, link in
            var request = BackupRequest(paths: [Array(other.utf8)])
            request.redundancy = .scheme(ErasureScheme("2+2")!)
            _ = try customer.backup(request, cancellation: Cancellation()) { _ in }
            #expect(throws: Failure.self) {
                try customer.grantRebuilding(
                    to: address.user, at: address, days: 9, sources: ["unknown"])
            }
            // By its path; the set has its name.
            let record = try customer.grantRebuilding(
                to: address.user, at: address, days: 9, sources: [other])
            #expect(try customer.grantedSources(record) == ["photos"])
            _ = try link.sync(record, of: customer)
            return try customer.health()
        }
        func count(_ groups: [HealthReport.Group]) -> Int {
            groups.reduce(0) { $0 + $1.blockCount }
        }
        let photos = count(try #require(health.sources.first { $0.name == "photos" }).groups)
        let catalog = count(health.groups.filter { $0.kind == .catalog })
        let all = count(health.groups)
        #expect(rebuilder.desk.active[0].rows.count == photos + catalog)
        #expect(photos + catalog < all)
        // Granted anew for all of it, and then for the one again: it hears of both.
        let user = rebuilder.address.user
        for (sources, wanted) in [([], all), (["photos"], photos + catalog)] {
            _ = try await asOwner(station) { customer, link in
                let record = try customer.grantRebuilding(
                    to: user, at: address, days: 9, sources: sources)
                return try link.sync(record, of: customer)
            }
            #expect(rebuilder.desk.active[0].rows.count == wanted)
        }
        await rebuilder.end()
        await station.end()
    }

    @Test func `a rebuilder that was killed goes on where it was`() async throws {
        let (station, rebuilder) = try await stage()
        _ = try await grant(station, rebuilder)
        for node in station.nodes[..<2] { await node.stop() }
        let outcome = try await rebuilder.round(station)
        let before = rebuilder.desk.active[0]
        // Its last record is torn, and a block with it.
        let owner = before.owner
        let log = "\(rebuilder.directory)/\(owner)/moves"
        let bytes = try Data(contentsOf: URL(filePath: log))
        #expect(bytes.count == outcome.report.fragmentsStored * BlockMove.length)
        try bytes.dropLast(9).write(to: URL(filePath: log))
        let last = try #require(try before.moves(after: 0).last?.row)
        let row = try #require(before.rows.first { $0 != last })
        let block = "\(rebuilder.directory)/\(owner)/blocks/\(row).block"
        try Data(contentsOf: URL(filePath: block)).dropLast(1).write(to: URL(filePath: block))
        let after = try #require(rebuilder.reopened().active.first)
        #expect(after.rows == before.rows.filter { $0 != row })
        #expect(try after.moves(after: 0).count == outcome.report.fragmentsStored - 1)
        #expect(after.block(last)?.digest != before.block(last)?.digest)
        // The fragment is where the next round puts it: that costs a receipt and no room.
        let next = try await rebuilder.round(station, for: after)
        #expect(next.report.fragmentsStored == 1 && next.report.fragmentsMissing == 0)
        #expect(after.block(last)?.digest == before.block(last)?.digest)
        #expect(try after.moves(after: 0).count == outcome.report.fragmentsStored)
        await rebuilder.end()
        await station.end()
    }

    @Test func `a revoked rebuilder is refused by suppliers and forgets what it had`()
        async throws
    {
        let (station, rebuilder) = try await stage()
        _ = try await grant(station, rebuilder)
        let user = rebuilder.address.user
        let told = try await asOwner(station) { customer, _ in
            try customer.revokeRebuilding(of: "\(user)").told
        }
        #expect(told == 6)
        // It still has its copy, and suppliers give it nothing any more.
        let outcome = try await rebuilder.round(station)
        #expect(outcome.report.auditsPassed == 0 && outcome.report.fragmentsStored == 0)
        try await asOwner(station) { customer, link in
            // It was away when its grant was taken back: each contact tries again.
            #expect(try !customer.rebuilders()[0].isEnded)
            try link.syncAll(customer)
            #expect(try customer.rebuilders()[0].isEnded)
        }
        #expect(rebuilder.desk.active.isEmpty && rebuilder.reopened().active.isEmpty)
        await rebuilder.end()
        await station.end()
    }

    @Test func `a rebuilder's word counts for nothing without a receipt of ours`() async throws {
        let (station, rebuilder) = try await stage()
        _ = try await grant(station, rebuilder)
        let key = try SupplierKey(seed: SecretBytes(from: SeededRandom(seed: 4)))
        let delegation = rebuilder.desk.active[0]
        let row = try #require(delegation.rows.first)
        let block = try #require(delegation.block(row))
        let header = try delegation.header(of: block, position: 0)
        let invented = try key.receipt(for: header, sequence: 1)
        let taken = try await asOwner(station) { customer, _ in
            try customer.take([
                BlockMove(sequence: 1, row: row, position: 0, receipt: invented),
                BlockMove(sequence: 2, row: row, position: 1, receipt: invented),
                BlockMove(sequence: 3, row: 999_999, position: 0, receipt: invented),
            ])
        }
        #expect(taken == 0)
        let health = try await asOwner(station) { customer, _ in try customer.health() }
        #expect(health.status == .done)
        await rebuilder.end()
        await station.end()
    }

    @Test func `a supplier that leaves is emptied, and may stay after all`() async throws {
        let (station, rebuilder) = try await stage()
        let leaver = station.nodes[0]
        let owner = try await asOwner(station) { customer, _ in customer.identity.user }
        #expect(try leaver.fragmentCount(of: owner) > 0)
        leaver.allowed.end.withLock { $0 = 2_000_000_000 }
        func round() async throws -> RebuildReport {
            try await asOwner(station) { customer, _ in
                try customer.rebuild(RebuildRequest(), cancellation: Cancellation()) { _ in }
            }
        }
        let moved = try await round()
        #expect(moved.fragmentsStored > 0 && moved.health.status == .done)
        #expect(try leaver.fragmentCount(of: owner) == 0)
        let vacancies = try await asOwner(station) { customer, _ in
            try customer.review(grace: 0).vacancyCount
        }
        #expect(vacancies == 0, "five are enough for 2+2")
        leaver.allowed.end.withLock { $0 = nil }
        let back = try await round()
        #expect(back.fragmentsStored == 0)
        #expect(back.health.suppliers.allSatisfy { !$0.view.isLeaving })
        await rebuilder.end()
        await station.end()
    }

    // MARK: The desk

    @Test func `a desk takes from an owner what is the owner's and nothing else`() throws {
        let scratch = try HomeScratch()
        let (owner, other) = (try StoreCustomer(seed: 1), try StoreCustomer(seed: 2))
        let user = try StoreCustomer(seed: 3).owner
        let desk = RebuilderDesk(
            user: user, directory: "\(scratch.home.path)/rebuilder", time: SystemTime())
        func payload(_ grant: RebuildGrant) -> [UInt8] {
            var writer = ByteWriter()
            writer.counted(grant.encoded())
            writer.counted(GrantedFamily(members: []).encoded())
            return writer.bytes
        }
        func grant(to user: UserID, until end: Int64 = .max) throws -> RebuildGrant {
            try RebuildGrant(
                to: user, serial: 1, issued: Timestamp(nanoseconds: 1),
                expires: Timestamp(nanoseconds: end), certificate: owner.certificate,
                device: owner.device)
        }
        func isTaken(
            _ request: RebuilderRequest, _ payload: [UInt8] = [], by peer: UserID
        ) throws -> Bool {
            try RebuilderAnswer(desk.answer(peer, request.encoded(), payload).header) == .done
        }
        #expect(try !isTaken(.inventory(after: 0), by: owner.owner), "no grant yet")
        #expect(try !isTaken(.grant, payload(grant(to: other.owner)), by: owner.owner))
        #expect(try !isTaken(.grant, payload(grant(to: user, until: 5)), by: owner.owner))
        #expect(try !isTaken(.grant, payload(grant(to: user)), by: other.owner), "not its own")
        #expect(try !isTaken(.grant, [1, 2, 3], by: owner.owner))
        #expect(try isTaken(.grant, payload(grant(to: user)), by: owner.owner))
        #expect(try !isTaken(.moves(after: 0), by: other.owner))

        let block = try DeskSamples.block(of: owner, row: 7)
        var page = ByteWriter()
        page.counted(block.encoded())
        #expect(try isTaken(.blocks, page.bytes, by: owner.owner))
        var foreign = ByteWriter()
        foreign.counted(try DeskSamples.block(of: other, row: 8).encoded())
        #expect(try !isTaken(.blocks, foreign.bytes, by: owner.owner), "another's block")
        let answer = desk.answer(
            owner.owner, RebuilderRequest.inventory(after: .min).encoded(), [])
        let entries = try InventoryEntry.decode(answer.payload)
        #expect(entries == [InventoryEntry(row: 7, digest: block.block.digest)])
        #expect(try isTaken(.forget([7]), by: owner.owner))
        #expect(desk.active[0].rows.isEmpty)
        #expect(try isTaken(.end, by: owner.owner))
        #expect(desk.active.isEmpty)
    }

    @Test func `requests and answers are as in their golden files, and damage is refused`() throws {
        let requests: [RebuilderRequest] = [
            .grant, .inventory(after: -3), .blocks, .forget([1, 2]), .moves(after: 5),
            .settled(upTo: 6), .end,
        ]
        try DeskSamples.expectStrict(
            requests.map { $0.encoded() }, "rebuilder/requests-v1.bin"
        ) { _ = try RebuilderRequest($0) }
        for request in requests { #expect(try RebuilderRequest(request.encoded()) == request) }
        let answers: [RebuilderAnswer] = [.done, .refused("no room")]
        try DeskSamples.expectStrict(
            answers.map { $0.encoded() }, "rebuilder/answers-v1.bin"
        ) { _ = try RebuilderAnswer($0) }
        for answer in answers { #expect(try RebuilderAnswer(answer.encoded()) == answer) }
    }
}

/// What desks are shown.
enum DeskSamples {
    static func block(of owner: StoreCustomer, row: Int64) throws -> GrantedBlock {
        let uploads = try (1...3).map { try owner.upload(seed: $0) }
        let block = SealedBlock(
            holdings: .init(
                row: row, kind: .data, scheme: ErasureScheme("2+1")!, fragmentLength: 4096,
                places: (1...3).map { SupplierID(Bytes32(words: ($0, 0, 0, 0))) },
                isHeld: [true, true, true]),
            fragments: uploads.map(\.header.fragment))
        return GrantedBlock(block, headers: uploads.map(\.header))
    }

    static func expectStrict(
        _ messages: [[UInt8]], _ name: String, _ decode: ([UInt8]) throws -> Void
    ) throws {
        var writer = ByteWriter()
        for message in messages { writer.counted(message) }
        let url = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "fixtures/\(name)")
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(writer.bytes).write(to: url)
        }
        #expect(writer.bytes == Array(try Data(contentsOf: url)))
        for message in messages {
            for count in 0..<message.count {
                #expect(throws: FormatError.self) { try decode(Array(message[..<count])) }
            }
            for bit in 0..<message.count * 8 {
                var damaged = message
                damaged[bit / 8] ^= 1 << (bit % 8)
                #expect(throws: FormatError.self) { try decode(damaged) }
            }
        }
    }
}
