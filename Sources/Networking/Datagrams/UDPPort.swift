internal import Glibc
package import Model
internal import NIOCore
internal import NIOPosix

/// A UDP socket: many datagrams in one read, handed on together.
package final class UDPPort: DatagramPort {
    package let localEndpoint: Endpoint

    private let socket: DatagramSocket
    private let channel: any Channel

    private init(localEndpoint: Endpoint, socket: DatagramSocket, channel: any Channel) {
        self.localEndpoint = localEndpoint
        self.socket = socket
        self.channel = channel
    }

    /// Binds to `endpoint`; port 0 takes a free one, `[::]` takes IPv4 too.
    ///
    /// - Throws: ``NetworkError/portInUse(_:)``, ``NetworkError/portNotAllowed(_:)``,
    ///   ``NetworkError/addressNotHere(_:)`` or ``NetworkError/system(errno:)``.
    package static func open(
        at endpoint: Endpoint, threads: NetworkThreads, arrived: @escaping DatagramHandler
    ) async throws(NetworkError) -> UDPPort {
        let descriptor = try DatagramSocket.bound(to: endpoint)
        let isIPv6 = if case .v6 = endpoint.address { true } else { false }
        let socket: DatagramSocket
        do {
            socket = try DatagramSocket(sendingThrough: descriptor, isIPv6: isIPv6)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
        let count = Limits.datagramsPerRead
        let bootstrap = DatagramBootstrap(group: threads.group)
            .channelOption(.datagramVectorReadMessageCount, value: count)
            .channelOption(.maxMessagesPerRead, value: 8)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(
                    capacity: count * DatagramReader.slotLength)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        DatagramReader(socket: socket, arrived: arrived))
                }
            }
        do {
            // From here on the library owns the descriptor.
            let channel = try await bootstrap.withBoundSocket(descriptor).get()
            guard let local = SocketAddresses.endpoint(channel.localAddress) else {
                throw NetworkError.closed
            }
            return UDPPort(localEndpoint: local, socket: socket, channel: channel)
        } catch {
            throw NetworkError(binding: endpoint, error)
        }
    }

    package var counts: DatagramCounts { socket.counts }

    package func send(_ bytes: [UInt8], to endpoint: Endpoint) {
        socket.send(bytes, to: endpoint)
    }

    package func close() async {
        socket.close()
        // Fails only when it is closed already.
        try? await channel.close()
    }
}

/// Gathers what one wake-up of the thread reads.
private final class DatagramReader: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    /// One byte more than is allowed tells what is too long.
    static let slotLength = Limits.datagramLengthMax + 1

    private let socket: DatagramSocket
    private let arrived: DatagramHandler
    private var gathered: [Datagram] = []
    private var tooLongCount = 0

    init(socket: DatagramSocket, arrived: @escaping DatagramHandler) {
        self.socket = socket
        self.arrived = arrived
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let envelope = unwrapInboundIn(data)
        guard envelope.data.readableBytes <= Limits.datagramLengthMax else {
            tooLongCount += 1
            return
        }
        guard let peer = SocketAddresses.endpoint(envelope.remoteAddress) else { return }
        gathered.append(Datagram(Array(envelope.data.readableBytesView), peer: peer))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        socket.count(received: gathered.count, tooLong: tooLongCount)
        tooLongCount = 0
        guard !gathered.isEmpty else { return }
        arrived(gathered)
        gathered.removeAll(keepingCapacity: true)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Such as the refusal of a datagram sent earlier: of no interest to those that arrive.
    }
}
