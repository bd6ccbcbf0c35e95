import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import Networking
import Synchronization

/// A strict server of object storage on loopback: it refuses every request that is not signed as
/// it should be, lists few objects at a time, and can be told to answer wrongly.
final class BucketServer: Sendable {
    enum Fault: Sendable, CaseIterable {
        case slowDown, internalError, tooManyRequests
        /// The connection ends before the answer.
        case close
        /// The answer ends before its body does.
        case cutBody
        /// A body that is shorter than what was asked for, and says so.
        case shortBody
        /// The whole object where a part was asked for, as a part.
        case ignoreRange
        /// Another part than was asked for.
        case wrongRange
        case garbage
    }

    struct Reply {
        var status = 200
        var headers: [(String, String)] = []
        var body: [UInt8] = []
        var fault: Fault?

        static func error(_ status: Int, _ code: String) -> Reply {
            Reply(status: status, body: Array("<Error><Code>\(code)</Code></Error>".utf8))
        }
    }

    private struct State {
        var objects: [String: [UInt8]] = [:]
        var faults: [Fault] = []
        var requestCount = 0
        var connectionCount = 0
        var refused: [String] = []
    }

    static let key = AccessKey(id: "TESTKEY", secret: Array("secret/of+tests".utf8))
    /// A token that every request has to show, when there is one; then it is signed too.
    let token = Mutex<String?>(nil)
    static let bucket = "fragments"
    private let signature = RequestSignature(key: key, region: "here")
    private let state = Mutex(State())
    private let time: any TimeSource
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let channel = Mutex<(any Channel)?>(nil)

    init(time: any TimeSource) throws {
        self.time = time
        let channel = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 64)
            .childChannelInitializer { [unowned self] channel in
                state.withLock { $0.connectionCount += 1 }
                return channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(BucketServerHandler(self))
                }
            }
            .bind(host: "127.0.0.1", port: 0).wait()
        self.channel.withLock { $0 = channel }
    }

    func stop() { try? group.syncShutdownGracefully() }

    var endpoint: String { "http://127.0.0.1:\(channel.withLock { $0?.localAddress?.port ?? 0 })" }
    var requestCount: Int { state.withLock { $0.requestCount } }
    var connectionCount: Int { state.withLock { $0.connectionCount } }
    /// Why requests were refused.
    var refused: [String] { state.withLock { $0.refused } }
    var objects: [String: [UInt8]] { state.withLock { $0.objects } }
    func meet(_ faults: [Fault]) { state.withLock { $0.faults = faults } }
    func change(_ key: String, _ body: (inout [UInt8]) -> Void) {
        state.withLock { body(&$0.objects[key, default: []]) }
    }

    // MARK: Answering

    func reply(to head: HTTPRequestHead, _ body: [UInt8]) -> Reply {
        if let flaw = flaw(of: head, body) {
            state.withLock { $0.refused.append(flaw) }
            return .error(403, flaw)
        }
        return state.withLock { state in
            state.requestCount += 1
            let fault = state.faults.isEmpty ? nil : state.faults.removeFirst()
            switch fault {
            case .slowDown: return .error(503, "SlowDown")
            case .internalError: return .error(500, "InternalError")
            case .tooManyRequests: return .error(429, "")
            default: break
            }
            var reply = BucketServer.answer(head, body, &state.objects)
            reply.fault = fault
            return reply
        }
    }

    /// Why a request is not one of the key's; `nil` when it is.
    private func flaw(of head: HTTPRequestHead, _ body: [UInt8]) -> String? {
        guard let sent = head.headers.first(name: "authorization"),
            let names = sent.split(separator: "SignedHeaders=").last?.split(separator: ",").first,
            let moment = head.headers.first(name: "x-amz-date")
        else { return "AccessDenied" }
        let signed = names.split(separator: ";").map(String.init)
        guard ["host", "x-amz-content-sha256", "x-amz-date"].allSatisfy(signed.contains),
            head.headers["range"].isEmpty || signed.contains("range")
        else { return "AccessDenied" }
        let token = token.withLock { $0 }
        guard head.headers.first(name: "x-amz-security-token") == token,
            token == nil || signed.contains("x-amz-security-token")
        else { return token == nil ? "InvalidToken" : "ExpiredToken" }
        let now = String(time.now.description.prefix(10)).filter { $0 != "-" }
        guard moment.hasPrefix(now) else { return "RequestTimeTooSkewed" }
        let hash = body.withUnsafeBytes { RequestSignature.hash([$0]) }
        guard head.headers.first(name: "x-amz-content-sha256") == hash else {
            return "XAmzContentSHA256Mismatch"
        }
        let parts = head.uri.split(separator: "?", maxSplits: 1)
        let query = parts.count > 1 ? BucketServer.query(parts[1]) : []
        let request = RequestSignature.Request(
            head.method.rawValue, String(parts[0]), query: query,
            headers: signed.map { ($0, head.headers.first(name: $0) ?? "") }, bodyHash: hash)
        return signature.authorization(of: request, at: moment) == sent
            ? nil : "SignatureDoesNotMatch"
    }

    private static func answer(
        _ head: HTTPRequestHead, _ body: [UInt8], _ objects: inout [String: [UInt8]]
    ) -> Reply {
        let parts = head.uri.split(separator: "?", maxSplits: 1)
        let path = parts[0].split(separator: "/", maxSplits: 1)
        guard path.first == Substring(bucket) else { return .error(404, "NoSuchBucket") }
        let key = path.count > 1 ? String(path[1]) : ""
        switch head.method {
        case .PUT:
            objects[key] = body
            return Reply()
        case .DELETE:
            objects[key] = nil
            return Reply(status: 204)
        case .GET where key.isEmpty: return list(query(parts.count > 1 ? parts[1] : ""), objects)
        case .GET:
            guard let bytes = objects[key] else { return .error(404, "NoSuchKey") }
            guard let range = head.headers.first(name: "range") else { return Reply(body: bytes) }
            let numbers = range.dropFirst(6).split(separator: "-").compactMap { Int($0) }
            guard numbers.count == 2, numbers[0] < bytes.count else {
                return .error(416, "InvalidRange")
            }
            let end = min(numbers[1] + 1, bytes.count)
            return Reply(
                status: 206,
                headers: [("Content-Range", "bytes \(numbers[0])-\(end - 1)/\(bytes.count)")],
                body: Array(bytes[numbers[0]..<end]))
        default: return .error(405, "MethodNotAllowed")
        }
    }

    /// Three at a time, whatever is asked for.
    private static func list(
        _ query: [(name: String, value: String)], _ objects: [String: [UInt8]]
    ) -> Reply {
        let prefix = query.first { $0.name == "prefix" }?.value ?? ""
        let after = query.first { $0.name == "continuation-token" }?.value ?? ""
        let keys = objects.keys.filter { $0.hasPrefix(prefix) && "<\($0)" > after }.sorted()
        let page = keys.prefix(3)
        let entries = page.map {
            "<Contents><Key>\($0)</Key><Size>\(objects[$0]?.count ?? 0)</Size></Contents>"
        }
        let isLast = page.count == keys.count
        let next = isLast ? "" : "<NextContinuationToken>&lt;\(page.last!)</NextContinuationToken>"
        return Reply(
            body: Array(
                """
                <?xml version="1.0"?><ListBucketResult xmlns="x"><Name>\(bucket)</Name>\
                \(entries.joined())<IsTruncated>\(!isLast)</IsTruncated>\(next)\
                </ListBucketResult>
                """.utf8))
    }

    private static func query(_ text: Substring) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            bytes.append(UInt8(String(rest.prefix(2)) ?? "", radix: 16) ?? 0)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Takes whole requests and sends what the server says, or what its fault makes of that.
final class BucketServerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let server: BucketServer
    private var head: HTTPRequestHead?
    private var body: [UInt8] = []

    init(_ server: BucketServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, body) = (head, [])
        case .body(let bytes): body += bytes.readableBytesView
        case .end:
            guard let head else { return }
            send(server.reply(to: head, body), context)
        }
    }

    private func send(_ reply: BucketServer.Reply, _ context: ChannelHandlerContext) {
        var (reply, length) = (reply, reply.body.count)
        switch reply.fault {
        case .close: return context.close(promise: nil)
        case .garbage:
            reply.body = Array("<html>welcome</html>".utf8)
            length = reply.body.count
            reply.headers = []
        case .cutBody: reply.body = Array(reply.body.prefix(length / 2))
        case .shortBody:
            reply.body = Array(reply.body.prefix(length / 2))
            length = reply.body.count
        case .ignoreRange:
            reply.body += [1, 2, 3]
            length += 3
        case .wrongRange:
            reply.headers = [("Content-Range", "bytes 1-\(length)/\(length + 9)")]
        default: break
        }
        var headers = HTTPHeaders(reply.headers)
        if reply.status != 204 { headers.add(name: "Content-Length", value: "\(length)") }
        let head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: reply.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(
            wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: reply.body)))), promise: nil)
        guard reply.fault != .cutBody else {
            context.flush()
            return context.close(promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}
