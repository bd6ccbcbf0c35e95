import Glibc
import Model
import Pipelines
import Sealing
import Testing

/// A recovery into a home whose disk has no room for all of it.
@Suite(.enabled(if: isRoot, "mounting takes root")) struct FullDiskRecoveryTests {
    private let station = try! Station()

    private func keyFile() throws -> [UInt8] {
        station.fillSource()
        try station.backup()
        let path = station.scratch.bytes("key")
        try station.with { try $0.saveKeyFile(to: path, passphrase: nil, keepsRoot: false) }
        return path
    }

    private func recover(
        _ key: [UInt8], into home: Home, keep: (Customer) throws -> Void = { _ in }
    ) throws -> RecoveryReport {
        let (customer, report) = try Customer.recover(
            home: home, keyFile: key, supplierDirectories: station.supplierPaths,
            deviceName: "new machine", adapters: station.adapters, keep: keep, passphrase: { [] })
        customer.close()
        return report
    }

    /// Recovers where there may be no room, and again when there is.
    ///
    /// - Returns: why there was none.
    private func recoverTwice(
        _ key: [UInt8], on disk: String, _ label: String, makeRoom: () -> Void
    ) throws -> String? {
        let home = Home(path: Array("\(disk)/home".utf8))
        let failure = failure { _ = try recover(key, into: home) }
        guard let failure else { return nil }
        #expect(failure.brief == "BD-HOME-FULL 74", "\(label): \(failure)")
        #expect(!Files.names("\(disk)/home").contains { $0.hasPrefix("catalog") }, "\(label)")
        #expect(!Customer.exists(home: home), "\(label)")
        makeRoom()
        #expect(try recover(key, into: home).snapshots.count == 1, "\(label), again")
        let customer = try Customer.open(home: home, adapters: station.adapters)
        defer { customer.close() }
        #expect(try customer.snapshots().count == 1, "\(label)")
        return failure.cause ?? ""
    }

    @Test func `wherever the disk becomes full, it is said and the next try succeeds`() throws {
        let key = try keyFile()
        var causes: [String] = []
        var pageCount = 0
        var isEnough = false
        while !isEnough && pageCount < 512 {
            try withSmallDisk(at: station.scratch["disk"]) { disk in
                let filler = SmallDisk.fill(disk, leaving: pageCount)
                let cause = try recoverTwice(key, on: disk, "\(pageCount) pages") {
                    Files.remove(filler)
                }
                if let cause { causes.append(cause) } else { isEnough = true }
            }
            pageCount += pageCount < 12 ? 1 : 9
        }
        #expect(isEnough && causes.count > 15)
        #expect(causes.allSatisfy { $0.hasPrefix("No space left on device") })
        // From when the suppliers have said how long the catalog is.
        #expect(causes.last?.contains(" free, about ") == true, "\(causes.last ?? "")")
    }

    @Test func `a disk that takes no more files is told and the next try succeeds`() throws {
        let key = try keyFile()
        var causes: [String] = []
        for count in 2...20 {
            let options = "size=4m,nr_inodes=\(count)"
            try withSmallDisk(at: station.scratch["disk"], options: options) { disk in
                let cause = try recoverTwice(key, on: disk, "\(count) files") {
                    SmallDisk.setFileCountMax(100, at: disk)
                }
                if let cause { causes.append(cause) }
            }
        }
        #expect(causes.count > 5 && causes.count < 19)
        #expect(causes.contains { $0.hasSuffix("it takes no more files") }, "\(causes)")
    }

    @Test(arguments: [false, true])
    func `a machine that is enrolled, or has written all but the last, recovers again`(
        isEnrolled: Bool
    ) throws {
        struct Fault: Error {}
        let key = try keyFile()
        let home = Home(path: station.scratch.bytes("home2"))
        if isEnrolled {
            let root = try KeyFileText(parsing: Files.read(station.scratch["key"]) ?? [])
                .open(passphrase: nil)
            for _ in 0..<2 {
                try Customer.enrolDevice(
                    home: home, keyFile: root, deviceName: "new machine",
                    adapters: station.adapters)
            }
        }
        #expect(throws: Fault.self) { try recover(key, into: home) { _ in throw Fault() } }
        #expect(Customer.exists(home: home) == isEnrolled)
        #expect(try recover(key, into: home).snapshots.count == 1)
        let failure = failure { _ = try recover(key, into: home) }
        #expect(failure?.code == "BD-IDENTITY-EXISTS")
    }
}
