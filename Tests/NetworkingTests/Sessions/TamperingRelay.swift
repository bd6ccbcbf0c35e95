import Model
import NIOCore
import NIOPosix
import Synchronization

@testable import Networking

/// A man in the middle: takes one connection after the other, passes the bytes on to a listener
/// and does to them what a test says.
final class TamperingRelay: Sendable {
    enum Direction: Sendable {
        case toListener
        case toDialler
    }

    /// What becomes of one byte of the stream, counted from its start in each direction.
    enum Damage: Sendable {
        case none
        case flip(Direction, offset: Int, bit: Int)
        /// Ends the connection before this byte.
        case cut(Direction, offset: Int)
        /// Leaves out so many bytes.
        case drop(Direction, offset: Int, count: Int)
        /// Sends the last so many bytes before this one twice.
        case repeatBytes(Direction, offset: Int, count: Int)
        /// Passes nothing on from here, and keeps the connection.
        case hold(Direction, offset: Int)
    }

    let endpoint: Endpoint
    private let channel: any Channel
    private let record: Seen

    private init(endpoint: Endpoint, channel: any Channel, record: Seen) {
        self.endpoint = endpoint
        self.channel = channel
        self.record = record
    }

    /// Bytes that have come for `direction`, before any damage.
    func bytes(_ direction: Direction) -> [UInt8] { record.bytes(direction) }

    static func open(
        to target: Endpoint, _ damage: Damage = .none
    ) async throws -> TamperingRelay {
        let record = Seen()
        let channel = try await ServerBootstrap(group: testThreads.group)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { inner in
                let address = try? SocketAddresses.library(target)
                guard let address else {
                    return inner.eventLoop.makeFailedFuture(NetworkError.closed)
                }
                return ClientBootstrap(group: inner.eventLoop)
                    .channelOption(.autoRead, value: false)
                    .connect(to: address)
                    .flatMap { outer in
                        join(inner, outer, damage, record)
                    }
            }
            .bind(to: SocketAddresses.library(loopback)).get()
        return TamperingRelay(
            endpoint: SocketAddresses.endpoint(channel.localAddress)!, channel: channel,
            record: record)
    }

    private static func join(
        _ inner: any Channel, _ outer: any Channel, _ damage: Damage, _ record: Seen
    ) -> EventLoopFuture<Void> {
        let loop = inner.eventLoop
        return loop.makeCompletedFuture {
            try inner.pipeline.syncOperations.addHandler(
                Passing(.toListener, to: outer, damage, record))
            try outer.pipeline.syncOperations.addHandler(
                Passing(.toDialler, to: inner, damage, record))
        }.flatMap {
            inner.setOption(.autoRead, value: true).and(outer.setOption(.autoRead, value: true))
                .map { _ in }
        }
    }

    func close() async { try? await channel.close() }

    final class Seen: Sendable {
        private let state = Mutex<(toListener: [UInt8], toDialler: [UInt8])>(([], []))

        func append(_ bytes: [UInt8], _ direction: Direction) -> Int {
            state.withLock { state in
                switch direction {
                case .toListener:
                    state.toListener += bytes
                    return state.toListener.count - bytes.count
                case .toDialler:
                    state.toDialler += bytes
                    return state.toDialler.count - bytes.count
                }
            }
        }

        func bytes(_ direction: Direction) -> [UInt8] {
            state.withLock { direction == .toListener ? $0.toListener : $0.toDialler }
        }
    }
}

private final class Passing: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let direction: TamperingRelay.Direction
    private let other: any Channel
    private let damage: TamperingRelay.Damage
    private let record: TamperingRelay.Seen
    private var last: [UInt8] = []

    init(
        _ direction: TamperingRelay.Direction, to other: any Channel,
        _ damage: TamperingRelay.Damage, _ record: TamperingRelay.Seen
    ) {
        self.direction = direction
        self.other = other
        self.damage = damage
        self.record = record
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(buffer: unwrapInboundIn(data))
        let start = record.append(bytes, direction)
        guard let passed = damaged(bytes, from: start) else { return }
        if !passed.bytes.isEmpty {
            other.writeAndFlush(ByteBuffer(bytes: passed.bytes), promise: nil)
        }
        if passed.isEnd {
            other.close(promise: nil)
            context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) { other.close(promise: nil) }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    /// What is passed on of `bytes`, the first of which is byte `start`; `nil` for nothing.
    private func damaged(_ bytes: [UInt8], from start: Int) -> (bytes: [UInt8], isEnd: Bool)? {
        defer { last = Array((last + bytes).suffix(4096)) }
        let end = start + bytes.count
        func place(_ offset: Int) -> Int? {
            (start..<end).contains(offset) ? offset - start : nil
        }
        var changed = bytes
        switch damage {
        case .flip(direction, let offset, let bit):
            if let place = place(offset) { changed[place] ^= 1 << bit }
        case .cut(direction, let offset):
            if let place = place(offset) { return (Array(bytes[..<place]), true) }
        case .drop(direction, let offset, let count):
            if let place = place(offset) {
                changed.removeSubrange(place..<min(bytes.count, place + count))
            }
        case .repeatBytes(direction, let offset, let count):
            if let place = place(offset) {
                let before = (last + bytes[..<place]).suffix(count)
                changed.insert(contentsOf: before, at: place)
            }
        case .hold(direction, let offset):
            if end > offset { return nil }
        default: break
        }
        return (changed, false)
    }
}
