import Foundation
import Glibc
import Identities
import Model
import Sealing
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// A new root of somebody else's is believed after it was known for a while, by the time that this
/// node has run.
@Suite struct RotationHoldTests {
    private final class Clock: TimeSource {
        let nanoseconds = Mutex<UInt64>(1_000_000_000)
        let wall = Mutex(SystemTime().now)
        var now: Timestamp { wall.withLock { $0 } }
        var uptime: UInt64 { nanoseconds.withLock { $0 } }

        func pass(_ time: UInt64) { nanoseconds.withLock { $0 += time } }
    }

    /// A user whose seed was stolen: the thief rotates, and names a machine of its own.
    private struct Story {
        let scratch: HomeScratch
        let clock = Clock()
        let first: IdentityDocument
        let rotated: IdentityDocument
        let later: IdentityDocument
        let thief: DeviceID
        let laptop: DeviceID

        init() throws {
            scratch = try HomeScratch()
            try FileManager.default.createDirectory(
                atPath: scratch.home.knownIdentities, withIntermediateDirectories: true)
            let seed = RootSeed(from: SystemRandom())
            let roots = [
                try IdentityKey(seed: seed.identitySeed),
                try IdentityKey(seed: seed.identitySeed(generation: 1)),
                try IdentityKey(seed: seed.identitySeed(generation: 2)),
            ]
            let devices = try (0..<2).map { _ in
                try DeviceKey(seed: SecretBytes(SystemRandom().bytes32()))
            }
            func certificate(
                _ device: DeviceKey, _ sequence: UInt64, _ root: IdentityKey
            ) throws -> DeviceCertificate {
                try DeviceCertificate(
                    device: device.publicKey, name: DisplayName("machine")!,
                    created: Timestamp(nanoseconds: 1), sequence: sequence, signedBy: root)
            }
            let keys = try IdentityKeys.first(
                root: roots[0], next: roots[1].publicKey,
                xWing: try #require(XWingPublicKey(seed.grantPublicKey())),
                certificates: [certificate(devices[0], 1, roots[0])])
            first = try IdentityDocument.first(
                IdentityContent(
                    sources: [Source("http://host-a.com/alice.xml")!],
                    contacts: [Contact("tcp://203.0.113.5:7771")!],
                    date: CalendarDate("2026-11-21")!, version: "test"),
                keys: keys, signedBy: .device(devices[0]))
            let next = try keys.rotating(from: roots[0], to: roots[1], next: roots[2].publicKey)
            rotated = try first.updated(keys: next, signedBy: .device(devices[0]))
            later = try rotated.updated(
                keys: next.adding(certificate(devices[1], 2, roots[1]), signedBy: roots[1]),
                signedBy: .device(devices[0]))
            laptop = devices[0].publicKey.deviceID
            thief = devices[1].publicKey.deviceID
        }

        func known(
            _ tell: @escaping @Sendable (IdentityDocument) -> Void = { _ in }
        ) throws -> KnownIdentities {
            KnownIdentities(
                directory: scratch.home.knownIdentities,
                time: try ServiceTime(
                    clock, directory: scratch.home.knownIdentities, disk: LocalDisk()),
                tell: tell
            ) { _, _ in nil }
        }
    }

    @Test func `a new root is not believed before its time, and told once`() throws {
        let story = try Story()
        let told = Mutex(0)
        let known = try story.known { _ in told.withLock { $0 += 1 } }
        let user = story.first.userID
        #expect(known.learn(story.first))
        #expect(!known.learn(story.rotated) && !known.learn(story.rotated))
        // The documents that follow do not begin to wait anew.
        story.clock.pass(Limits.rotationHold - 1_000_000_000)
        #expect(!known.learn(story.later))
        #expect(known.document(of: user) == story.first)
        #expect(known.isDevice(story.laptop, of: user) && !known.isDevice(story.thief, of: user))
        #expect(known.holdLeft(of: user) == 1_000_000_000 && told.withLock { $0 } == 1)
        // A clock that is set is no time that passes.
        story.clock.wall.withLock { $0 = Timestamp(nanoseconds: $0.nanoseconds + 1 << 58) }
        #expect(known.document(of: user) == story.first)
        story.clock.pass(1_000_000_000)
        #expect(known.document(of: user) == story.later)
        #expect(known.isDevice(story.thief, of: user) && known.holdLeft(of: user) == nil)
        #expect(!known.learn(story.first), "what was rotated away is over")
    }

    @Test func `waiting goes on after a restart, and stands while the node is off`() throws {
        let story = try Story()
        let user = story.first.userID
        do {
            let known = try story.known()
            known.learn(story.first)
            story.clock.pass(3600_000_000_000)
            known.learn(story.rotated)
        }
        story.clock.pass(10 * Limits.rotationHold)
        let known = try story.known()
        #expect(known.document(of: user) == story.first)
        #expect(known.holdLeft(of: user) == Limits.rotationHold)
        story.clock.pass(Limits.rotationHold)
        #expect(known.document(of: user) == story.rotated)
        // And it is kept.
        #expect(try story.known().document(of: user) == story.rotated)
    }

    @Test func `every cut and flipped file of one that waits is another or none`() throws {
        let story = try Story()
        let known = try story.known()
        known.learn(story.first)
        known.learn(story.rotated)
        let path = "\(story.scratch.home.knownIdentities)/\(story.first.userID).next"
        let bytes = try Array(Data(contentsOf: URL(filePath: path)))
        #expect(HeldRotations.read(path)?.document == story.rotated)
        for count in bytes.indices {
            try Data(bytes[..<count]).write(to: URL(filePath: path))
            #expect(HeldRotations.read(path) == nil, "\(count) bytes")
        }
        // The moment as well: a digit that is flipped must not shorten the wait.
        for index in bytes.indices {
            for bit in 0..<8 where index < 64 || bit == index % 8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                try Data(changed).write(to: URL(filePath: path))
                #expect(HeldRotations.read(path) == nil, "byte \(index), bit \(bit)")
            }
        }
        #expect(HeldRotations.Held(bytes + [10]) == nil)
    }

    @Test func `the golden file of one that waits is the same to the byte`() throws {
        let text = try Fixture.text("fixtures/identity-document/v1.xml")
        let document = try IdentityDocument(decoding: Array(text.utf8))
        let held = HeldRotations.Held(due: 604_801_234_567_890, document: document)
        let found = String(decoding: held.encoded, as: UTF8.self)
        let golden = try Fixture.text("fixtures/identity-document/held-v1.txt", found: found)
        #expect(found == golden)
        let read = try #require(HeldRotations.Held(Array(golden.utf8)))
        #expect(read.due == held.due && read.document == document)
        let line = golden.prefix { $0 != "\n" }
        let zeros = golden.replacing(line, with: line.replacing("BDNEXT01 ", with: "BDNEXT01 0"))
        #expect(HeldRotations.Held(Array(zeros.utf8)) == nil, "one encoding only")
    }

    @Test(.enabled(if: geteuid() == 0, "mounting takes root"))
    func `what a full disk does not take waits all the same, and anew after a restart`() throws {
        let story = try Story()
        let place = story.scratch.home.knownIdentities
        let known = try story.known()
        known.learn(story.first)
        #expect(mount("tmpfs", place, "tmpfs", 0, "size=4k") == 0)
        try Data(repeating: 7, count: 4096).write(to: URL(filePath: "\(place)/filler"))
        #expect(!known.learn(story.rotated))
        let user = story.first.userID
        #expect(known.holdLeft(of: user) == Limits.rotationHold)
        let names = try FileManager.default.contentsOfDirectory(atPath: place)
        #expect(names.contains("filler") && !names.contains { $0.hasSuffix(".next") })
        #expect(umount2(place, 2) == 0)
        let again = try story.known()
        #expect(again.document(of: user) == story.first && again.holdLeft(of: user) == nil)
        #expect(!again.learn(story.rotated))
        #expect(again.holdLeft(of: user) == Limits.rotationHold)
    }

    @Test func `the first document of a user is believed whatever its root`() throws {
        let story = try Story()
        let known = try story.known()
        #expect(known.learn(story.later))
        #expect(known.isDevice(story.thief, of: story.first.userID))
    }
}
