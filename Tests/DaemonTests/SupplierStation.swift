import APIModel
import Foundation
import Identities
import Model
import Networking
import Simulation
import Suppliers
import Synchronization
import Testing

@testable import Daemon

/// A node with an identity that donates, and customers that come over loopback sockets.
final class SupplierStation: Sendable {
    let node: NodeStation
    let threads = NetworkThreads()

    init() async throws {
        node = try await NodeStation()
        for (key, value) in [
            ("services/identity-server/host", "localhost"),
            ("services/identity-propagate/known-servers", "localhost:\(node.ports[3]):6661"),
            ("services/identity-propagate/min-servers", "1"),
            ("services/identity-server/enabled", "true"),
            ("services/supplier/donated-space", "64 MB"),
        ] { try await set(key, value) }
        try await node.await("identity-server", isOn: true)
        let created = try await node.call("identity_create", ["username": "alice"])
        #expect(created.isOK, "\(created.errors)")
        try await node.await("supplier", isOn: true)
    }

    func set(_ key: String, _ value: String) async throws {
        let answer = try await node.call(
            "config_set", ["key": .text(key), "value": .text(value)])
        #expect(answer.isOK, "\(answer.errors)")
    }

    var endpoint: Endpoint { Endpoint(IPAddress("127.0.0.1")!, port: node.ports[5]) }

    /// A session of a customer, which asks through it.
    func session(_ customer: StoreCustomer) async throws -> Session {
        try await customer.session(at: endpoint, threads)
    }

    /// The supplier as a customer sees it.
    func store(_ customer: StoreCustomer) async throws -> RemoteFragmentStore {
        try await customer.store(session(customer))
    }

    func status() async throws -> APIValue {
        try await node.call("donation_status").result ?? [:]
    }

    func end() async {
        await node.node.stop()
        await threads.stop()
    }
}

/// The plainest way to ask over a session.
final class PlainChannel: RequestChannel {
    let payloadByteCountMax = Limits.messagePayloadMax
    private let session: Session

    init(_ session: Session) { self.session = session }

    func exchange(
        _ request: ChannelRequest, into target: UnsafeMutableRawBufferPointer?
    ) throws(ChannelError) -> ChannelAnswer {
        let response: SessionResponse
        do {
            response = try session.requestBlocking(
                SessionRequest(
                    header: request.header,
                    payload: SessionPayload(request.payload.flatMap { Array($0.bytes) }),
                    responseLengthMax: target?.count ?? 0))
        } catch {
            throw .unreachable(reason: "\(error)")
        }
        response.payload.withBytes { span in
            span.withUnsafeBytes { target?.copyMemory(from: $0) }
        }
        return ChannelAnswer(
            header: response.header, payloadByteCount: response.payload.byteCount)
    }

    func close() {}
}

/// Work that blocks, on a thread that may: a test's own belongs to the cooperative pool.
@discardableResult
func blocking<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        let thread = Thread { continuation.resume(with: Result { try body() }) }
        thread.start()
    }
}

extension StoreCustomer {
    /// A session with a supplier; it answers nothing itself.
    func session(at endpoint: Endpoint, _ threads: NetworkThreads) async throws -> Session {
        var settings = SessionSettings()
        settings.handshakeDeadline = .seconds(60)
        let identity = try SessionIdentity(
            certificate: certificate, deviceKey: device, random: SystemRandom())
        let setup = SessionSetup(identity: identity, settings: settings, admits: { _ in true }) {
            _, _ in throw SessionRefusal.notAllowed
        }
        return try await SessionDialer(setup: setup, threads: threads).dial(
            [endpoint], expecting: nil, deadline: .seconds(60))
    }

    /// The store at the other end of a session.
    func store(_ session: Session) async throws -> RemoteFragmentStore {
        let answer = try await session.request(
            SessionRequest(header: SupplierRequest(owner: owner, .offer).encoded()))
        guard case .offer(let offer, _) = try SupplierResponse(answer.header) else {
            throw SessionRefusal.failed
        }
        #expect(offer.node?.userID == session.peer.userID)
        return RemoteFragmentStore(
            supplier: offer.supplier, user: owner, channel: PlainChannel(session),
            time: SystemTime())
    }
}
