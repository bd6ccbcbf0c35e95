package import Model
internal import NIOCore

/// A small HTTP/1.1 client: one exchange, one connection, one deadline for all of it.
package struct HTTPClient: Sendable {
    package struct Request: Sendable {
        package var method: RequestMethod
        package var url: WebURL
        /// `Host`, `Content-Length` and `Connection` are the client's.
        package var headers: HeaderFields
        package var body: [UInt8]
        /// For everything: finding the address, connecting, redirects, the last byte.
        package var deadline = Limits.exchangeDeadline
        /// For the connection to one address.
        package var connectDeadline = Limits.connectDeadline
        package var responseBodyLengthMax = Limits.responseBodyLengthMax
        /// Followed for GET and HEAD; with 0 the redirect itself is the response.
        package var redirectCountMax = Limits.redirectCountMax

        package init(
            _ method: RequestMethod, _ url: WebURL, headers: HeaderFields = [:], body: [UInt8] = []
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
        }
    }

    package struct Response: Equatable, Sendable {
        package let status: Int
        package let headers: HeaderFields
        package let body: [UInt8]
    }

    package enum Failure: Error, Equatable, Sendable {
        case nameNotFound(String)
        case addressNotAllowed(IPAddress)
        case refused(Endpoint)
        case unreachable(Endpoint)
        case timedOut
        case cancelled
        /// The connection ended before the response did.
        case cutOff
        case tooLarge(limit: Int)
        /// Not HTTP/1.
        case malformed
        case badRedirect(String)
        case tooManyRedirects(limit: Int)
        case system(errno: Int32)
    }

    private let threads: NetworkThreads
    private let resolver: any NameResolver
    private let silence: SilentEndpoints?
    private let mayConnect: @Sendable (IPAddress) -> Bool

    /// - Parameters:
    ///   - silence: endpoints in it are not asked, and those that do not answer go there.
    ///   - mayConnect: refuses addresses, after the name was resolved and for each redirect
    ///     again. URLs from documents of others must not reach into the local network.
    package init(
        threads: NetworkThreads, resolver: any NameResolver, silence: SilentEndpoints? = nil,
        mayConnect: @escaping @Sendable (IPAddress) -> Bool
    ) {
        self.silence = silence
        self.threads = threads
        self.resolver = resolver
        self.mayConnect = mayConnect
    }

    package func send(_ request: Request) async throws(Failure) -> Response {
        // A deadline of the adapter itself: it concerns nothing but this exchange's sockets.
        let deadline = NIODeadline.now() + TimeAmount(request.deadline)
        var request = request
        for _ in 0...max(0, request.redirectCountMax) {
            let endpoints = try await endpoints(of: request.url, until: deadline)
            let response = try await exchange(request, with: endpoints, until: deadline)
            guard request.redirectCountMax > 0, request.method == .get || request.method == .head,
                [301, 302, 303, 307, 308].contains(response.status),
                let location = response.headers["Location"]
            else { return response }
            guard let next = request.url.redirected(to: location) else {
                throw .badRedirect(location)
            }
            request.url = next
        }
        throw .tooManyRedirects(limit: request.redirectCountMax)
    }

    /// Where the host is, without the addresses that are not allowed.
    private func endpoints(
        of url: WebURL, until deadline: NIODeadline
    ) async throws(Failure) -> [Endpoint] {
        let found: [IPAddress]
        switch url.host {
        case .address(let address): found = [address]
        case .name(let name): found = try await addresses(of: name, until: deadline)
        }
        let allowed = found.filter(mayConnect)
        guard !allowed.isEmpty else {
            throw found.first.map { .addressNotAllowed($0) } ?? .nameNotFound(url.authority)
        }
        return allowed.map { Endpoint($0, port: url.port) }
    }

    /// A resolver may block longer than the deadline; then it goes on without us.
    private func addresses(
        of name: String, until deadline: NIODeadline
    ) async throws(Failure) -> [IPAddress] {
        let promise = threads.group.next().makePromise(of: [IPAddress].self)
        let resolver = resolver
        let asking = Task {
            do {
                promise.succeed(try await resolver.addresses(of: name))
            } catch {
                promise.fail(Failure.nameNotFound(name))
            }
        }
        defer { asking.cancel() }
        return try await HTTPClient.value(of: promise, until: deadline)
    }

    /// Tries the addresses in turn, each for its part of the time that is left.
    private func exchange(
        _ request: Request, with endpoints: [Endpoint], until deadline: NIODeadline
    ) async throws(Failure) -> Response {
        var failure = Failure.timedOut
        for (index, endpoint) in endpoints.enumerated() {
            let left = max(.zero, deadline - .now())
            if silence?.isSilent(endpoint) == true { continue }
            let part = min(
                left.nanoseconds / Int64(endpoints.count - index),
                TimeAmount(request.connectDeadline).nanoseconds)
            let promise = threads.group.next().makePromise(of: Response.self)
            HTTPExchange.begin(
                request, with: endpoint, connectTimeout: .nanoseconds(max(1, part)),
                promise: promise
            ) { [silence] in
                // Whoever was given less time may only be slow.
                if part >= TimeAmount(Limits.connectDeadline).nanoseconds {
                    silence?.note(endpoint)
                }
            }
            do throws(Failure) {
                return try await HTTPClient.value(of: promise, until: deadline)
            } catch {
                switch error {
                case .refused, .unreachable,
                    .timedOut where index + 1 < endpoints.count:
                    failure = error
                default: throw error
                }
            }
        }
        throw failure
    }

    private static func value<Value: Sendable>(
        of promise: EventLoopPromise<Value>, until deadline: NIODeadline
    ) async throws(Failure) -> Value {
        let future = promise.futureResult
        let timer = future.eventLoop.scheduleTask(deadline: deadline) {
            promise.fail(Failure.timedOut)
        }
        defer { timer.cancel() }
        do {
            return try await withTaskCancellationHandler {
                try await future.get()
            } onCancel: {
                promise.fail(Failure.cancelled)
            }
        } catch {
            throw error as? Failure ?? .cutOff
        }
    }
}
