import Crypto
import Foundation
import Model

@testable import Identities

extension Bytes32 {
    var hex: String { Hex.encode(array) }
}

/// One user with two machines, whose keys are made from counted bytes.
struct DocumentSamples {
    let roots: [IdentityKey]
    let laptop: DeviceKey
    let desktop: DeviceKey
    let xWing: XWingPublicKey
    let keys: IdentityKeys
    let document: IdentityDocument

    init(user: UInt8 = 0) throws {
        let roots = try (0..<5).map { try IdentityKey(seed: countingSecret(from: user &+ $0)) }
        self.roots = roots
        laptop = try DeviceKey(seed: countingSecret(from: user &+ 100))
        desktop = try DeviceKey(seed: countingSecret(from: user &+ 101))
        xWing = try DocumentSamples.xWing(user)
        keys = try IdentityKeys.first(
            root: roots[0], next: roots[1].publicKey, xWing: xWing,
            certificates: [
                try DocumentSamples.certificate(laptop, "laptop", 1, signedBy: roots[0])
            ])
        document = try IdentityDocument.first(
            DocumentSamples.content(), keys: keys, signedBy: .device(laptop))
    }

    static func content(_ name: String = "alice") -> IdentityContent {
        IdentityContent(
            sources: [
                Source("http://host-a.com/\(name).xml")!,
                Source("http://host-b.com:8080/\(name).xml")!,
            ],
            contacts: [Contact("tcp://203.0.113.5:7771")!], date: CalendarDate("2026-11-21")!,
            version: "bitdust 0.4 & more")
    }

    static func certificate(
        _ device: DeviceKey, _ name: String, _ sequence: UInt64, signedBy root: IdentityKey
    ) throws -> DeviceCertificate {
        try DeviceCertificate(
            device: device.publicKey, name: DisplayName(name)!,
            created: Timestamp(nanoseconds: 1_799_496_000_000_000_000), sequence: sequence,
            signedBy: root)
    }

    static func xWing(_ first: UInt8 = 0) throws -> XWingPublicKey {
        let key = try XWingMLKEM768X25519.PrivateKey(
            seedRepresentation: Data((0..<32).map { first &+ UInt8($0) }), publicKey: nil)
        return XWingPublicKey(Array(key.publicKey.rawRepresentation))!
    }

    /// A document of the same order as the next of `document`, that says something else.
    func fork(of document: IdentityDocument) throws -> IdentityDocument {
        try document.updated(signedBy: .device(laptop)) { $0.version = "fork" }
    }

    func rotated(_ keys: IdentityKeys, to number: Int) throws -> IdentityKeys {
        try keys.rotating(
            from: roots[number - 1], to: roots[number], next: roots[number + 1].publicKey)
    }
}
