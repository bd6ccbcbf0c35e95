import Foundation
import Model
import Placement
import Rebuilding
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// What a rebuilder remembers of suppliers between its rounds, in files of this version and before.
@Suite struct DelegationWatchTests {
    private let scratch: HomeScratch
    private let time = ManualTime()
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    init() throws {
        scratch = try HomeScratch()
    }

    private func delegation() throws -> Delegation {
        Delegation(
            try StoreCustomer(seed: 1).owner, directory: scratch.home.path, time: time)
    }

    private func supplier(_ number: UInt64) -> SupplierID {
        SupplierID(Bytes32(words: (number, 2, 3, 4)))
    }

    private func put(_ text: String, _ name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(scratch.home.path)/\(name)"))
    }

    private func fixture(_ name: String) throws -> String {
        let url = DelegationWatchTests.root.appending(path: "fixtures/rebuilder/\(name)")
        return try String(contentsOf: url, encoding: .utf8)
    }

    private var absences: [SupplierID: Absence] {
        var absences: [SupplierID: Absence] = [:]
        for number in [1, 2] as [UInt64] {
            var absence = Absence()
            absence.silence = number * 3_600_000_000_000
            absence.idle = absence.silence
            absence.lastLook = Absence.Moment(
                wall: 1_795_000_000_000_000_000, uptime: 77_000_000_000, boot: 99)
            absences[supplier(number)] = absence
        }
        return absences
    }

    @Test func `who was silent is written as in the golden file, and read again`() throws {
        let delegation = try delegation()
        #expect(delegation.absences().isEmpty)
        try delegation.note(absences)
        let text = try scratch.text("\(scratch.home.path)/watch")
        #expect(try text == Fixture.text("fixtures/rebuilder/watch-v2.txt", found: text))
        #expect(delegation.absences() == absences)
    }

    @Test func `a file of before there were uptimes is read, and written anew`() throws {
        let delegation = try delegation()
        try put(fixture("watch-v1.txt"), "watch")
        var read = delegation.absences()
        #expect(read.mapValues(\.silence) == absences.mapValues(\.silence))
        #expect(
            read.values.allSatisfy { $0.lastLook?.wall == 1_795_000_000_000_000_000 })
        // The next look goes on from there by the wall clock, and no further than it may.
        time.jump(days: 40_000)
        for id in read.keys.sorted() {
            read[id]?.note(answers: false, isUseful: false, at: Absence.Moment(time))
        }
        for (id, absence) in read {
            let before = try #require(absences[id]).silence
            #expect(absence.silence > before && absence.silence < before + Limits.supplierGrace)
        }
        try delegation.note(read)
        let again = delegation.absences()
        #expect(again.mapValues(\.silence) == read.mapValues(\.silence))
        #expect(again.mapValues(\.lastLook) == read.mapValues(\.lastLook))
        let lines = try scratch.text("\(scratch.home.path)/watch").split(separator: "\n")
        #expect(lines.allSatisfy { $0.split(separator: " ").count == 5 } && lines.count == 2)
    }

    @Test func `lines that do not read are left out, and gone with the next round`() throws {
        let delegation = try delegation()
        let good = try fixture("watch-v2.txt")
        let line = good.split(separator: "\n")[0]
        let bad = ["", " ", "xyz", "\(supplier(7)) -4 5", "\(supplier(8)) 5"]
        let lines = bad + [String(line), "\(supplier(9)) 1e9 7 7 7"]
        try put(lines.joined(separator: "\n"), "watch")
        let read = delegation.absences()
        #expect(read.keys.sorted() == [supplier(1)])
        try delegation.note(read)
        #expect(try scratch.text("\(scratch.home.path)/watch") == "\(line)\n")
        try put(String(repeating: "a", count: 2 << 20), "watch")
        #expect(delegation.absences().isEmpty, "longer than any that is written")
    }

    private var waiting: [SupplierID: ContainedChallenges] {
        [
            supplier(1): ContainedChallenges(
                data: AuditSchedule.Challenge(fragment: 12, offset: 0.1, silences: 3),
                catalog: AuditSchedule.Challenge(fragment: 9, offset: 0.75, silences: 11)),
            supplier(2): ContainedChallenges(
                data: AuditSchedule.Challenge(fragment: 1, offset: 0, silences: 1)),
        ]
    }

    @Test func `challenges without an answer are as in the golden file, and outlive a restart`()
        throws
    {
        try delegation().note(waiting)
        let text = try scratch.text("\(scratch.home.path)/audits")
        #expect(try text == Fixture.text("fixtures/rebuilder/audits-v1.txt", found: text))
        let reopened = try delegation()
        #expect(reopened.contained == waiting)
        // Who was not asked keeps what it has; who has answered has nothing.
        try reopened.note([supplier(1): ContainedChallenges()])
        #expect(reopened.contained == [supplier(2): waiting[supplier(2)]!])
    }

    @Test func `challenges that do not read are as if none waited`() throws {
        let id = supplier(1)
        for words in [
            "data 0 0.5 1", "data -1 0.5 1", "data 1 1.0 1", "data 1 nan 1", "data 1 0.5 0",
            "data 1 0.5 12", "other 1 0.5 1", "data 1 0.5", "data 1 0.5 1 1",
        ] {
            try put("\(id) \(words)\n", "audits")
            #expect(try delegation().contained.isEmpty, "\(words)")
        }
        try put("\(id) data 1 0.5 1\n", "audits")
        #expect(try delegation().contained.count == 1)
    }
}
