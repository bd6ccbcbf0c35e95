package import NIOCore
internal import NIOPosix

/// The threads that wait for sockets; one serves a whole node.
///
/// Handlers of arriving datagrams run on them and must not block.
package struct NetworkThreads: Sendable {
    /// The same threads for the REST server, which is built on the same library.
    package var group: any EventLoopGroup { threads }

    private let threads: MultiThreadedEventLoopGroup

    package init(count: Int = 1) {
        threads = MultiThreadedEventLoopGroup(numberOfThreads: count)
    }

    /// Ends the threads. Everything opened on them must be closed before.
    package func stop() async {
        // Fails only when they were stopped before.
        try? await threads.shutdownGracefully()
    }
}
