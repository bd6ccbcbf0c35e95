import Model
import Synchronization
import Testing

@testable import Networking

@Suite struct SessionTests {
    @Test func `requests of all lengths are answered`() async throws {
        let pair = try await SessionPair.open()
        let session = try await pair.dial()
        let edges = [
            0, 1, Limits.sessionInlineLengthMax, Limits.sessionInlineLengthMax + 1,
            Limits.sessionDataLengthMax, Limits.sessionDataLengthMax + 1, 1 << 20,
        ]
        for length in edges {
            let bytes = patterned(length)
            let response = try await session.request(
                SessionRequest(
                    header: [1, 2, 3], payload: SessionPayload(bytes), responseLengthMax: length))
            #expect(response.header == [1, 2, 3])
            #expect(response.payload.array == bytes)
        }
        await session.close()
        await pair.listener.close()
    }

    @Test func `both sides know who the other is and may ask`() async throws {
        let (arrived, continuation) = AsyncStream.makeStream(of: Session.self)
        let pair = try await SessionPair.open { continuation.yield($0) }
        let session = try await pair.dial()
        var iterator = arrived.makeAsyncIterator()
        let back = try #require(await iterator.next())
        #expect(PeerName(session.peer) == pair.listenerName)
        #expect(back.peer.userID == (try SessionNode(user: 2, device: 102).name.userID))
        let answer = try await back.request(
            SessionRequest(header: [7], payload: SessionPayload([8]), responseLengthMax: 1))
        #expect(answer.payload.array == [8])
        await session.close()
        await pair.listener.close()
    }

    @Test func `requests overtake each other and each gets its own answer`() async throws {
        let pair = try await SessionPair.open()
        let session = try await pair.dial()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    let bytes = patterned(number * 997)
                    let response = try await session.request(
                        SessionRequest(
                            header: [UInt8(number)], payload: SessionPayload(bytes),
                            responseLengthMax: bytes.count))
                    return response.header == [UInt8(number)] && response.payload.array == bytes
                }
            }
            for try await isRight in group { #expect(isRight) }
        }
        await session.close()
        await pair.listener.close()
    }
}
