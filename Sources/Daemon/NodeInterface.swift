internal import APIModel
internal import Glibc
internal import Logging
internal import Model
internal import Networking
internal import Settings

/// The REST and WebSocket interfaces of a node, opened and moved as the settings say.
actor NodeInterface {
    private let parts: NodeParts
    private var handler: (any APIHandler)?
    private var rest: RESTServer?
    private var sockets: WebSocketServer?
    private var opened: Shape?

    /// What must be the same for the servers to stay open.
    private struct Shape: Equatable {
        var rest: UInt16?
        var webSocket: UInt16?
        var requiresSecret: Bool

        init(_ values: SettingValues) {
            rest = values[InterfaceSettings.restEnabled] ? values[InterfaceSettings.restPort] : nil
            webSocket =
                values[InterfaceSettings.webSocketEnabled]
                ? values[InterfaceSettings.webSocketPort] : nil
            requiresSecret = values[InterfaceSettings.requiresSecret]
        }
    }

    init(parts: NodeParts) {
        self.parts = parts
    }

    /// - Throws: ``Failure`` when a port cannot be opened.
    func open(_ handler: any APIHandler) async throws {
        self.handler = handler
        try await open(Shape(parts.values), handler)
    }

    func close() async {
        unlink(parts.home.restEndpoint)
        await sockets?.stop()
        await rest?.stop()
        (rest, sockets, opened) = (nil, nil, nil)
    }

    /// Opens the servers anew when their settings have changed. Whoever asked for the change gets
    /// the answer first: open requests are finished.
    func follow(_ values: SettingValues) async {
        let shape = Shape(values)
        guard let handler, shape != opened else { return }
        let log = parts.logs.logger("interface")
        await close()
        do {
            try await open(shape, handler)
        } catch {
            log.error("\(NodeProcess.text(error))")
        }
    }

    private func open(_ shape: Shape, _ handler: any APIHandler) async throws {
        let made = try interfaceParts(shape, handler)
        do {
            if let port = shape.rest {
                let server = try await RESTServer(port: port, parts: made)
                rest = server
                let text = "127.0.0.1:\(server.port)\n"
                try HomeFile.write(Array(text.utf8), to: parts.home.restEndpoint)
            }
            if let port = shape.webSocket {
                sockets = try await WebSocketServer(
                    port: port, pagePort: rest?.port ?? 0, parts: made)
            }
            opened = shape
        } catch {
            await close()
            throw NodeInterface.failure(error)
        }
    }

    private func interfaceParts(
        _ shape: Shape, _ handler: any APIHandler
    ) throws -> InterfaceParts {
        InterfaceParts(
            handler: handler, events: parts.events, ownUID: parts.setting.userID,
            secret: shape.requiresSecret
                ? try APISecret(path: parts.home.apiSecret, random: parts.setting.random) : nil,
            secretPath: parts.home.apiSecret,
            peerOwner: { SocketOwner.uid(connectedFrom: $0, to: $1) },
            portHolder: { PortHolder.find(port: $0, .tcp)?.description },
            time: parts.setting.time, sleeper: parts.setting.sleeper, group: parts.threads.group,
            logger: parts.logs.logger("interface"))
    }

    private static func failure(_ error: any Error) -> any Error {
        guard case .portInUse(let port, let holder) = error as? InterfaceError else { return error }
        return Failure(
            "BD-PORT-IN-USE", .failed,
            "port \(port) is in use" + (holder.map { " by \($0)" } ?? ""),
            cause: "the node's interface listens there",
            remedy: "stop that program, or `bitdust set interface/api/rest-http-port PORT`")
    }
}
