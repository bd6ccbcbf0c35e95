import Model
import Testing

@testable import Identities

struct SuccessionTests {
    private let samples: DocumentSamples

    init() throws { samples = try DocumentSamples() }

    private func judge(_ new: IdentityDocument, _ old: IdentityDocument) -> Result<
        Succession, SuccessionError
    > {
        do {
            return .success(try Succession.judge(new, after: old))
        } catch {
            return .failure(error)
        }
    }

    private func updated(_ document: IdentityDocument, _ text: String) throws -> IdentityDocument {
        try document.updated(signedBy: .device(samples.laptop)) { $0.version = text }
    }

    @Test func `revisions go up, never back, and never two ways`() throws {
        let first = samples.document
        let second = try updated(first, "2")
        let third = try updated(second, "3")
        #expect(judge(first, first) == .success(.same))
        #expect(judge(second, first) == .success(.newer))
        #expect(judge(third, first) == .success(.newer))
        #expect(
            judge(first, third) == .failure(.rollback(have: third.order, offered: first.order)))
        let fork = try samples.fork(of: first)
        #expect(fork.order == second.order)
        #expect(judge(fork, second) == .failure(.equivocation(second.order)))
        let afterFork = try updated(fork, "3")
        #expect(judge(afterFork, second) == .failure(.brokenChain))
        // Not neighbours: what was between is not known, and the signature is good.
        #expect(judge(try updated(afterFork, "4"), second) == .success(.newer))
    }

    @Test func `another user is another user`() throws {
        let other = try DocumentSamples(user: 50)
        #expect(judge(other.document, samples.document) == .failure(.otherUser(other.keys.userID)))
    }

    @Test func `a device is added, signs, is revoked, and signs no more`() throws {
        let root = samples.roots[0]
        let certificate = try DocumentSamples.certificate(
            samples.desktop, "desktop", 1, signedBy: root)
        let added = try samples.document.updated(
            keys: try samples.keys.adding(certificate, signedBy: root),
            signedBy: .device(samples.desktop))
        #expect(judge(added, samples.document) == .success(.newer))
        #expect(added.keys.certificates.count == 2)
        #expect(throws: IdentityChangeError.deviceIsKnown(certificate.device.deviceID)) {
            try added.keys.adding(certificate, signedBy: root)
        }
        let revoked = try added.keys.revoking(samples.laptop.publicKey.deviceID, signedBy: root)
        #expect(throws: IdentityChangeError.deviceIsUnknown(samples.laptop.publicKey.deviceID)) {
            try revoked.revoking(samples.laptop.publicKey.deviceID, signedBy: root)
        }
        let without = try added.updated(keys: revoked, signedBy: .device(samples.desktop))
        #expect(judge(without, added) == .success(.newer))
        #expect(throws: IdentityChangeError.self) {
            try without.updated(signedBy: .device(samples.laptop)) { _ in }
        }
        // The stolen laptop signs on under the old statement, with any revision.
        var stolen = added
        for _ in 0..<5 { stolen = try updated(stolen, "stolen") }
        #expect(
            judge(stolen, without)
                == .failure(.rollback(have: without.order, offered: stolen.order)))
        #expect(judge(without, stolen) == .success(.newer))
    }

    @Test func `only the key that was committed to follows, and both sign`() throws {
        let rotated = try samples.document.updated(
            keys: try samples.rotated(samples.keys, to: 1), signedBy: .device(samples.laptop))
        #expect(judge(rotated, samples.document) == .success(.rotated))
        #expect(rotated.userID == samples.document.userID)
        #expect(rotated.publicKey == samples.roots[1].publicKey)
        #expect(throws: IdentityChangeError.notTheCommittedKey) {
            try samples.keys.rotating(
                from: samples.roots[0], to: samples.roots[2], next: samples.roots[3].publicKey)
        }
        #expect(throws: IdentityChangeError.notTheRoot) {
            try samples.keys.rotating(
                from: samples.roots[2], to: samples.roots[1], next: samples.roots[3].publicKey)
        }
        // The thief of the first root goes on with it, and is behind for ever.
        var stolen = samples.keys
        for number in 0..<3 as Range<UInt8> {
            let device = try DeviceKey(seed: countingSecret(from: 200 + number))
            let certificate = try DocumentSamples.certificate(
                device, "thief", 1, signedBy: samples.roots[0])
            stolen = try stolen.adding(certificate, signedBy: samples.roots[0])
        }
        let thief = try samples.document.updated(keys: stolen, signedBy: .root(samples.roots[0]))
        #expect(thief.order.epoch == 4)
        #expect(
            judge(thief, rotated) == .failure(.rollback(have: rotated.order, offered: thief.order)))
        #expect(judge(rotated, thief) == .success(.rotated))
    }

    @Test func `another past of the same first key is told`() throws {
        // Who has the first root can make a second first statement, with a next key of their own.
        let forged = try IdentityKeys.first(
            root: samples.roots[0], next: samples.roots[3].publicKey, xWing: samples.xWing,
            certificates: samples.keys.certificates)
        let rotated = try forged.rotating(
            from: samples.roots[0], to: samples.roots[3], next: samples.roots[4].publicKey)
        let document = try samples.document.updated(
            keys: rotated, signedBy: .device(samples.laptop))
        #expect(document.userID == samples.document.userID)
        #expect(judge(document, samples.document) == .failure(.forkedHistory))
        #expect(SuccessionError.forkedHistory.isAlarming)
    }

    @Test func `two statements of the root in one epoch are told`() throws {
        let root = samples.roots[0]
        let one = try samples.keys.adding(
            DocumentSamples.certificate(samples.desktop, "one", 1, signedBy: root), signedBy: root)
        let two = try samples.keys.adding(
            DocumentSamples.certificate(samples.desktop, "two", 1, signedBy: root), signedBy: root)
        let first = try samples.document.updated(keys: one, signedBy: .root(root))
        let second = try updated(
            try samples.document.updated(keys: two, signedBy: .root(root)), "more")
        #expect(judge(second, first) == .failure(.equivocation(first.order)))
        let third = try second.updated(
            keys: try two.revoking(samples.desktop.publicKey.deviceID, signedBy: root),
            signedBy: .root(root))
        #expect(judge(third, first) == .failure(.brokenChain))
    }

    @Test func `the order of two documents is the order of their numbers`() {
        let orders = [
            DocumentOrder(generation: 0, epoch: 0, revision: 0),
            DocumentOrder(generation: 0, epoch: 0, revision: .max),
            DocumentOrder(generation: 0, epoch: 1, revision: 0),
            DocumentOrder(generation: 0, epoch: Limits.identityEpochMax, revision: .max),
            DocumentOrder(generation: 1, epoch: 0, revision: 0),
            DocumentOrder(generation: 15, epoch: Limits.identityEpochMax, revision: .max),
        ]
        #expect(orders.sorted() == orders)
        #expect(orders.map(\.sequence).allSatisfy { $0 < 1 << 60 })
        for order in orders { #expect(DocumentOrder(sequence: order.sequence) == order) }
    }
}
