internal import Glibc
internal import HummingbirdCore
internal import Model
internal import NIOCore
internal import NIOPosix
internal import Synchronization

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
final class LoopbackListener: Sendable {
    /// Makes a channel a connection, on its event loop; what comes out handles it until it ends.
    typealias Setup = @Sendable (any Channel) -> EventLoopFuture<@Sendable () async -> Void>

    let port: UInt16
    private let listening: [any Channel]
    private let connections: ConnectionTasks
    private let setup: SetupBox

    /// Has the port, and accepts nothing yet.
    ///
    /// - Parameters:
    ///   - port: zero for one that the system chooses.
    ///   - connectionCountMax: for each address; more wait in the kernel's queue.
    /// - Throws: ``InterfaceError``.
    init(port: UInt16, connectionCountMax: Int, group: any EventLoopGroup) async throws {
        let (setup, connections) = (SetupBox(), ConnectionTasks())
        // A port that the system chose on one address may be taken on the other: choose again.
        var attempts = port == 0 ? 16 : 1
        while true {
            do {
                listening = try await LoopbackListener.bind(port, on: group) { server in
                    try server.pipeline.syncOperations.addHandler(
                        AvailableConnectionsChannelHandler<MaximumAvailableConnections>(
                            maxConnections: connectionCountMax))
                } accept: { channel in
                    setup.run(channel, connections)
                }
                break
            } catch let error as IOError {
                attempts -= 1
                guard attempts == 0 || error.errnoCode != EADDRINUSE else { continue }
                throw InterfaceError(error, port: port)
            }
        }
        self.setup = setup
        self.connections = connections
        self.port = UInt16(listening[0].localAddress?.port ?? 0)
    }

    func start(_ setup: @escaping Setup) async throws {
        self.setup.value.withLock { $0 = setup }
        for channel in listening { try await channel.setOption(.autoRead, value: true).get() }
    }

    /// Takes no more connections; those that are open go on.
    func close() async {
        for channel in listening { try? await channel.close() }
    }

    /// Cancels the tasks that handle connections, and returns when all have ended.
    func cancel() async {
        connections.cancel()
        await connections.none()
    }

    @concurrent private static func bind(
        _ port: UInt16, on group: any EventLoopGroup,
        listen: @escaping @Sendable (any Channel) throws -> Void,
        accept: @escaping @Sendable (any Channel) -> EventLoopFuture<Void>
    ) async throws -> [any Channel] {
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.autoRead, value: false)
            .serverChannelOption(.backlog, value: 64)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .serverChannelInitializer { server in
                server.eventLoop.makeCompletedFuture { try listen(server) }
            }
            .childChannelInitializer(accept)
        let first = try await bootstrap.bind(host: "127.0.0.1", port: Int(port)).get()
        do {
            let chosen = first.localAddress?.port ?? Int(port)
            return [first, try await bootstrap.bind(host: "::1", port: chosen).get()]
        } catch let error as IOError
            where [EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.errnoCode)
        {
            return [first]
        } catch {
            try? await first.close()
            throw error
        }
    }
}

/// How connections are set up, once the port is known.
private final class SetupBox: Sendable {
    let value = Mutex<LoopbackListener.Setup?>(nil)

    func run(_ channel: any Channel, _ connections: ConnectionTasks) -> EventLoopFuture<Void> {
        guard let setup = value.withLock({ $0 }) else {
            return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
        }
        return setup(channel).map { connections.run($0) }
    }
}

/// One task for each connection. A connection that was set up is always handled, if only to be
/// ended: its parts must be told that nothing comes any more.
private final class ConnectionTasks: Sendable {
    private struct State {
        var next = 0
        var tasks: [Int: Task<Void, Never>] = [:]
        var isCancelled = false
    }

    private let state = Mutex(State())
    private let running = RunningRequests()

    func run(_ connection: @escaping @Sendable () async -> Void) {
        running.began()
        let (task, isCancelled) = state.withLock { state in
            let number = state.next
            state.next += 1
            let task = Task {
                await connection()
                self.state.withLock { state in state.tasks[number] = nil }
                self.running.ended()
            }
            state.tasks[number] = task
            return (task, state.isCancelled)
        }
        if isCancelled { task.cancel() }
    }

    func cancel() {
        let tasks = state.withLock { state in
            state.isCancelled = true
            return Array(state.tasks.values)
        }
        for task in tasks { task.cancel() }
    }

    func none() async {
        await running.none()
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
