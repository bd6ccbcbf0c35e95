internal import Logging
internal import Model
internal import Networking
internal import Services
internal import Settings

/// The TCP port where other nodes reach this one. Without an identity it is on and opens nothing:
/// the hub opens the port as soon as there is one.
struct SessionService: ServiceBody {
    let parts: NodeParts

    func start() async throws {
        let place = parts.listenEndpoint(port: parts.values[NetworkSettings.tcpPort])
        do {
            try await parts.hub.open(at: place)
        } catch let error as NetworkError {
            await parts.hub.close()
            throw PortFailure.explain(error)
        }
        await parts.keepContact()
    }

    func stop() async { await parts.hub.close() }
}

extension NodeParts {
    /// The document says where the sessions of others arrive.
    func keepContact() async {
        guard let place = await hub.localEndpoint else { return }
        do {
            try await identity.answers(
                at: place.port, external: values[NetworkSettings.externalAddress])
        } catch {
            logs.logger("sessions").error("contact not kept: \(NodeProcess.text(error))")
        }
    }
}
