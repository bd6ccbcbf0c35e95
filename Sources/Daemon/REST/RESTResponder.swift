internal import APIModel
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import Model
internal import NIOCore

/// Answers one request after another: guard, route, parameters, handler, envelope.
struct RESTResponder: Sendable {
    /// What is sent: a status, and either bytes or a stream of events.
    private enum Reply {
        case envelope(APIEnvelope, status: HTTPResponse.Status = .ok)
        case document(APIValue)
        case events(since: UInt64?)
    }

    private let parts: InterfaceParts
    private let `guard`: APIGuard
    private let running: RunningRequests

    init(parts: InterfaceParts, port: UInt16, running: RunningRequests) {
        self.parts = parts
        self.running = running
        `guard` = APIGuard(ownUID: parts.ownUID, secret: parts.secret, port: port)
    }

    @concurrent func respond(
        to request: Request, with writer: consuming ResponseWriter, on channel: any Channel
    ) async throws {
        let start = parts.time.uptime
        let (path, query) = RESTResponder.split(request.head.path ?? "")
        let match = RouteTable.match(verb: request.method.rawValue, path: path)
        if let refusal = await refusal(of: request, match, on: channel) {
            parts.logger.notice(
                "refused a request", metadata: ["reason": "\(refusal.rawValue)"])
            let status = HTTPResponse.Status(code: refusal.statusCode)
            let reply = Reply.envelope(parts.envelope(refusal), status: status)
            return try await send(reply, to: request, with: writer, since: start)
        }
        guard case .route(let route, let argument) = match, route.waits else {
            running.began()
            defer { running.ended() }
            let reply = await reply(to: request, match, path: path, query: query)
            return try await send(reply, to: request, with: writer, since: start)
        }
        let isQuery = request.method == .get
        let answer: @Sendable (RequestBody) async -> Reply = { body in
            await self.answer(route, argument, isQuery: isQuery, query: query, body: body)
        }
        if route.id == "event/stream" {
            let reply = await answer(request.body)
            return try await send(reply, to: request, with: writer, since: start, isLast: true)
        }
        running.began()
        defer { running.ended() }
        // The connection ends with the answer: watching it has taken what may come next.
        let reply = try await waiting(request.body, answer)
        try await send(reply, to: request, with: writer, since: start, isLast: true)
    }

    /// Who hangs up cancels the waiting; so does the end of the server, which still answers.
    private func waiting(
        _ body: RequestBody, _ answer: @escaping @Sendable (RequestBody) async -> Reply
    ) async throws -> Reply {
        try await body.consumeWithCancellationOnInboundClose { body in
            let task = Task { await answer(body) }
            let number = running.waits { task.cancel() }
            defer { running.waitsNoMore(number) }
            return await withTaskCancellationHandler {
                await task.value
            } onCancel: {
                task.cancel()
            }
        }
    }

    // MARK: Who

    private func refusal(
        of request: Request, _ match: RouteTable.Match, on channel: any Channel
    ) async -> APIGuard.Refusal? {
        guard let peer = Endpoint(channel.remoteAddress) else { return .notLoopback }
        var call = APICall(peer: peer.address, peerUID: await parts.owner(of: channel))
        let headers = request.headers
        call.method = request.method.rawValue
        call.host = request.head.authority
        call.origin = headers[.origin]
        call.site = headers.value("sec-fetch-site")
        call.userAgent = headers[.userAgent]
        call.contentType = headers[.contentType]
        call.secret = headers.value("api_secret")
        if case .route(let route, _) = match { call.changesState = route.changesState }
        return `guard`.refusal(of: call)
    }

    // MARK: What

    private func reply(
        to request: Request, _ match: RouteTable.Match, path: String, query: String
    ) async -> Reply {
        guard (request.head.path ?? "").utf8.count <= Limits.requestTargetLengthMax else {
            return .envelope(.error("the address is too long"), status: .uriTooLong)
        }
        switch match {
        case .unknown: return .envelope(.error("path '\(path)' not found"))
        case .otherVerb:
            return .envelope(.error("method \(request.method.rawValue):\(path) was not found"))
        case .route(let route, let argument):
            return await answer(
                route, argument, isQuery: request.method == .get, query: query,
                body: request.body)
        }
    }

    private func answer(
        _ route: Route, _ argument: String?, isQuery: Bool, query: String, body: RequestBody
    ) async -> Reply {
        do {
            let request: APIRequest
            if isQuery {
                request = try APIRequest(route, argument: argument, query: query)
            } else {
                let bytes = try await body.collect(upTo: Limits.requestBodyLengthMax)
                request = try APIRequest(
                    route, argument: argument, body: Array(bytes.readableBytesView))
            }
            switch route.id {
            case "event/stream": return .events(since: request.integer("since").map(UInt64.init))
            case "api/openapi": return .document(OpenAPIDocument.value(version: "1"))
            default: return .envelope(await parts.handler.answer(request))
            }
        } catch let error as RequestError {
            return .envelope(error.envelope)
        } catch is NIOTooManyBytesError {
            let text = "the body is longer than \(Limits.requestBodyLengthMax) bytes"
            return .envelope(.error(text), status: .contentTooLarge)
        } catch {
            return .envelope(.error("the body ended early"), status: .badRequest)
        }
    }

    // MARK: Sending

    @concurrent private func send(
        _ reply: Reply, to request: Request, with writer: consuming ResponseWriter,
        since start: UInt64, isLast: Bool = false
    ) async throws {
        var head = HTTPResponse(status: .ok, headerFields: RESTResponder.headers)
        if isLast { head.headerFields[.connection] = "close" }
        let bytes: [UInt8]
        switch reply {
        case .envelope(let envelope, let status):
            head.status = status
            bytes = envelope.printed(after: parts.time.uptime &- start)
        case .document(let value): bytes = value.printed
        case .events(let since):
            head.headerFields[.contentType] = "text/event-stream"
            return try await stream(since: since, head, request.body, with: writer)
        }
        head.headerFields[.contentLength] = String(bytes.count)
        let isHead = request.method == .head
        let body = isHead ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        try await writer.write(response: head, body: body)
    }

    /// Writes events until the other side hangs up, or has fallen too far behind.
    @concurrent private func stream(
        since: UInt64?, _ head: HTTPResponse, _ body: RequestBody,
        with writer: consuming ResponseWriter
    ) async throws {
        let events = parts.events
        let subscription = await events.subscribe(since: since)
        var lines = try await writer.writeHead(head)
        do {
            while !Task.isCancelled {
                let next = await events.next(
                    subscription, timeoutSeconds: Limits.eventHeartbeatSeconds)
                guard let next else { break }
                let bytes = next.isEmpty ? Array(":\n\n".utf8) : next.flatMap(\.serverSent)
                try await lines.write(ByteBuffer(bytes: bytes))
            }
        } catch {
            // Nobody reads any more.
            await events.close(subscription)
            throw error
        }
        await events.close(subscription)
        try await lines.finish(nil)
    }

    /// No page may read an answer, keep it, or take it for anything but what it is.
    private static let headers: HTTPFields = [
        .contentType: "application/json", .cacheControl: "no-store",
        .xContentTypeOptions: "nosniff", .contentSecurityPolicy: "sandbox; frame-ancestors 'none'",
        .crossOriginResourcePolicy: "same-origin",
    ]

    /// Path and query of a request's target.
    private static func split(_ target: String) -> (path: String, query: String) {
        let end = target.firstIndex(of: "?") ?? target.endIndex
        return (String(target[..<end]), String(target[end...].dropFirst()))
    }
}

extension HTTPFields {
    /// The value of a header by its name in small letters.
    fileprivate func value(_ name: String) -> String? {
        first { $0.name.canonicalName == name }?.value
    }
}
