import Foundation
import Model
import Simulation
import Suppliers
import Testing

@testable import Daemon

/// What an operator is told about the donated disks.
@Suite struct SupplierAlertTests {
    private let scratch = try! HomeScratch()
    private let customer = try! StoreCustomer(seed: 1)

    private func open(_ names: [String], known: Set<String> = []) throws -> SupplierDisks {
        try SupplierDisks.open(
            names.map { "\(scratch.home.path)/\($0)" }, known: known, capacity: 1 << 30,
            random: SeededRandom(seed: 1))
    }

    @Test func `disks that are well tell nothing`() throws {
        let disks = try open(["a", "b"])
        #expect(SupplierAlert.all(disks, donated: 1 << 30, room: 0) == [])
        disks.store.close()
    }

    @Test func `a disk that is pulled out, a foreign directory and too little room are told`()
        throws
    {
        let home = scratch.home.path
        try FileManager.default.createDirectory(
            atPath: "\(home)/foreign", withIntermediateDirectories: true)
        try Data("mine".utf8).write(to: URL(filePath: "\(home)/foreign/letter.txt"))
        let disks = try open(["a", "b", "foreign"])
        try FileManager.default.removeItem(atPath: "\(home)/b")
        let alerts = SupplierAlert.all(disks, donated: 1 << 30, room: .max)
        #expect(alerts.map(\.code) == ["BD-DISK-CLOSED", "BD-DISK-FULL", "BD-DISK-GONE"])
        #expect(alerts.allSatisfy { !$0.remedy.isEmpty && $0.message.contains(home) })
        #expect(try String(contentsOfFile: "\(home)/foreign/letter.txt", encoding: .utf8) == "mine")
        disks.store.close()
    }

    @Test func `more stored than donated is told, once`() throws {
        let disks = try open(["a"])
        try disks.store.admit(customer.contract(quota: 1 << 20, with: disks.store.supplier))
        _ = try disks.store.put([customer.upload(seed: 1)])
        let alerts = SupplierAlert.all(disks, donated: 4096, room: 0)
        #expect(alerts == [.overfull(used: 8192, donated: 4096)])
        let slot = SupplierSlot()
        #expect(slot.tell(alerts).raised == alerts)
        // Other numbers, the same trouble.
        #expect(slot.tell([.overfull(used: 9000, donated: 4096)]).raised == [])
        #expect(slot.tell([]).cleared.map(\.code) == ["BD-DONATION-OVERFULL"])
        disks.store.close()
    }
}
