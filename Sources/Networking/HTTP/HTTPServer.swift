package import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// A small HTTP/1.1 server: one handler, whole bodies, one request of a connection at a time.
///
/// Behind a web server that faces the internet, or facing it alone: every limit that concerns a
/// stranger is kept here, and the handler sees only whole requests.
package final class HTTPServer: Sendable {
    package struct Request: Sendable {
        /// Never ``RequestMethod/head``: that is answered from what ``RequestMethod/get`` gives.
        package let method: RequestMethod
        /// As sent, with its percent signs; starts with `/`.
        package let path: String
        package let query: String?
        package let headers: HeaderFields
        package let body: [UInt8]
        package let peer: Endpoint
        /// The address the peer connected to.
        package let local: Endpoint
    }

    package struct Response: Sendable {
        package var status: Int
        /// Without `Content-Length`, `Transfer-Encoding` and `Connection`: those are the server's.
        package var headers: HeaderFields
        package var body: [UInt8]

        package init(_ status: Int, headers: HeaderFields = [:], body: [UInt8] = []) {
            self.status = status
            self.headers = headers
            self.body = body
        }

        /// A text for people.
        package init(_ status: Int, text: String) {
            self.init(
                status, headers: ["Content-Type": "text/plain; charset=utf-8"],
                body: Array(text.utf8))
        }
    }

    package typealias Handler = @Sendable (Request) async -> Response

    package struct Settings: Sendable {
        package var connections = ConnectionLimits()
        package var headLengthMax = Limits.httpHeadLengthMax
        package var bodyLengthMax = Limits.requestBodyLengthMax

        package init() {}
    }

    package let localEndpoint: Endpoint

    private let channel: any Channel
    private let gate: ConnectionGate

    private init(localEndpoint: Endpoint, channel: any Channel, gate: ConnectionGate) {
        self.localEndpoint = localEndpoint
        self.channel = channel
        self.gate = gate
    }

    /// Listens at `endpoint`; port 0 takes a free one.
    ///
    /// - Throws: ``NetworkError/portInUse(_:)``, ``NetworkError/portNotAllowed(_:)``,
    ///   ``NetworkError/addressNotHere(_:)`` or ``NetworkError/system(errno:)``.
    package static func open(
        at endpoint: Endpoint, settings: Settings = Settings(), threads: NetworkThreads,
        handler: @escaping Handler
    ) async throws(NetworkError) -> HTTPServer {
        let gate = ConnectionGate(limits: settings.connections)
        do {
            let channel = try await ListeningSocket.open(
                at: endpoint, threads: threads, gate: gate
            ) { channel, peer in
                let connection = HTTPServerConnection(
                    peer: peer, local: SocketAddresses.endpoint(channel.localAddress) ?? endpoint,
                    settings: settings, gate: gate, handler: handler, eventLoop: channel.eventLoop)
                try connection.install(in: channel.pipeline.syncOperations)
            }
            let local = SocketAddresses.endpoint(channel.localAddress) ?? endpoint
            return HTTPServer(localEndpoint: local, channel: channel, gate: gate)
        } catch {
            throw NetworkError(binding: endpoint, error)
        }
    }

    package var counts: ConnectionCounts { gate.counts }

    /// Takes no more connections, lets answers under way end, at most for `grace`.
    package func stop(grace: Duration = Limits.stopGrace) async {
        // Fails only when it is closed already.
        try? await channel.close()
        await gate.close(grace: grace, on: channel.eventLoop)
    }
}
