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
    }

    func stop() async { await parts.hub.close() }
}
