import Foundation
import Identities
import Model
import Rebuilding
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// What a rebuilder keeps of its owners, for how long, and whom it dials for them.
@Suite struct RebuilderDeskTests {
    private let user: UserID
    private let scratch: HomeScratch
    private let time = ManualTime()

    init() throws {
        user = try StoreCustomer(seed: 9).owner
        scratch = try HomeScratch()
        time.jump(days: 20_000)
    }

    private var directory: String { "\(scratch.home.path)/rebuilder" }

    private func desk(byteCountMax: Int = Limits.rebuilderByteCountMax) -> RebuilderDesk {
        RebuilderDesk(user: user, directory: directory, time: time, byteCountMax: byteCountMax)
    }

    private func isTaken(
        _ request: RebuilderRequest, _ payload: [UInt8] = [], _ desk: RebuilderDesk,
        by owner: StoreCustomer, from origin: IPAddress? = nil
    ) throws -> Bool {
        let answer = desk.answer(owner.owner, request.encoded(), payload, from: origin)
        return try RebuilderAnswer(answer.header) == .done
    }

    private func grant(
        _ owner: StoreCustomer, days: Int64, _ desk: RebuilderDesk, from origin: IPAddress? = nil
    ) throws {
        let now = time.now
        let grant = try RebuildGrant(
            to: user, serial: 1, issued: now,
            expires: Timestamp(nanoseconds: now.nanoseconds + days * 86_400_000_000_000),
            certificate: owner.certificate, device: owner.device)
        var writer = ByteWriter()
        writer.counted(grant.encoded())
        writer.counted(GrantedFamily(members: []).encoded())
        #expect(try isTaken(.grant, writer.bytes, desk, by: owner, from: origin))
    }

    private func handOver(
        _ rows: ClosedRange<Int64>, of owner: StoreCustomer, _ desk: RebuilderDesk
    ) throws -> Int {
        var count = 0
        for row in rows {
            var page = ByteWriter()
            page.counted(try DeskSamples.block(of: owner, row: row).encoded())
            if try isTaken(.blocks, page.bytes, desk, by: owner) { count += 1 }
        }
        return count
    }

    private func files() -> [String] {
        FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String }
            .filter { $0.contains("/") } ?? []
    }

    @Test func `what an expired grant brought is deleted from the disk`() throws {
        let (owner, other) = (try StoreCustomer(seed: 1), try StoreCustomer(seed: 2))
        let desk = desk()
        try grant(owner, days: 1, desk)
        try grant(other, days: 9, desk)
        #expect(try handOver(1...3, of: owner, desk) == 3)
        #expect(try handOver(1...2, of: other, desk) == 2)
        desk.sweep()
        #expect(desk.active.count == 2, "both are in force")
        time.advance(days: 2)
        desk.sweep()
        #expect(desk.active.map(\.owner) == [other.owner])
        #expect(!files().contains { $0.hasPrefix("\(owner.owner)") })
        #expect(files().count { $0.hasPrefix("\(other.owner)/blocks/") } == 2)
        // A desk that was started anew deletes what expired while it was off.
        time.advance(days: 20)
        let reopened = self.desk()
        reopened.sweep()
        #expect(files().isEmpty)
    }

    @Test func `what was stored for an owner is remembered a month longer, and nothing else`()
        throws
    {
        let owner = try StoreCustomer(seed: 1)
        let desk = desk()
        try grant(owner, days: 1, desk)
        #expect(try handOver(1...1, of: owner, desk) == 1)
        let delegation = desk.active[0]
        let block = try #require(delegation.block(1))
        let receipt = Receipt(
            supplier: SupplierID(Bytes32(words: (7, 0, 0, 0))), owner: owner.owner,
            fragment: block.fragments[0], length: 4096, sequence: 1
        ) { _ in [UInt8](repeating: 1, count: Receipt.signatureLength) }
        try delegation.signed(receipt, for: block, position: 0)
        time.advance(days: 2)
        desk.sweep()
        #expect(delegation.rows.isEmpty && !files().contains { $0.hasSuffix(".block") })
        #expect(!files().contains { $0.hasSuffix("/family") })
        try grant(owner, days: 1, desk)
        #expect(try desk.active[0].moves(after: 0).count == 1, "granted anew: it is told")
        time.advance(days: 40)
        desk.sweep()
        #expect(files().isEmpty)
    }

    @Test func `no owner keeps the room of others`() throws {
        let (first, second) = (try StoreCustomer(seed: 1), try StoreCustomer(seed: 2))
        let length = try DeskSamples.block(of: first, row: 1).encoded().count + 4
        let desk = desk(byteCountMax: 10 * length)
        try grant(first, days: 9, desk)
        #expect(try handOver(1...20, of: first, desk) == 10, "all of it, while it is alone")
        try grant(second, days: 9, desk)
        #expect(try handOver(1...20, of: second, desk) == 5, "half of it")
        let counts = desk.active.map { $0.rows.count }
        #expect(counts.allSatisfy { $0 >= 5 } && counts.reduce(0, +) <= 10)
        let rows = try #require(desk.active.first { $0.owner == first.owner }).rows
        #expect(rows == Array(1...5), "the oldest stay")
        #expect(try handOver(30...31, of: first, desk) == 0, "it has its share")
        #expect(try handOver(1...1, of: second, desk) <= 1)
    }

    @Test func `addresses of a local network are dialled only for those who are in it`() throws {
        let owner = try StoreCustomer(seed: 1)
        let desk = desk()
        func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
        let cases: [(origin: String?, allowed: [String], refused: [String])] = [
            (
                nil, ["203.0.113.7", "2001:db8::1"],
                ["127.0.0.1", "::1", "10.0.0.1", "192.168.1.1", "169.254.169.254", "fe80::1"]
            ),
            ("198.51.100.3", ["203.0.113.7"], ["127.0.0.1", "192.168.1.1"]),
            ("192.168.1.20", ["203.0.113.7", "192.168.1.1"], ["127.0.0.1", "10.0.0.1", "::1"]),
            ("127.0.0.1", ["127.0.0.1", "::1", "203.0.113.7"], ["192.168.1.1", "0.0.0.0"]),
            ("fd00:1:2::5", ["fd00:1:2:3::1"], ["fd00:1:3::1", "192.168.1.1"]),
        ]
        for one in cases {
            try grant(owner, days: 9, desk, from: try one.origin.map(address))
            for delegation in [desk.active[0], self.desk().active[0]] {
                for text in one.allowed {
                    #expect(try delegation.mayDial(address(text)), "\(one.origin ?? "-") \(text)")
                }
                for text in one.refused {
                    #expect(try !delegation.mayDial(address(text)), "\(one.origin ?? "-") \(text)")
                }
            }
        }
    }
}
