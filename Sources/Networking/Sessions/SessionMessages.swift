/// A request as its handler gets it: whole.
package struct SessionRequest: Sendable, Equatable {
    /// Small: what is asked.
    package var header: [UInt8]
    /// Bulk bytes.
    package var payload: SessionPayload
    /// The longest payload that the requester takes for an answer, in bytes.
    package var responseLengthMax: Int

    package init(
        header: [UInt8], payload: SessionPayload = SessionPayload(), responseLengthMax: Int = 0
    ) {
        self.header = header
        self.payload = payload
        self.responseLengthMax = responseLengthMax
    }
}

/// What a handler answers.
package struct SessionResponse: Sendable, Equatable {
    package var header: [UInt8]
    package var payload: SessionPayload

    package init(header: [UInt8], payload: SessionPayload = SessionPayload()) {
        self.header = header
        self.payload = payload
    }
}

/// Looks at a request with a long payload before that comes, one at a time for each session, or
/// while it comes along: an answer refuses it, and the payload, or the rest, stays where it is.
/// `nil` lets it come.
///
/// An answer here has no payload.
package typealias SessionScreen =
    @Sendable (SessionPeer, _ header: [UInt8], _ payloadLength: Int) async -> SessionResponse?

/// Answers the requests of peers, several of one peer at a time. Runs as a task that is cancelled
/// when nobody waits any more. A `SessionRefusal` that is thrown reaches the peer as it is, any
/// other error as ``SessionRefusal/failed``.
package typealias SessionRequestHandler =
    @Sendable (SessionPeer, SessionRequest) async throws -> SessionResponse
