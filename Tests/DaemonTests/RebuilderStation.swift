import Foundation
import Identities
import Model
import Networking
import Pipelines
import Rebuilding
import Suppliers
import Synchronization

@testable import Daemon

/// A node that rebuilds for others: its desk behind a real listener, its rounds when a test says.
final class RebuilderStation: Sendable {
    let directory: String
    let desk: RebuilderDesk
    let caller: SupplierCaller
    private let threads: NetworkThreads
    private let listener: SessionListener

    var address: NodeAddress {
        NodeAddress(user: caller.peer.user, endpoints: [listener.localEndpoint])
    }

    init(below scratch: String, threads: NetworkThreads) async throws {
        directory = "\(scratch)/rebuilder"
        let random = SystemRandom()
        let root = try IdentityKey(seed: SecretBytes(random.bytes32()))
        let device = try DeviceKey(seed: SecretBytes(random.bytes32()))
        let certificate = try DeviceCertificate(
            device: device.publicKey, name: DisplayName("rebuilder")!,
            created: Timestamp(nanoseconds: 1), sequence: 1, signedBy: root)
        caller = SupplierCaller(certificate: certificate, device: device)
        let desk = RebuilderDesk(
            user: certificate.userID, directory: directory, time: SystemTime())
        self.desk = desk
        self.threads = threads
        var settings = SessionSettings()
        settings.handshakeDeadline = .seconds(60)
        let identity = try SessionIdentity(
            certificate: certificate, deviceKey: device, random: random)
        listener = try await SessionListener.open(
            at: Endpoint(.v4(127 << 24 | 1), port: 0),
            setup: SessionSetup(identity: identity, settings: settings, admits: { _ in true }) {
                peer, request in
                let (owner, header) = (peer.userID, request.header)
                let payload = request.payload.array
                let answer = try await blocking { desk.answer(owner, header, payload) }
                return SessionResponse(
                    header: answer.header, payload: SessionPayload(answer.payload))
            }, threads: threads)
    }

    /// One round for the only owner, by what the desk knows unless another is given.
    func round(
        _ station: NetworkStation, for delegation: Delegation? = nil
    ) async throws -> DelegatedVisit.Outcome {
        let (_, network) = station.adapters()
        let visit = DelegatedVisit(
            delegation: delegation ?? desk.active[0], caller: caller, suppliers: network,
            setting: RebuilderStation.setting, grace: 0, bytesPerSecond: nil)
        let outcome = await visit.perform()
        await network.close()
        return try outcome.get()
    }

    /// A rebuilder that was started anew: it knows what is on its disk.
    func reopened() -> RebuilderDesk {
        RebuilderDesk(user: caller.peer.user, directory: directory, time: SystemTime())
    }

    static var setting: NodeSetting {
        NodeSetting(
            sleeper: SystemSleeper(),
            adapters: Adapters(
                time: SystemTime(), random: SystemRandom(), workerCount: 2,
                memoryByteCount: 32 << 20),
            deviceName: "test", userName: "test", environment: [:], processID: 1, userID: 0)
    }

    func end() async { await listener.close() }
}
