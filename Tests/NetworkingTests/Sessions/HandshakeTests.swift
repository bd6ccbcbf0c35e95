import Crypto
import Identities
import Model
import NIOSSL
import Synchronization
import Testing

@testable import Networking

@Suite struct HandshakeTests {
    /// Dials an echoing listener with what `identity` shows.
    private func error(
        dialling identity: SessionIdentity, expecting: PeerName? = nil,
        admits: @escaping PeerAdmission = { _ in true }
    ) async throws -> SessionError? {
        let server = try SessionNode(user: 1, device: 101)
        let listener = try await SessionListener.open(
            at: loopback, setup: server.setup(admits: admits), threads: testThreads)
        let setup = SessionSetup(
            identity: identity, settings: .patient, admits: { _ in true }, handler: echoHandler)
        let dialer = SessionDialer(setup: setup, threads: testThreads)
        defer { #expect(listener.counts.established == 0) }
        do throws(SessionError) {
            let session = try await dialer.dial(
                [listener.localEndpoint], expecting: expecting, deadline: .seconds(120))
            await session.close()
            await listener.close()
            return nil
        } catch {
            await listener.close()
            return error
        }
    }

    @Test func `a device is admitted, and not once it is revoked`() async throws {
        let client = try SessionNode(user: 2, device: 102)
        #expect(try await error(dialling: client.identity) == nil)
        let revoked = client.identity.own.deviceID
        let refusal = try await error(dialling: client.identity) { $0.deviceID != revoked }
        #expect(refusal == .handshakeFailed)
    }

    @Test func `only the peer that was asked for is taken`() async throws {
        let client = try SessionNode(user: 2, device: 102)
        let server = try SessionNode(user: 1, device: 101).name
        let anyDevice = PeerName(server.userID)
        #expect(try await error(dialling: client.identity, expecting: anyDevice) == nil)
        for other in [
            client.name, PeerName(client.name.userID),
            PeerName(server.userID, device: client.name.deviceID),
        ] {
            #expect(
                try await error(dialling: client.identity, expecting: other) == .wrongPeer(server))
        }
    }

    // MARK: What a stranger may show

    private func client() throws -> (SessionNode, P256.Signing.PrivateKey, [UInt8]) {
        let node = try SessionNode(user: 2, device: 102)
        let key = try #require(SessionIdentity.freshKey(SystemRandom()))
        let certificate = try SessionCertificate.mint(
            for: key, device: node.identity.own.certificate, signedBy: node.deviceKey)
        return (node, key, certificate)
    }

    @Test func `a fresh certificate of the same device is taken`() async throws {
        let (node, key, certificate) = try client()
        let shown = try node.showing(certificate: certificate, key: key)
        #expect(try await error(dialling: shown) == nil)
    }

    @Test func `a device's word for another TLS key is refused`() async throws {
        let (node, _, certificate) = try client()
        let other = try #require(SessionIdentity.freshKey(SystemRandom()))
        let binding = try CertificateTemplate.parts(of: certificate).binding
        let swapped = try SessionCertificate.seal(
            publicKey: [UInt8](other.publicKey.derRepresentation), binding: binding, with: other)
        let shown = try node.showing(certificate: swapped, key: other)
        #expect(try await error(dialling: shown) == .handshakeFailed)
    }

    @Test func `who has the certificate but not its key is refused`() async throws {
        // The library demands a matching key, so the thief shows a key of its own and, inside the
        // certificate, the public key of the other.
        let (node, _, certificate) = try client()
        let thief = try #require(SessionIdentity.freshKey(SystemRandom()))
        #expect(throws: SessionError.noCertificate) {
            try node.showing(certificate: certificate, key: thief)
        }
    }

    @Test func `another identity's device certificate is refused`() async throws {
        let (node, key, _) = try client()
        let other = try SessionNode(user: 9, device: 109).identity.own.certificate
        let stolen = try SessionCertificate.mint(
            for: key, device: other, signedBy: node.deviceKey)
        let shown = try node.showing(certificate: stolen, key: key)
        #expect(try await error(dialling: shown) == .handshakeFailed)
    }

    @Test func `a certificate with dates of its own is refused`() async throws {
        let (node, key, certificate) = try client()
        var content = try CertificateTemplate.parts(of: certificate).content
        let never = Array("99991231235959Z".utf8)
        let place = try #require(
            content.indices.first { content[$0...].starts(with: never) })
        content.replaceSubrange(
            place..<place + never.count, with: Array("20200101000000Z".utf8))
        let signature = try key.signature(for: content)
        let expired = CertificateTemplate.certificate(
            content: content, signature: [UInt8](signature.derRepresentation))
        let shown = try node.showing(certificate: expired, key: key)
        #expect(try await error(dialling: shown) == .handshakeFailed)
    }

    @Test func `a certificate that is too long is refused`() async throws {
        let (node, key, _) = try client()
        let long = try SessionCertificate.seal(
            publicKey: [UInt8](key.publicKey.derRepresentation),
            binding: [UInt8](repeating: 0, count: 5000), with: key)
        let shown = try node.showing(certificate: long, key: key)
        #expect(try await error(dialling: shown) == .handshakeFailed)
    }

    @Test func `other protocols, versions, groups and chains are refused`() async throws {
        let (node, key, certificate) = try client()
        let extra = try NIOSSLCertificate(bytes: certificate, format: .der)
        let changes: [(String, (inout TLSConfiguration) -> Void)] = [
            (
                "TLS 1.2",
                {
                    $0.minimumTLSVersion = .tlsv12
                    $0.maximumTLSVersion = .tlsv12
                    $0.curves = [.x25519]
                }
            ),
            ("another protocol", { $0.applicationProtocols = ["bitdust-session/2"] }),
            ("no protocol", { $0.applicationProtocols = [] }),
            ("no post-quantum group", { $0.curves = [.x25519, .secp256r1] }),
            (
                "no certificate",
                {
                    $0.certificateChain = []
                    $0.privateKey = nil
                }
            ),
            ("a chain of two", { $0.certificateChain.append(.certificate(extra)) }),
        ]
        for (name, change) in changes {
            let shown = try node.showing(certificate: certificate, key: key, adjust: change)
            #expect(try await error(dialling: shown) == .handshakeFailed, "\(name)")
        }
    }

    @Test func `a listener that shows a wrong certificate is refused by name`() async throws {
        let node = try SessionNode(user: 1, device: 101)
        let key = try #require(SessionIdentity.freshKey(SystemRandom()))
        let thief = try DeviceKey(seed: countingSecret(from: 50))
        let forged = try SessionCertificate.mint(
            for: key, device: node.identity.own.certificate, signedBy: thief)
        let setup = SessionSetup(
            identity: try node.showing(certificate: forged, key: key), admits: { _ in true },
            handler: echoHandler)
        let pair = try await SessionPair.open(listening: setup)
        let format = SessionCertificate.format
        await #expect(throws: SessionError.badCertificate(.badSignature(format: format))) {
            _ = try await pair.dial()
        }
        await pair.listener.close()
    }

    @Test func `a device that is revoked while its session is open gets no more answers`()
        async throws
    {
        let isRevoked = Mutex(false)
        let server = try SessionNode(user: 1, device: 101)
        let pair = try await SessionPair.open(
            listening: server.setup(admits: { _ in !isRevoked.withLock { $0 } }))
        let session = try await pair.dial()
        _ = try await session.request(SessionRequest(header: [1]))
        isRevoked.withLock { $0 = true }
        await #expect(throws: SessionError.refused(.notAllowed)) {
            try await session.request(SessionRequest(header: [1]))
        }
        await session.close()
        await pair.listener.close()
    }

    @Test func `the group on the wire is X25519MLKEM768`() async throws {
        let pair = try await SessionPair.open()
        let relay = try await TamperingRelay.open(to: pair.listener.localEndpoint)
        let session = try await pair.dialer.dial([relay.endpoint], expecting: pair.listenerName)
        let hello = relay.bytes(.toDialler)
        #expect(ServerHello.group(hello) == 0x11EC)
        #expect(ServerHello.version(hello) == 0x0304)
        await session.close()
        await relay.close()
        await pair.listener.close()
    }
}

/// The parts of a TLS ServerHello that travel in the clear (RFC 8446, 4.1.3).
private enum ServerHello {
    static func group(_ bytes: [UInt8]) -> Int? { extensionWord(0x33, bytes) }
    static func version(_ bytes: [UInt8]) -> Int? { extensionWord(0x2b, bytes) }

    /// The first two bytes of an extension.
    private static func extensionWord(_ type: Int, _ bytes: [UInt8]) -> Int? {
        func word(_ place: Int) -> Int? {
            place + 1 < bytes.count ? Int(bytes[place]) << 8 | Int(bytes[place + 1]) : nil
        }
        // Record head 5, message head 4, version 2, random 32, session id, cipher 2, compression 1.
        guard bytes.count > 44, bytes[0] == 22, bytes[5] == 2 else { return nil }
        var place = 43 + 1 + Int(bytes[43]) + 3 + 2
        while let found = word(place), let length = word(place + 2) {
            if found == type { return word(place + 4) }
            place += 4 + length
        }
        return nil
    }
}
