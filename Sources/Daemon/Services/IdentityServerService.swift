internal import Glibc
internal import Identities
internal import IdentityServers
internal import Logging
internal import Model
internal import Networking
internal import Services
internal import Settings

/// The identity server of this node: pages and uploads over HTTP, uploads over TCP frames.
actor IdentityServerService: ServiceBody {
    private let parts: NodeParts
    private let log: Logger
    private var running: Running?

    private struct Running {
        let server: IdentityServer
        let web: HTTPServer
        let frames: FrameListener
        let upkeep: Task<Void, Never>
        let state: StateMachine
    }

    init(parts: NodeParts) {
        self.parts = parts
        log = parts.logs.logger("identity-server")
    }

    func start() async throws {
        let values = parts.values
        let server = try open(values)
        let guests = GuestPages(
            store: parts.networks, joins: JoinBook(home: parts.home), time: parts.setting.time)
        do {
            let web = try await HTTPServer.open(
                at: parts.listenEndpoint(port: values[IdentitySettings.serverWebPort]),
                threads: parts.threads
            ) { await IdentityServerService.answer($0, server, guests) }
            do {
                let frames = try await FrameListener.open(
                    at: parts.listenEndpoint(port: values[IdentitySettings.serverTCPPort]),
                    threads: parts.threads
                ) { await IdentityServerService.serve($0, server) }
                running = Running(
                    server: server, web: web, frames: frames, upkeep: upkeep(server),
                    state: parts.registry.register("id_server", state: "LISTEN"))
            } catch {
                await web.stop()
                throw error
            }
        } catch let error as NetworkError {
            server.close()
            throw PortFailure.explain(error)
        }
        log.info("listening as \(server.host)")
    }

    func stop() async {
        guard let running else { return }
        self.running = nil
        running.upkeep.cancel()
        await running.web.stop()
        await running.frames.close()
        running.server.close()
    }

    private func open(_ values: SettingValues) throws -> IdentityServer {
        guard let host = values.serverHost else {
            throw Failure(
                "BD-NO-HOST", .badConfiguration,
                "the identity server does not know its own name",
                remedy: "bitdust set services/identity-server/host NAME")
        }
        var settings = IdentityServerSettings(host: host, knownServers: parts.knownServers)
        settings.untouchedMax = UInt64(values[IdentitySettings.serverIdleDays]) * 86_400
        mkdir(parts.home.identityServer, 0o700)
        let store = try CatalogDocumentStore(
            path: "\(parts.home.identityServer)/documents.sqlite")
        return try IdentityServer(settings: settings, store: store, time: parts.setting.time)
    }

    private func upkeep(_ server: IdentityServer) -> Task<Void, Never> {
        let (sleeper, log) = (parts.setting.sleeper, log)
        let interval = Limits.identityUpkeepInterval * 1_000_000_000
        return Task {
            while (try? await sleeper.sleep(nanoseconds: interval)) != nil {
                do { try server.upkeep() } catch { log.warning("upkeep: \(error)") }
            }
        }
    }

    // MARK: Adapters

    private static func answer(
        _ request: HTTPServer.Request, _ server: IdentityServer, _ guests: GuestPages
    ) async -> HTTPServer.Response {
        if let page = guests.answer(request) { return page }
        let target = request.path + (request.query.map { "?" + $0 } ?? "")
        let answer = server.answer(
            IdentityServerRequest(
                method: request.method.rawValue, target: target, client: request.peer,
                forwardedFor: request.headers["X-Forwarded-For"], body: request.body))
        var response = HTTPServer.Response(answer.status, body: answer.body)
        for header in answer.headers { response.headers.append(header.name, header.value) }
        return response
    }

    private static func serve(_ connection: FrameConnection, _ server: IdentityServer) async {
        var session = FrameSession(server: server, client: connection.peer.address)
        do {
            while let frame = try await connection.receive() {
                let (replies, isOpen) = session.receive(frame)
                for reply in replies { try await connection.send(reply) }
                guard isOpen else { return }
            }
        } catch {
            // The peer went away, or did what no peer may: the connection is closed on return.
        }
    }
}
