internal import Model
internal import NIOCore
internal import NIOPosix

/// A TCP connection of ours that a session is put on: to the peer, or to a router that joins it to
/// the peer's.
struct OutgoingConnection {
    let target: Endpoint
    /// What the router is shown; `nil` for a connection to the peer.
    var pass: SplicePass?
    let threads: NetworkThreads
    /// For connection and handshake together.
    let deadline: Duration

    /// Cancelling the task gives the connection up at once.
    ///
    /// - Parameter shakeHands: puts TLS and the session on the channel, on its thread; nothing of
    ///   the peer's has been read.
    /// - Throws: ``SessionError``.
    func open(
        shakeHands: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Session>
    ) async throws(SessionError) -> Session {
        let loop = threads.group.next()
        let givenUp = loop.makePromise(of: Void.self)
        defer { givenUp.fail(CancellationError()) }
        let result: Result<Session, SessionError> = await withTaskCancellationHandler {
            do throws(SessionError) {
                return .success(try await open(on: loop, givenUp.futureResult, shakeHands))
            } catch {
                return .failure(Task.isCancelled ? .cancelled : error)
            }
        } onCancel: {
            givenUp.succeed()
        }
        return try result.get()
    }

    private func open(
        on loop: any EventLoop, _ givenUp: EventLoopFuture<Void>,
        _ shakeHands: @escaping @Sendable (any Channel) throws -> EventLoopFuture<Session>
    ) async throws(SessionError) -> Session {
        // A deadline of the adapter itself: nothing but this socket depends on it.
        let end = NIODeadline.now() + TimeAmount(deadline)
        let channel = try await connect(on: loop, givenUp)
        let timer = loop.scheduleTask(deadline: end) { channel.close(promise: nil) }
        defer { timer.cancel() }
        do {
            return try await loop.flatSubmit { [pass] in
                do {
                    // Flushed at once: TLS, as listener, keeps what comes after it.
                    if let preface = pass?.preface {
                        channel.writeAndFlush(ByteBuffer(bytes: preface), promise: nil)
                    }
                    let session = try shakeHands(channel)
                    channel.setOption(.autoRead, value: true).whenFailure { _ in }
                    return session
                } catch {
                    channel.close(promise: nil)
                    return loop.makeFailedFuture(error)
                }
            }.get()
        } catch {
            guard NIODeadline.now() < end else { throw .timedOut }
            throw error as? SessionError ?? .handshakeFailed
        }
    }

    private func connect(
        on loop: any EventLoop, _ givenUp: EventLoopFuture<Void>
    ) async throws(SessionError) -> any Channel {
        do {
            return try await ClientBootstrap(group: loop)
                .connectTimeout(TimeAmount(min(deadline, Limits.connectDeadline)))
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(.recvAllocator, value: SessionSockets.receiveAllocator)
                .channelOption(SessionSockets.unsentMax, value: SessionSockets.unsentLength)
                .channelOption(.maxMessagesPerRead, value: 1)
                // Nothing is read before TLS is there to read it.
                .channelOption(.autoRead, value: false)
                .channelInitializer { channel in
                    givenUp.whenSuccess { channel.close(promise: nil) }
                    return channel.eventLoop.makeSucceededVoidFuture()
                }
                .connect(to: SocketAddresses.library(target)).get()
        } catch {
            throw .network(NetworkError(connecting: target, error))
        }
    }
}
