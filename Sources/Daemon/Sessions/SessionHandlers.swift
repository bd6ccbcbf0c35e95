internal import Model
internal import Networking
internal import Synchronization

/// Who answers which requests of peers: the first eight bytes of a header say whose it is.
///
/// Thread rules: any thread at any time.
final class SessionHandlers: Sendable {
    /// `BDSREQ01`, `BDROUT01`: the magic that a protocol's requests begin with.
    struct Magic: Hashable, Sendable {
        private let value: UInt64

        /// - Precondition: eight bytes of ASCII.
        init(_ text: StaticString) {
            precondition(text.utf8CodeUnitCount == 8)
            value = text.withUTF8Buffer { $0.reduce(0) { $0 << 8 | UInt64($1) } }
        }

        /// `nil` for a header that is shorter.
        init?(of header: [UInt8]) {
            guard header.count >= 8 else { return nil }
            value = header[..<8].reduce(0) { $0 << 8 | UInt64($1) }
        }
    }

    private struct Entry {
        let screen: SessionScreen?
        let handler: SessionRequestHandler
    }

    private let entries = Mutex<[Magic: Entry]>([:])

    /// Answers requests that begin with `magic` by `handler` from now on; by nobody when it is
    /// `nil`. Those under way end as they have begun.
    ///
    /// - Parameter screen: refuses requests before a long payload comes.
    func register(
        _ magic: Magic, screen: SessionScreen? = nil, _ handler: SessionRequestHandler?
    ) {
        entries.withLock { $0[magic] = handler.map { Entry(screen: screen, handler: $0) } }
    }

    /// Whether somebody answers requests that begin with `magic`.
    func isRegistered(_ magic: Magic) -> Bool { entries.withLock { $0[magic] != nil } }

    func screen(
        _ peer: SessionPeer, _ header: [UInt8], _ payloadLength: Int
    ) async -> SessionResponse? {
        guard let magic = Magic(of: header), let screen = entries.withLock({ $0[magic]?.screen })
        else { return nil }
        return await screen(peer, header, payloadLength)
    }

    /// - Throws: ``SessionRefusal/notAllowed`` when nobody here answers such requests.
    func answer(_ peer: SessionPeer, _ request: SessionRequest) async throws -> SessionResponse {
        guard let magic = Magic(of: request.header),
            let handler = entries.withLock({ $0[magic]?.handler })
        else { throw SessionRefusal.notAllowed }
        return try await handler(peer, request)
    }
}
