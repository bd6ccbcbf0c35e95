import Model
import NIOCore
import Synchronization
import Testing

@testable import Networking

@Suite struct SessionAdvanceTests {
    private static let bytes = SessionPayload(patterned(16 << 20))

    private func request(_ length: Int, answer: Int = 0) -> SessionRequest {
        SessionRequest(
            header: [1], payload: SessionAdvanceTests.bytes.slice(0..<length),
            responseLengthMax: answer)
    }

    /// A pair after a first long request, which was given credit.
    private func advancedPair() throws -> CorePair {
        var pair = CorePair()
        pair.isAdvancing = true
        pair.dialler.call(1, request(1 << 20), timeAllowed: 1000)
        try pair.settle()
        pair.finishEmpty(1)
        try pair.settle()
        #expect(pair.dialler.advanceTaken == Limits.sessionAdvance)
        pair.hasMemory = false
        return pair
    }

    @Test func `after a long request the next ones bring their payloads along`() throws {
        var pair = try advancedPair()
        for call in 2...5 as ClosedRange<UInt64> {
            pair.dialler.call(call, request(4 << 20), timeAllowed: 1000)
        }
        pair.dialler.call(6, request(4 << 20), timeAllowed: 1000)
        pair.dialler.call(7, request(1 << 20, answer: 9), timeAllowed: 1000)
        try pair.settle()
        #expect(pair.running.keys.sorted() == [3, 5, 7, 9], "of the rest nothing has come")
        #expect(pair.running[3]?.payload == SessionAdvanceTests.bytes.slice(0..<4 << 20))
        #expect(pair.waiting.map(\.byteCount) == [4 << 20])
        #expect(pair.openedCount == 7)
        for stream in [3, 5, 7, 9] as [UInt32] { pair.finishEmpty(stream) }
        try pair.settle()
        #expect(pair.dialler.advanceTaken == Limits.sessionAdvance)
        pair.hasMemory = true
        try pair.settle()
        pair.finishEmpty(11)
        try pair.settle()
        pair.finishEmpty(13)
        try pair.settle()
        #expect(pair.answers.count == 7)
        #expect(pair.dialler.isQuiet && pair.listener.isQuiet)
        #expect(pair.heldByteCount == Limits.sessionAdvance)
    }

    @Test func `a refused payload is dropped as it comes, and may be followed by another`() throws {
        var pair = try advancedPair()
        pair.dialler.call(2, request(16 << 20), timeAllowed: 1000)
        // The request and a part of the payload.
        for _ in 0..<3 {
            let output = pair.dialler.nextOutput()
            try pair.deliverToListener(#require(output))
        }
        pair.listener.refuse(3, .notAllowed)
        try pair.settle()
        #expect(throws: SessionError.refused(.notAllowed)) { try pair.answers[2]?.get() }
        #expect(pair.running.isEmpty)
        #expect(pair.dialler.isQuiet && pair.listener.isQuiet)
        pair.dialler.call(3, request(16 << 20), timeAllowed: 1000)
        try pair.settle()
        #expect(pair.running.keys.sorted() == [5])
    }

    @Test func `an answer while the payload comes stops it, and gives its advance back once`()
        throws
    {
        let whole = 1 + ((16 << 20) - 1) / Limits.sessionDataLengthSent + 1
        // The request and so many parts of the payload.
        for moment in [1, 2, 3, 100, whole - 1, whole] {
            var pair = try advancedPair()
            pair.dialler.call(2, request(16 << 20), timeAllowed: 1000)
            for _ in 0..<moment {
                let output = pair.dialler.nextOutput()
                try pair.deliverToListener(#require(output))
            }
            #expect(pair.listener.advanceGiven == 0 && pair.dialler.advanceTaken == 0)
            pair.performOnce()
            let isWhole = pair.running[3] != nil
            #expect(isWhole == (moment == whole))
            pair.listener.answeredMeanwhile(3, SessionResponse(header: [9]))
            while let output = pair.listener.nextOutput() { try pair.deliverToDialler(output) }
            pair.performOnce()
            guard !isWhole else {
                #expect(pair.answers[2] == nil, "its handler has it")
                continue
            }
            #expect(try pair.answers[2]?.get().header == [9])
            #expect(pair.dialler.sending.isEmpty, "the rest is not sent")
            #expect(pair.dialler.advanceTaken == Limits.sessionAdvance)
            #expect(pair.listener.advanceGiven == Limits.sessionAdvance)
            // Another uses all of the advance at once, and the first one's end changes nothing.
            pair.dialler.call(3, request(16 << 20), timeAllowed: 1000)
            pair.listener.answeredMeanwhile(3, SessionResponse(header: [9]))
            try pair.settle()
            #expect(pair.running.keys.sorted() == [5])
            pair.finishEmpty(5)
            try pair.settle()
            #expect(pair.dialler.isQuiet && pair.listener.isQuiet)
            #expect(pair.dialler.advanceTaken == Limits.sessionAdvance)
            #expect(pair.listener.advanceGiven == Limits.sessionAdvance)
            #expect(pair.heldByteCount == Limits.sessionAdvance)
            pair.listener.end(.closed)
            try pair.settle()
            #expect(pair.heldByteCount == 0)
        }
    }

    @Test func `a put without room is refused before all of it has come`() async throws {
        let server = try SessionNode(user: 1, device: 101)
        let client = try SessionNode(user: 2, device: 102)
        let memory = SessionMemory()
        let begun = Mutex<[[UInt8]]>([])
        let setup = SessionSetup(
            identity: server.identity, settings: .patient, memory: memory,
            admits: { _ in true },
            screen: { _, header, _ in header == [2] ? SessionResponse(header: [9]) : nil },
            handler: { _, request in
                begun.withLock { $0.append(request.header) }
                return SessionResponse(header: request.header)
            })
        let listener = try await SessionListener.open(
            at: loopback, setup: setup, limits: SessionGateLimits(), threads: testThreads,
            opened: { _ in })
        // Of the second put the greater part never arrives.
        let relay = try await TamperingRelay.open(
            to: listener.localEndpoint, .hold(.toListener, offset: 4 << 20))
        let session = try await SessionDialer(setup: client.setup(), threads: testThreads).dial(
            [relay.endpoint], expecting: server.name, deadline: .seconds(120))
        let first = try await session.request(
            SessionRequest(header: [1], payload: SessionAdvanceTests.bytes.slice(0..<1 << 20)))
        #expect(first.header == [1])
        let second = try await session.request(
            SessionRequest(header: [2], payload: SessionAdvanceTests.bytes.slice(0..<16 << 20)))
        #expect(second.header == [9])
        #expect(begun.withLock { $0 } == [[1]])
        #expect(memory.heldByteCount == Limits.sessionAdvance)
        await session.close()
        await listener.close()
        await relay.close()
        #expect(memory.heldByteCount == 0)
    }

    @Test func `more than was advanced ends the session`() throws {
        for isTooMuch in [false, true] {
            var core = SessionCore(role: .listener)
            try core.received(.frame(.hello))
            if !isTooMuch { core.advance(Limits.sessionAdvance) }
            let opening = RequestOpening(
                header: [], payloadLength: 16 << 20, responseLengthMax: 0, timeAllowed: 1,
                isAdvanced: true)
            let violation = Result { () throws(SessionViolation) in
                try core.received(.frame(.request(stream: 1, opening)))
            }
            #expect(((try? violation.get()) == nil) == isTooMuch)
        }
        var core = SessionCore(role: .dialler)
        try core.received(.frame(.hello))
        for _ in 0..<Limits.sessionAdvanceMax / (16 << 20) {
            try core.received(.frame(.advance(byteCount: 16 << 20)))
        }
        #expect(throws: SessionViolation.tooManyBytes(stream: 0)) {
            try core.received(.frame(.advance(byteCount: 1)))
        }
    }

    @Test func `two sessions of a node have advances, and the longest request still fits`() {
        let memory = SessionMemory()
        #expect(memory.takeAdvance() == Limits.sessionAdvance)
        #expect(memory.takeAdvance() == Limits.sessionAdvance)
        #expect(memory.takeAdvance() == nil)
        memory.release(Limits.sessionAdvance)
        memory.giveAdvanceBack()
        #expect(memory.takeAdvance() == Limits.sessionAdvance)
        #expect(SessionMemory(byteCount: 32 << 20).takeAdvance() == nil)
    }

    @Test func `long payloads go one after the other, short ones between their frames`() throws {
        var order = SendingOrder()
        #expect(order.next() == nil)
        for stream in [1, 3] as [UInt32] { order.append(stream, isLong: true) }
        #expect((0..<3).map { _ in order.next() } == [1, 1, 1])
        for stream in [5, 7] as [UInt32] { order.append(stream, isLong: false) }
        #expect((0..<5).map { _ in order.next() } == [5, 1, 7, 1, 5])
        order.remove(1)
        #expect((0..<3).map { _ in order.next() } == [3, 7, 3])
        order.remove(3)
        order.remove(5)
        #expect((0..<2).map { _ in order.next() } == [7, 7])
        order.remove(7)
        #expect(order.isEmpty)
    }
}
