import Crypto
import Identities
import Model
import NIOSSL
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
            identity: identity, admits: { _ in true }, handler: echoHandler)
        let dialer = SessionDialer(setup: setup, threads: testThreads)
        defer { #expect(listener.counts.established == 0) }
        do throws(SessionError) {
            let session = try await dialer.dial(
                [listener.localEndpoint], expecting: expecting)
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
}
