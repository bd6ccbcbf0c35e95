import Foundation
import Identities
import Model
import Testing

@testable import Pipelines

@Suite struct OwnIdentityTests {
    private let today = CalendarDate("2026-11-21")!
    private let sources = [
        Source("http://host-a.com/alice.xml")!, Source("http://host-b.com/alice.xml")!,
    ]
    private let contacts = [Contact("tcp://203.0.113.5:7771")!]

    private func saveKey(_ station: Station) throws {
        try station.with {
            try $0.saveKeyFile(to: station.scratch.bytes("key"), passphrase: nil, keepsRoot: false)
        }
    }

    private func root(_ station: Station) throws -> RootAuthority {
        try RootAuthority(keyFile: station.scratch.bytes("key")) { [] }
    }

    @Test func `a machine signs documents after the root has left`() throws {
        let station = try Station(suppliers: 1)
        try saveKey(station)
        #expect(throws: Failure.self) { try RootAuthority(home: station.home) }
        let own = try OwnIdentity(home: station.home)
        #expect(try own.document() == nil)
        let first = try own.sign(sources: sources, contacts: contacts, date: today)
        #expect(first.userID == own.user)
        #expect(first.revision == 0)
        try own.keep(first)
        try own.keep(first)
        let second = try own.sign(sources: sources, contacts: contacts, date: today)
        #expect(second.revision == 1)
        #expect(second.content.previous == first.digest)
        try own.keep(second)
        #expect(throws: SuccessionError.self) { try own.keep(first) }
        #expect(try OwnIdentity(home: station.home).document() == second)
    }

    @Test func `a home from before there were documents makes its keys while the root is there`()
        throws
    {
        let station = try Station(suppliers: 1)
        let path = String(decoding: station.home.rootKeys, as: UTF8.self)
        try FileManager.default.removeItem(atPath: path)
        let own = try OwnIdentity(home: station.home)
        #expect(try own.keys().userID == own.user)
        #expect(FileManager.default.fileExists(atPath: path))
        try FileManager.default.removeItem(atPath: path)
        try saveKey(station)
        #expect(throws: Failure.self) { try own.keys() }
    }

    @Test func `the root rotates, and a recovered machine joins and outlives the first`() throws {
        let station = try Station(suppliers: 1)
        station.fillSource()
        try station.backup()
        try saveKey(station)
        let root = try root(station)
        let own = try OwnIdentity(home: station.home)
        let first = try own.sign(sources: sources, contacts: contacts, date: today)
        try own.keep(first)
        let rotated = try own.sign(try root.rotating(first.keys), date: today)
        #expect(try Succession.judge(rotated, after: first) == .rotated)
        try own.keep(rotated)
        let again = try own.sign(try root.rotating(rotated.keys), date: today)
        #expect(again.order.generation == 2)
        #expect(again.userID == first.userID)

        let home = Home(path: station.scratch.bytes("home2"))
        let (customer, _) = try Customer.recover(
            home: home, keyFile: station.scratch.bytes("key"),
            supplierDirectories: [station.scratch.bytes("supplier0")], deviceName: "new machine",
            adapters: station.adapters, passphrase: { [] })
        customer.close()
        let recovered = try OwnIdentity(home: home)
        let joined = try recovered.join(again, with: root, date: today)
        #expect(joined.keys.certificates.count == 2)
        #expect(try Succession.judge(joined, after: again) == .newer)
        try recovered.keep(joined)
        let device = own.certificate.device.deviceID
        let revoked = try recovered.sign(
            try root.revoking(device, from: joined.keys), date: today)
        try recovered.keep(revoked)
        #expect(revoked.keys.certificate(of: own.certificate.device) == nil)
        try own.keep(revoked)
        #expect(throws: IdentityChangeError.self) {
            try own.sign(sources: sources, contacts: contacts, date: today)
        }
    }

    @Test func `another identity's key file and damaged files are refused`() throws {
        let (one, other) = (try Station(suppliers: 1), try Station(suppliers: 1))
        for station in [one, other] { try saveKey(station) }
        let own = try OwnIdentity(home: one.home)
        let document = try own.sign(sources: sources, contacts: contacts, date: today)
        #expect(throws: Failure.self) { try root(other).rotating(document.keys) }
        #expect(throws: SuccessionError.self) { try OwnIdentity(home: other.home).keep(document) }
        try own.keep(document)
        for path in [one.home.identityDocument, one.home.rootKeys] {
            let url = URL(filePath: String(decoding: path, as: UTF8.self))
            var bytes = try Data(contentsOf: url)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: url)
            #expect(throws: Failure.self) { try own.keys() }
            try FileManager.default.removeItem(at: url)
        }
    }
}
