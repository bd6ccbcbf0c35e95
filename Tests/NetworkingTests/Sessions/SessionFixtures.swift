import Crypto
import Foundation
import Identities
import Model
import NIOCore
import NIOSSL
import Synchronization
import Testing

@testable import Networking

/// A node as far as sessions are concerned.
struct SessionNode {
    let identity: SessionIdentity
    let deviceKey: DeviceKey

    /// - Parameters:
    ///   - user: names the identity.
    ///   - device: names the device.
    init(user: UInt8, device: UInt8) throws {
        deviceKey = try DeviceKey(seed: countingSecret(from: device))
        identity = try SessionIdentity(
            certificate: SessionNode.certificate(user: user, device: deviceKey),
            deviceKey: deviceKey, random: SystemRandom())
    }

    static func certificate(user: UInt8, device: DeviceKey) throws -> DeviceCertificate {
        try DeviceCertificate(
            device: device.publicKey, name: DisplayName("node")!,
            created: Timestamp(nanoseconds: 1), sequence: 1,
            signedBy: try IdentityKey(seed: countingSecret(from: user)))
    }

    var name: PeerName { PeerName(identity.own) }

    func setup(
        _ settings: SessionSettings = .patient, memory: SessionMemory = SessionMemory(),
        admits: @escaping PeerAdmission = { _ in true },
        handler: @escaping SessionRequestHandler = echoHandler
    ) -> SessionSetup {
        SessionSetup(
            identity: identity, settings: settings, memory: memory, admits: admits,
            handler: handler)
    }

    /// Shows a certificate of the test's making.
    func showing(
        certificate: [UInt8], key: P256.Signing.PrivateKey,
        adjust: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> SessionIdentity {
        try SessionIdentity(
            own: identity.own, certificate: certificate, key: [UInt8](key.derRepresentation),
            adjust: adjust)
    }
}

extension SessionSettings {
    /// For tests that are about something else, on a machine that is busy.
    static var patient: SessionSettings {
        var settings = SessionSettings()
        settings.handshakeDeadline = .seconds(120)
        return settings
    }
}

/// 0, 1, 2, ... as secret bytes.
func countingSecret(from first: UInt8) -> SecretBytes {
    SecretBytes(Bytes32((0..<32).map { first &+ UInt8($0) })!)
}

/// Answers with what it was asked.
let echoHandler: SessionRequestHandler = { _, request in
    SessionResponse(header: request.header, payload: request.payload)
}

/// Bytes that differ from place to place.
func patterned(_ count: Int) -> [UInt8] {
    // By words: byte loops are slow without the optimiser.
    var words = [UInt64](repeating: 0, count: (count + 7) / 8)
    for index in words.indices { words[index] = UInt64(index) &* 0x9e37_79b9_7f4a_7c15 }
    return words.withUnsafeBytes { Array($0.prefix(count)) }
}

/// A seeded stream of numbers, for damage that can be repeated.
struct Dice {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// 0..<`limit`.
    mutating func roll(_ limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % limit
    }
}

/// A listener and what it takes to reach it.
struct SessionPair {
    let listener: SessionListener
    let dialer: SessionDialer
    let listenerName: PeerName

    static func open(
        listening: SessionSetup? = nil, dialling: SessionSetup? = nil,
        limits: SessionGateLimits = SessionGateLimits(),
        opened: @escaping @Sendable (Session) -> Void = { _ in }
    ) async throws -> SessionPair {
        let server = try SessionNode(user: 1, device: 101)
        let client = try SessionNode(user: 2, device: 102)
        let listener = try await SessionListener.open(
            at: loopback, setup: listening ?? server.setup(), limits: limits,
            threads: testThreads, opened: opened)
        return SessionPair(
            listener: listener,
            dialer: SessionDialer(setup: dialling ?? client.setup(), threads: testThreads),
            listenerName: server.name)
    }

    func dial() async throws -> Session {
        try await dialer.dial(
            [listener.localEndpoint], expecting: listenerName, deadline: .seconds(120))
    }
}

/// Golden files of the formats of sessions.
enum SessionGolden {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: root.appending(path: "fixtures").appending(path: path)))
    }

    /// Writes the file when asked to.
    static func update(_ bytes: @autoclosure () throws -> [UInt8], _ path: String) throws {
        guard ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" else { return }
        let url = root.appending(path: "fixtures").appending(path: path)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(try bytes()).write(to: url)
    }
}
