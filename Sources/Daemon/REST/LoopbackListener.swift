internal import Glibc
internal import HummingbirdCore
internal import Model
internal import NIOCore
internal import NIOPosix

/// Why the interface does not listen.
package enum InterfaceError: Error, Hashable, Sendable {
    /// Another process has the port; its name where anyone can tell.
    case portInUse(UInt16, holder: String?)
    /// Ports below 1024 are for the administrator.
    case portNotAllowed(UInt16)
    case system(errno: Int32)
}

/// One port on 127.0.0.1 and on ::1.
///
/// Both or none: `localhost` may mean either, and a stranger who has one of them would be sent what
/// is meant for us. Only where the machine has no IPv6 there is one.
struct LoopbackListener<Connection: Sendable>: Sendable {
    let port: UInt16
    private let listening: [NIOAsyncChannel<Connection, Never>]

    /// - Parameters:
    ///   - port: zero for one that the system chooses.
    ///   - connectionCountMax: for each address; more wait in the kernel's queue.
    ///   - setup: what makes a channel a connection, on its event loop.
    /// - Throws: ``InterfaceError``.
    init(
        port: UInt16, connectionCountMax: Int, group: any EventLoopGroup,
        setup: @escaping @Sendable (any Channel) -> EventLoopFuture<Connection>
    ) async throws {
        // A port that the system chose on one address may be taken on the other: choose again.
        var attempts = port == 0 ? 16 : 1
        while true {
            do {
                listening = try await LoopbackListener.bind(
                    port: port, connectionCountMax: connectionCountMax, group: group, setup: setup)
                break
            } catch let error as IOError {
                attempts -= 1
                guard attempts == 0 || error.errnoCode != EADDRINUSE else { continue }
                throw InterfaceError(error, port: port)
            }
        }
        self.port = UInt16(listening[0].channel.localAddress?.port ?? 0)
    }

    /// Handles connections until ``close()``, or until the task is cancelled; then those that are
    /// open are cancelled as well, and this returns when all have ended.
    func serve(_ handle: @escaping @Sendable (Connection) async -> Void) async {
        await withDiscardingTaskGroup { group in
            for channel in listening {
                group.addTask {
                    await withDiscardingTaskGroup { connections in
                        // Fails when the listening socket does: then there is nothing to accept.
                        try? await channel.executeThenClose { inbound in
                            for try await connection in inbound {
                                connections.addTask { await handle(connection) }
                            }
                        }
                    }
                }
            }
        }
    }

    /// Takes no more connections; those that are open go on.
    func close() async {
        for channel in listening { try? await channel.channel.close() }
    }

    @concurrent private static func bind(
        port: UInt16, connectionCountMax: Int, group: any EventLoopGroup,
        setup: @escaping @Sendable (any Channel) -> EventLoopFuture<Connection>
    ) async throws -> [NIOAsyncChannel<Connection, Never>] {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AvailableConnectionsChannelHandler<MaximumAvailableConnections>(
                            maxConnections: connectionCountMax))
                }
            }
        let first = try await bootstrap.bind(
            host: "127.0.0.1", port: Int(port), childChannelInitializer: setup)
        do {
            let second = try await bootstrap.bind(
                host: "::1", port: first.channel.localAddress?.port ?? Int(port),
                childChannelInitializer: setup)
            return [first, second]
        } catch let error as IOError
            where [EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode)
        {
            return [first]
        } catch {
            try? await first.channel.close()
            throw error
        }
    }
}

extension InterfaceError {
    fileprivate init(_ error: IOError, port: UInt16) {
        switch error.errnoCode {
        case EADDRINUSE: self = .portInUse(port, holder: nil)
        case EACCES, EPERM: self = .portNotAllowed(port)
        case let code: self = .system(errno: code)
        }
    }
}

extension Endpoint {
    /// `nil` for unix sockets and for what has no address any more.
    init?(_ address: SocketAddress?) {
        // The kernel writes a scope after link-local addresses, which loopback ones are not.
        guard let text = address?.ipAddress, let port = address?.port.flatMap(UInt16.init),
            let address = IPAddress(text)
        else { return nil }
        self.init(address, port: port)
    }
}
