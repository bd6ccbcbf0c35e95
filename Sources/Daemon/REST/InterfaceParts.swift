package import APIModel
package import Logging
package import Model
package import NIOCore
internal import NIOPosix

/// What the REST server and the WebSocket server are made of.
package struct InterfaceParts: Sendable {
    /// The user that owns the socket at `peer`, the other end of a connection to `local`.
    ///
    /// `nil` when nobody owns it any more: the kernel then names user 0, which may be the user that
    /// runs the node, and anyone can hang up after sending.
    package typealias PeerOwner =
        @Sendable (_ peer: Endpoint, _ local: Endpoint) async -> UInt32?
    /// The process that listens on a port, as in `apache2 (pid 812)`.
    package typealias PortHolder = @Sendable (_ port: UInt16) async -> String?

    package var handler: any APIHandler
    package var events: EventBus
    package var ownUID: UInt32
    package var secret: APISecret?
    /// Said to those who lack the secret.
    package var secretPath: String
    package var peerOwner: PeerOwner
    package var portHolder: PortHolder
    package var group: any EventLoopGroup
    package var time: any TimeSource
    package var sleeper: any Sleeper
    package var logger: Logger

    /// - Parameters:
    ///   - group: the threads that wait for sockets; `nil` for those of the process.
    ///   - logger: `nil` for silence.
    package init(
        handler: any APIHandler, events: EventBus, ownUID: UInt32, secret: APISecret?,
        secretPath: String, peerOwner: @escaping PeerOwner,
        portHolder: @escaping PortHolder, time: any TimeSource, sleeper: any Sleeper,
        group: (any EventLoopGroup)? = nil, logger: Logger? = nil
    ) {
        self.handler = handler
        self.events = events
        self.ownUID = ownUID
        self.secret = secret
        self.secretPath = secretPath
        self.peerOwner = peerOwner
        self.portHolder = portHolder
        self.group = group ?? MultiThreadedEventLoopGroup.singleton
        self.time = time
        self.sleeper = sleeper
        self.logger =
            logger ?? Logger(label: "bitdust.rest") { _ in SwiftLogNoOpLogHandler() }
    }

    /// Names the process that has the port, where the error says no more than that one has it.
    func named(_ error: any Error) async -> any Error {
        guard case .portInUse(let port, nil) = error as? InterfaceError else { return error }
        return InterfaceError.portInUse(port, holder: await portHolder(port))
    }

    func owner(of channel: any Channel) async -> UInt32? {
        guard let peer = Endpoint(channel.remoteAddress),
            let local = Endpoint(channel.localAddress)
        else { return nil }
        return await peerOwner(peer, local)
    }

    /// What the refused one is told.
    func envelope(_ refusal: APIGuard.Refusal) -> APIEnvelope {
        let message: String? =
            switch refusal {
            case .secretMissing where secret != nil:
                "send the header api_secret with the text of \(secretPath)"
            case .secretMissing: "only the user that runs the node may ask it"
            default: nil
            }
        return .error("access denied", message: message, reason: refusal.rawValue)
    }
}
