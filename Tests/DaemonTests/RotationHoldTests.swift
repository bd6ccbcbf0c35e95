import Foundation
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
        let start = try #require(bytes.firstIndex(of: UInt8(ascii: "\n"))) + 1
        for index in stride(from: start, to: bytes.count, by: 7) {
            var changed = bytes
            changed[index] ^= 1
            try Data(changed).write(to: URL(filePath: path))
            #expect(HeldRotations.read(path) == nil, "byte \(index)")
        }
    }

    @Test func `the first document of a user is believed whatever its root`() throws {
        let story = try Story()
        let known = try story.known()
        #expect(known.learn(story.later))
        #expect(known.isDevice(story.thief, of: story.first.userID))
    }
}
