import Glibc
import Model
import Pipelines
import Placement
import Simulation
import Testing

@Suite struct RecoveryTests {
    private static let passphrase = Array("correct horse battery".utf8)

    /// A station with two snapshots whose key file is saved, without a passphrase.
    private func station() throws -> Station {
        let station = try Station()
        station.fillSource()
        try station.backup()
        station.write("second", "second")
        try station.backup { $0.setName = "other" }
        try station.with {
            try $0.saveKeyFile(to: station.scratch.bytes("key"), passphrase: nil, keepsRoot: false)
        }
        return station
    }

    private func recover(
        _ station: Station, from numbers: [Int], home: String = "home2", keyFile: String = "key",
        passphrase: [UInt8] = []
    ) throws -> RecoveryReport {
        let (customer, report) = try Customer.recover(
            home: Home(path: station.scratch.bytes(home)), keyFile: station.scratch.bytes(keyFile),
            supplierDirectories: numbers.map { station.scratch.bytes("supplier\($0)") },
            deviceName: "new machine", adapters: station.adapters, passphrase: { passphrase })
        customer.close()
        return report
    }

    private func with<Result>(
        _ station: Station, home: String = "home2", _ body: (Customer) throws -> Result
    ) throws -> Result {
        let customer = try Customer.open(
            home: Home(path: station.scratch.bytes(home)), adapters: station.adapters)
        defer { customer.close() }
        return try body(customer)
    }

    private func restore(_ station: Station, home: String = "home2", to name: String) throws {
        let request = RestoreRequest(
            snapshot: .latest(setName: nil), target: station.scratch.bytes(name))
        let report = try with(station, home: home) {
            try $0.restore(request, cancellation: Cancellation()) { _ in }
        }
        #expect(report.status == .done)
    }

    @discardableResult
    private func backup(_ station: Station, home: String = "home2") throws -> BackupReport {
        let request = BackupRequest(paths: [Array(station.source.utf8)])
        return try with(station, home: home) {
            try $0.backup(request, cancellation: Cancellation()) { _ in }
        }
    }

    /// A copy of a block is a fragment of `1+0` and of `1+1`: nothing is given up on the way.
    @Test func `a second supplier brings everything back once all is coded for two`() throws {
        let station = try Station(suppliers: 1)
        station.fillSource()
        try station.backup()
        try station.with {
            _ = try $0.useSuppliers([station.scratch.bytes("supplier1")])
            _ = try $0.reshape(.automatic, cancellation: Cancellation()) { _, _ in }
            try $0.saveKeyFile(to: station.scratch.bytes("key"), passphrase: nil, keepsRoot: false)
        }
        station.deleteSupplier(0)
        #expect(try recover(station, from: [1]).snapshots.count == 1)
        try restore(station, to: "target")
        #expect(station.differences() == [])
    }

    @Test func `the key file and any two suppliers bring everything back`() throws {
        let station = try station()
        let before = try station.snapshots()
        Files.remove(station.scratch["home"])
        for pair in SupplierLossTests.pairs {
            let home = "home\(pair)"
            let report = try recover(station, from: pair, home: home)
            #expect(report.snapshots.map(\.id) == before.map(\.id))
            #expect(report.snapshots.map(\.snapshot) == before.map(\.snapshot))
            #expect(report.suppliersAnswered == 2 && report.suppliersTotal == 4)
            #expect(report.headSequence == 2)
            #expect(report.identity.isKeySaved && report.identity.name == "test")
            // The other two are deleted only now: recovery has not used them.
            for number in 0..<4 where !pair.contains(number) {
                prepared(rename(station.supplier(number), station.scratch["away\(number)"]))
            }
            try restore(station, home: home, to: "target\(pair)")
            #expect(station.differences(in: "target\(pair)") == [])
            for number in 0..<4 where !pair.contains(number) {
                prepared(rename(station.scratch["away\(number)"], station.supplier(number)))
            }
        }
    }

    @Test func `one supplier of 2+2 is too few and the home stays empty`() throws {
        let station = try station()
        let failed = failure { _ = try recover(station, from: [1]) }
        #expect(failed?.code == "BD-CATALOG-LOST" && failed?.status == .filesDamaged)
        #expect(!Customer.exists(home: Home(path: station.scratch.bytes("home2"))))
        #expect(try recover(station, from: [1, 2]).snapshots.count == 2)
    }

    @Test func `a wrong passphrase is told from a wrong key file`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        try station.with {
            try $0.saveKeyFile(
                to: station.scratch.bytes("key"), passphrase: RecoveryTests.passphrase,
                keepsRoot: false)
            #expect($0.identity.isKeySaved)
        }
        let wrong = failure {
            _ = try recover(station, from: [0, 1], passphrase: Array("correct horse".utf8))
        }
        #expect(wrong?.brief == "BD-WRONG-PASSPHRASE 12")
        let report = try recover(station, from: [0, 1], passphrase: RecoveryTests.passphrase)
        #expect(report.snapshots.count == 1)
    }

    @Test func `one wrong letter in a key file names its line`() throws {
        let station = try station()
        let text = try #require(Files.text(station.scratch["key"]))
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let numbered = try #require(
            lines.firstIndex { $0.drop { $0 == " " }.hasPrefix("2") && $0.count > 20 })
        var letters = Array(lines[numbered])
        let place = try #require(letters.lastIndex { $0.isLetter })
        letters[place] = letters[place] == "q" ? "z" : "q"
        lines[numbered] = String(letters)
        Files.write(lines.joined(separator: "\n"), to: station.scratch["wrong"])
        let failed = failure { _ = try recover(station, from: [0, 1], keyFile: "wrong") }
        #expect(failed?.brief == "BD-KEY-FILE 65")
        #expect(failed?.message.contains("Line 2") == true)
        let check = failure {
            _ = try Customer.checkKeyFile(at: station.scratch.bytes("wrong"), passphrase: { [] })
        }
        #expect(check?.message == failed?.message)
    }

    @Test func `the new machine goes on where the old one was`() throws {
        let station = try station()
        Files.remove(station.scratch["home"])
        #expect(try recover(station, from: [0, 1, 2, 3]).headSequence == 2)
        let again = try backup(station)
        #expect(again.status == .done)
        // Everything is read once, since what was seen is the machine's own; nothing is stored.
        #expect(again.snapshot.counts.filesNew == 41 && again.snapshot.counts.bytesNew < 4096)
        station.write("third", "third")
        try backup(station)
        let report = try recover(station, from: [1, 3], home: "home3")
        #expect(report.headSequence == 4 && report.snapshots.count == 4)
        try restore(station, home: "home3", to: "third")
        #expect(station.differences(in: "third") == [])
    }

    @Test func `an older head on one supplier does not win over a newer one`() throws {
        let station = try Station()
        station.fillSource()
        try station.backup()
        let old = station.scratch["old"]
        run("/bin/cp", "-a", "\(station.supplier(2))/heads", old)
        station.write("newer", "newer")
        try station.backup()
        Files.remove("\(station.supplier(2))/heads")
        prepared(rename(old, "\(station.supplier(2))/heads"))
        try station.with {
            try $0.saveKeyFile(to: station.scratch.bytes("key"), passphrase: nil, keepsRoot: false)
        }
        let newer = try recover(station, from: [2, 0])
        #expect(newer.headSequence == 2 && newer.snapshots.count == 2)
        // Where nobody knows better, the older one is still whole.
        let older = try recover(station, from: [2], home: "home3", expecting: "BD-CATALOG-LOST")
        #expect(older)
    }

    private func recover(
        _ station: Station, from numbers: [Int], home: String, expecting code: String
    ) throws -> Bool {
        failure { _ = try recover(station, from: numbers, home: home) }?.code == code
    }

    @Test func `a machine takes over what another one of the identity has stored`() throws {
        let station = try station()
        _ = try recover(station, from: [0, 1, 2, 3])
        station.write("from the new machine", "new")
        let new = try backup(station)
        station.write("from the old machine", "old")
        let old = try backup(station, home: "home")
        // Both machines' snapshots are there, on this machine and for whoever recovers.
        let here = try with(station, home: "home") { try $0.snapshots().map(\.id) }
        #expect(here.contains { $0 == new.snapshotID } && here.contains { $0 == old.snapshotID })
        #expect(here.count == 4)
        let report = try recover(station, from: [0, 3], home: "home3")
        #expect(Set(report.snapshots.map(\.id)) == Set(here))
        try restore(station, home: "home3", to: "old")
    }

    @Test func `a home that was put back to an earlier state forgets nothing`() throws {
        let station = try station()
        run("/bin/cp", "-a", station.scratch["home"], station.scratch["saved"])
        station.write("forgotten", "forgotten")
        let forgotten = try backup(station, home: "home")
        Files.remove(station.scratch["home"])
        prepared(rename(station.scratch["saved"], station.scratch["home"]))
        prepared(unlink("\(station.source)/forgotten"))
        let next = try backup(station, home: "home")
        let ids = try station.snapshots().map(\.id)
        #expect(ids.count == 4 && ids.contains { $0 == forgotten.snapshotID })
        #expect(ids.last == next.snapshotID)
        let report = try recover(station, from: [2, 3])
        #expect(report.headSequence == 4 && Set(report.snapshots.map(\.id)) == Set(ids))
        let request = RestoreRequest(
            snapshot: .prefix("\(try #require(forgotten.snapshotID))"),
            target: station.scratch.bytes("old"))
        _ = try with(station) { try $0.restore(request, cancellation: Cancellation()) { _ in } }
        #expect(Files.text("\(station.scratch["old"])/forgotten") == "forgotten")
    }

    @Test func `the key of another identity finds nothing`() throws {
        let station = try station()
        let stranger = try self.station()
        run("/bin/cp", stranger.scratch["key"], station.scratch["key2"])
        let failed = failure { _ = try recover(station, from: [0, 1, 2, 3], keyFile: "key2") }
        #expect(failed?.code == "BD-NO-HEAD" && failed?.status == .tooFewSuppliers)
    }

    @Test func `a home that has an identity is not recovered into`() throws {
        let station = try station()
        let failed = failure { _ = try recover(station, from: [0, 1], home: "home") }
        #expect(failed?.code == "BD-IDENTITY-EXISTS")
    }

    @Test func `more backups than a head can name are merged and all recovered`() throws {
        let station = try Station()
        let count = Limits.catalogBlockCountMax + 5
        for number in 0..<count {
            station.write("content \(number)", "file")
            station.write("only here \(number)", "file\(number)")
            try station.backup()
        }
        let before = try station.snapshots()
        #expect(before.count == count)
        try station.with {
            try $0.saveKeyFile(to: station.scratch.bytes("key"), passphrase: nil, keepsRoot: false)
        }
        let report = try recover(station, from: [1, 2])
        #expect(report.snapshots.map(\.id) == before.map(\.id))
        #expect(report.headSequence == UInt64(count))
        try restore(station, to: "latest")
        #expect(station.differences(in: "latest") == [])
        let request = RestoreRequest(
            snapshot: .prefix("\(before[7].id)"), target: station.scratch.bytes("early"))
        _ = try with(station) { try $0.restore(request, cancellation: Cancellation()) { _ in } }
        #expect(Files.text("\(station.scratch["early"])/file") == "content 7")
        // Blocks that the merge has retired are no longer asked for.
        #expect(try station.check().status == .done)
    }

    @Test func `the root seed leaves the machine only for a key file that was written`() throws {
        let station = try Station()
        Files.write("taken", to: station.scratch["taken"])
        let taken = failure {
            try station.with {
                try $0.saveKeyFile(
                    to: station.scratch.bytes("taken"), passphrase: nil, keepsRoot: false)
            }
        }
        #expect(taken?.code == "BD-KEY-FILE-WRITE")
        #expect(Files.text(station.scratch["taken"]) == "taken")
        try station.with {
            #expect(!$0.identity.isKeySaved)
            let path = station.scratch.bytes("key")
            try $0.saveKeyFile(to: path, passphrase: nil, keepsRoot: false)
            #expect($0.identity.isKeySaved)
            let summary = try Customer.checkKeyFile(at: path, passphrase: { [] })
            #expect(summary.user == $0.identity.user && !summary.isProtected)
        }
        let gone = failure {
            try station.with {
                try $0.saveKeyFile(
                    to: station.scratch.bytes("key2"), passphrase: nil, keepsRoot: false)
            }
        }
        #expect(gone?.code == "BD-ROOT-GONE")
    }
}
