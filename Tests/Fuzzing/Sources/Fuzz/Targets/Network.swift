internal import Model
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1

@testable internal import Networking

// What comes from sockets.

extension FuzzTarget {
    static let network = [
        FuzzTarget(name: "tcp-frame", run: cutFrames),
        FuzzTarget(name: "http-request", run: readRequests),
        FuzzTarget(name: "socket-table", fixtures: ["socket-table"]) { bytes in
            _ = SocketTable.entries(of: String(decoding: bytes, as: UTF8.self))
        },
        FuzzTarget(name: "session-frame", fixtures: ["session"]) { bytes in
            var parser = SessionFrameParser()
            parser.append(ByteBuffer(bytes: bytes))
            while let part = try? parser.next() { withExtendedLifetime(part) {} }
            parser.settle()
            demand(parser.keptByteCount <= bytes.count, "no more is kept than has come")
        },
        FuzzTarget(name: "router-request") { bytes in
            recode(
                summed("BDROUT01", bytes), decode: { try RouterRequest($0) },
                encode: { $0.encoded() })
        },
        FuzzTarget(name: "router-response") { bytes in
            recode(
                summed("BDROTR01", bytes), decode: { try RouterResponse($0) },
                encode: { $0.encoded() })
        },
    ]

    /// However a stream is cut, the same frames come out of it.
    private static func cutFrames(_ bytes: [UInt8]) {
        guard let step = bytes.first.map({ Int($0) + 1 }) else { return }
        let stream = bytes.dropFirst()
        var whole = FrameParser(bodyLengthMax: 300)
        let expected = try? whole.take(stream)
        var parser = FrameParser(bodyLengthMax: 300)
        var found: [[UInt8]] = []
        for start in stride(from: stream.startIndex, to: stream.endIndex, by: step) {
            guard let bodies = try? parser.take(stream[start..<min(start + step, stream.endIndex)])
            else {
                demand(expected == nil, "a length is too long however the stream is cut")
                return
            }
            demand(bodies.allSatisfy { $0.count <= 300 }, "no body is longer than the limit")
            found += bodies
        }
        demand(expected == found, "the same frames come out however the stream is cut")
    }

    /// The server's parser, its limits and what it makes of a head.
    private static func readRequests(_ bytes: [UInt8]) {
        let channel = EmbeddedChannel()
        let reader = RequestReader()
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 300
        limits.maxHeaderListSize = 500
        limits.maxHeaderFieldCount = 8
        do {
            try channel.pipeline.syncOperations.addHandlers([
                ByteBudget(4000),
                ByteToMessageHandler(
                    HTTPRequestDecoder(
                        leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)),
                reader,
            ])
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
            let cut = bytes.first.map { min(bytes.count, Int($0)) } ?? 0
            try channel.writeInbound(ByteBuffer(bytes: bytes.dropFirst().prefix(cut)))
            try channel.writeInbound(ByteBuffer(bytes: bytes.dropFirst().dropFirst(cut)))
        } catch {
            // Refused.
        }
        _ = try? channel.finish(acceptAlreadyClosed: true)
    }
}

private final class RequestReader: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let head) = unwrapInboundIn(data),
            let request = try? RequestHead(head, bodyLengthMax: 1000)
        else { return }
        demand(request.path.hasPrefix("/"), "a path starts with a slash")
        demand(
            request.path.utf8.count <= Limits.targetLengthMax, "a path is not longer than allowed")
        demand(
            request.headers.fields.allSatisfy { field in
                field.value.utf8.allSatisfy { $0 >= 32 || $0 == 9 }
            }, "no field holds the end of a line")
    }
}
