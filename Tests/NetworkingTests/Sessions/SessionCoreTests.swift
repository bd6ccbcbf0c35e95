import Model
import NIOCore
import Testing

@testable import Networking

/// Two cores joined by bytes, without sockets or time.
struct CorePair {
    var dialler = SessionCore(role: .dialler)
    var listener = SessionCore(role: .listener)
    var toListener = SessionFrameParser()
    var toDialler = SessionFrameParser()
    /// Effects that were not performed here.
    var answers: [UInt64: Result<SessionResponse, SessionError>] = [:]
    var running: [UInt32: SessionRequest] = [:]
    var stopped: [UInt32] = []
    var heldByteCount = 0
    var heldMax = 0
    var waiting: [(stream: UInt32, byteCount: Int)] = []
    /// Whether memory is there when it is asked for.
    var hasMemory = true
    /// Whether the listener lets long payloads come at once.
    var isAdvancing = false
    var openedCount = 0

    /// Carries all there is to carry, both ways, until nothing moves.
    mutating func settle() throws {
        var hasMoved = true
        while hasMoved {
            hasMoved = false
            while let output = dialler.nextOutput() {
                try CorePair.carry(output, by: &toListener, to: &listener)
                hasMoved = true
            }
            while let output = listener.nextOutput() {
                try CorePair.carry(output, by: &toDialler, to: &dialler)
                hasMoved = true
            }
            if perform() { hasMoved = true }
        }
    }

    private static func carry(
        _ output: SessionCore.Output, by parser: inout SessionFrameParser,
        to core: inout SessionCore
    ) throws {
        var bytes = ByteBuffer()
        switch output {
        case .frame(let frame): frame.write(to: &bytes)
        case .data(let stream, var payload):
            SessionFrame.data(stream: stream, byteCount: payload.readableBytes)
                .write(to: &bytes)
            bytes.writeBuffer(&payload)
        }
        parser.append(bytes)
        while let part = try parser.next() { try core.received(part) }
        parser.settle()
    }

    private mutating func perform() -> Bool {
        let effects = dialler.effects + listener.effects
        dialler.effects = []
        listener.effects = []
        for effect in effects {
            switch effect {
            case .answer(let call, let result):
                #expect(answers[call] == nil, "a call is answered once")
                answers[call] = result
            case .reserve(let stream, let byteCount):
                waiting.append((stream, byteCount))
            case .release(let byteCount): heldByteCount -= byteCount
            case .run(let stream, let request): running[stream] = request
            case .stopHandler(let stream): stopped.append(stream)
            case .wantAdvance:
                guard isAdvancing, !listener.hasAdvanced else { continue }
                heldByteCount += Limits.sessionAdvance
                listener.advance(Limits.sessionAdvance)
            case .opened: openedCount += 1
            case .established, .admit, .closed: break
            }
        }
        let hasMoved = hasMemory && !waiting.isEmpty
        if hasMemory { giveMemory() }
        return hasMoved || !effects.isEmpty
    }

    mutating func giveMemory() {
        for (stream, byteCount) in waiting {
            heldByteCount += byteCount
            heldMax = max(heldMax, heldByteCount)
            listener.reserved(stream, byteCount)
        }
        waiting = []
    }

    mutating func finish(_ stream: UInt32) {
        guard let request = running.removeValue(forKey: stream) else { return }
        // An echo, also when it is too long, unless none is wanted.
        listener.finished(
            stream,
            .success(
                SessionResponse(
                    header: request.header,
                    payload: request.responseLengthMax > 0
                        ? request.payload : SessionPayload())))
    }

    mutating func finishEmpty(_ stream: UInt32) {
        guard let request = running.removeValue(forKey: stream) else { return }
        listener.finished(stream, .success(SessionResponse(header: request.header)))
    }
}

@Suite struct SessionCoreTests {
    private static let bytes = SessionPayload(patterned(16 << 20))

    private func request(_ length: Int, answer: Int? = nil) -> SessionRequest {
        SessionRequest(
            header: [1], payload: SessionCoreTests.bytes.slice(0..<length),
            responseLengthMax: answer ?? length)
    }

    @Test func `a call is carried there and back`() throws {
        var pair = CorePair()
        for (index, length) in [0, 5, 64 << 10, (64 << 10) + 1, 3 << 20].enumerated() {
            let call = UInt64(index)
            pair.dialler.call(call, request(length), timeAllowed: 1000)
            try pair.settle()
            let stream = UInt32(2 * index + 1)
            #expect(pair.running[stream]?.payload.byteCount == length)
            pair.finish(stream)
            try pair.settle()
            #expect(try pair.answers[call]?.get().payload.byteCount == length)
        }
        #expect(pair.dialler.isQuiet && pair.listener.isQuiet)
        #expect(pair.heldByteCount == 0)
    }

    @Test func `long payloads wait until there is memory, all at once`() throws {
        var pair = CorePair()
        pair.hasMemory = false
        pair.dialler.call(1, request(1 << 20), timeAllowed: 1000)
        try pair.settle()
        #expect(pair.waiting.map(\.byteCount) == [2 << 20])
        #expect(pair.running.isEmpty)
        #expect(!pair.listener.isOwed)
        pair.hasMemory = true
        try pair.settle()
        #expect(pair.running[1]?.payload == SessionCoreTests.bytes.slice(0..<1 << 20))
    }

    @Test func `a handler that never ends bounds what is taken from its peer`() throws {
        var pair = CorePair()
        for call in 0..<200 as Range<UInt64> {
            pair.dialler.call(call, request(1 << 20), timeAllowed: 1000)
        }
        try pair.settle()
        // Payloads and answers of 1 MiB each.
        #expect(pair.running.count == Limits.sessionMemoryPerPeer / (2 << 20))
        #expect(pair.heldMax == Limits.sessionMemoryPerPeer)
        for _ in 0..<200 {
            guard let stream = pair.running.keys.min() else { break }
            pair.finish(stream)
            try pair.settle()
            #expect(pair.heldByteCount <= Limits.sessionMemoryPerPeer)
        }
        #expect(pair.answers.count == 200)
        #expect(pair.heldByteCount == 0)
    }

    @Test func `a request larger than a peer may have gets its turn alone`() throws {
        var pair = CorePair()
        pair.dialler.call(1, request(1 << 20), timeAllowed: 1000)
        pair.dialler.call(2, request(16 << 20, answer: 16 << 20), timeAllowed: 1000)
        pair.dialler.call(3, request(1 << 20), timeAllowed: 1000)
        try pair.settle()
        #expect(pair.running.keys.sorted() == [1])
        pair.finish(1)
        try pair.settle()
        #expect(pair.running.keys.sorted() == [3])
        pair.finish(3)
        try pair.settle()
        #expect(pair.running.keys.sorted() == [5])
        pair.finish(5)
        try pair.settle()
        #expect(pair.answers.count == 3)
    }

    @Test func `a cancelled call stops its handler and frees its stream when that has ended`()
        throws
    {
        var pair = CorePair()
        pair.dialler.call(1, request(10), timeAllowed: 1000)
        try pair.settle()
        pair.dialler.cancel(1, .cancelled)
        try pair.settle()
        #expect(throws: SessionError.cancelled) { try pair.answers[1]?.get() }
        #expect(pair.stopped == [1])
        #expect(!pair.dialler.isQuiet)
        pair.finish(1)
        try pair.settle()
        #expect(pair.dialler.isQuiet && pair.listener.isQuiet)
        #expect(pair.heldByteCount == 0)
    }

    @Test func `a call cancelled at any moment leaves nothing behind`() throws {
        for moment in 0..<12 {
            var pair = CorePair()
            pair.dialler.call(1, request(600 << 10), timeAllowed: 1000)
            // Both sides say one thing at a time until the moment comes.
            for _ in 0..<moment {
                if let output = pair.dialler.nextOutput() {
                    try pair.deliverToListener(output)
                } else if let output = pair.listener.nextOutput() {
                    try pair.deliverToDialler(output)
                }
                pair.performOnce()
                pair.finish(1)
            }
            pair.dialler.cancel(1, .timedOut)
            try pair.settle()
            pair.finish(1)
            try pair.settle()
            #expect(pair.answers.count == 1)
            #expect(pair.dialler.isQuiet && pair.listener.isQuiet, "moment \(moment)")
            #expect(pair.heldByteCount == 0)
        }
    }

    @Test func `a refused request is over on both sides, its payload sent or not`() throws {
        for length in [0, 10, 1 << 20] {
            var pair = CorePair()
            pair.hasMemory = false
            pair.dialler.call(1, request(length), timeAllowed: 1000)
            try pair.settle()
            pair.listener.declined(1)
            try pair.settle()
            #expect(throws: SessionError.refused(.notAllowed)) { try pair.answers[1]?.get() }
            #expect(pair.dialler.isQuiet && pair.listener.isQuiet)
        }
    }

    @Test func `a request is answered before its payload has come, which stays there`() throws {
        var pair = CorePair()
        pair.hasMemory = false
        for call in 1...3 as ClosedRange<UInt64> {
            pair.dialler.call(call, request(1 << 20), timeAllowed: 1000)
        }
        pair.dialler.call(4, request(10), timeAllowed: 1000)
        try pair.settle()
        for _ in 0..<3 {
            let stream = try #require(pair.waiting.first?.stream)
            #expect(pair.listener.longRequest(stream)?.payloadLength == 1 << 20)
            pair.waiting = []
            pair.listener.answeredEarly(stream, SessionResponse(header: [9]))
            try pair.settle()
        }
        #expect(pair.listener.longRequest(7) == nil)
        for call in 1...3 as ClosedRange<UInt64> {
            #expect(try pair.answers[call]?.get().header == [9])
        }
        #expect(pair.heldMax == 0)
        pair.hasMemory = true
        try pair.settle()
        pair.finish(7)
        try pair.settle()
        #expect(try pair.answers[4]?.get().payload.byteCount == 10)
        #expect(pair.dialler.isQuiet && pair.listener.isQuiet && pair.heldByteCount == 0)
    }

    @Test func `a ping is answered`() throws {
        var pair = CorePair()
        try pair.settle()
        pair.dialler.ping(7)
        #expect(pair.dialler.isWaitingForPong)
        try pair.settle()
        #expect(!pair.dialler.isWaitingForPong)
    }

    @Test func `an answer longer than was asked for is not sent`() throws {
        var pair = CorePair()
        pair.dialler.call(1, request(10, answer: 9), timeAllowed: 1000)
        try pair.settle()
        pair.finish(1)
        try pair.settle()
        #expect(throws: SessionError.refused(.failed)) { try pair.answers[1]?.get() }
    }

    @Test func `after goodbye new requests are refused and old ones end`() throws {
        var pair = CorePair()
        pair.dialler.call(1, request(10), timeAllowed: 1000)
        try pair.settle()
        pair.listener.leave()
        #expect(!pair.listener.isDone)
        try pair.settle()
        pair.dialler.call(2, request(10), timeAllowed: 1000)
        try pair.settle()
        #expect(throws: SessionError.closed) { try pair.answers[2]?.get() }
        pair.finish(1)
        try pair.settle()
        #expect(try pair.answers[1]?.get().header == [1])
        #expect(pair.listener.isDone)
    }

    @Test func `the end answers every call and gives all memory back`() throws {
        var pair = CorePair()
        for call in 0..<100 as Range<UInt64> {
            pair.dialler.call(call, request(1 << 20), timeAllowed: 1000)
        }
        try pair.settle()
        pair.dialler.end(.closed)
        pair.listener.end(.closed)
        try pair.settle()
        #expect(pair.answers.count == 100)
        #expect(pair.stopped.count == Limits.sessionMemoryPerPeer / (2 << 20))
        #expect(pair.heldByteCount == Limits.sessionMemoryPerPeer, "handlers still have it")
        for stream in pair.running.keys.sorted() { pair.finish(stream) }
        try pair.settle()
        #expect(pair.heldByteCount == 0)
    }

    @Test func `seeded schedules of calls, cancellations and answers come to rest`() throws {
        for seed in 0..<20 as Range<UInt64> {
            var dice = Dice(seed)
            var pair = CorePair()
            pair.isAdvancing = seed % 2 == 1
            for call in 0..<80 as Range<UInt64> {
                let length = [0, 10, 64 << 10, 100 << 10, 700 << 10][dice.roll(5)]
                let answer = dice.roll(2) == 0 ? 0 : length
                pair.dialler.call(call, request(length, answer: answer), timeAllowed: 1000)
                for _ in 0..<dice.roll(6) {
                    switch dice.roll(6) {
                    case 5:
                        pair.listener.answeredMeanwhile(
                            UInt32(dice.roll(80) * 2 + 1), SessionResponse(header: [9]))
                    case 0: pair.dialler.cancel(UInt64(dice.roll(80)), .cancelled)
                    case 1: pair.listener.expire(UInt32(dice.roll(80) * 2 + 1))
                    case 2: if let stream = pair.running.keys.min() { pair.finish(stream) }
                    case 3:
                        if let output = pair.dialler.nextOutput() {
                            try pair.deliverToListener(output)
                        }
                    default:
                        if let output = pair.listener.nextOutput() {
                            try pair.deliverToDialler(output)
                        }
                    }
                    pair.performOnce()
                }
            }
            repeat {
                try pair.settle()
                for stream in pair.running.keys.sorted() { pair.finish(stream) }
            } while !pair.listener.isQuiet || !pair.dialler.isQuiet
            try pair.settle()
            #expect(pair.answers.count == 80, "seed \(seed)")
            let advance = pair.listener.hasAdvanced ? Limits.sessionAdvance : 0
            #expect(pair.heldByteCount == advance, "seed \(seed)")
            #expect(pair.listener.advanceGiven == advance && pair.dialler.advanceTaken == advance)
            #expect(pair.heldMax <= Limits.sessionMemoryPerPeer + advance)
            pair.listener.end(.closed)
            try pair.settle()
            #expect(pair.heldByteCount == 0, "seed \(seed)")
        }
    }
}

extension CorePair {
    mutating func deliverToListener(_ output: SessionCore.Output) throws {
        try CorePair.carry(output, by: &toListener, to: &listener)
    }

    mutating func deliverToDialler(_ output: SessionCore.Output) throws {
        try CorePair.carry(output, by: &toDialler, to: &dialler)
    }

    mutating func performOnce() { _ = perform() }
}

@Suite struct SessionViolationTests {
    /// What a listener says to frames of a dialler.
    private func listener(
        after frames: [SessionFrame], hello: Bool = true
    ) throws(SessionViolation) -> SessionCore {
        var core = SessionCore(role: .listener)
        while core.nextOutput() != nil {}
        for frame in (hello ? [.hello] : []) + frames {
            try core.received(.frame(frame))
        }
        return core
    }

    private func opening(
        _ length: Int = 0, answer: Int = 0
    ) -> RequestOpening {
        RequestOpening(
            header: [], payloadLength: length, responseLengthMax: answer, timeAllowed: 1)
    }

    private func violation(_ frames: [SessionFrame], hello: Bool = true) -> SessionViolation? {
        do throws(SessionViolation) {
            _ = try listener(after: frames, hello: hello)
            return nil
        } catch {
            return error
        }
    }

    @Test func `frames that may not come are refused by name`() {
        #expect(violation([.ping(1)], hello: false) == .badHello)
        #expect(violation([.hello]) == .badHello)
        #expect(violation([.request(stream: 1, opening())]) == nil)
        #expect(violation([.request(stream: 3, opening())]) == .badStream(3))
        #expect(violation([.request(stream: 2, opening())]) == .badStream(2))
        let again = SessionFrame.request(stream: 1, opening())
        #expect(violation([again, again]) == .badStream(1))
        #expect(violation([.data(stream: 1, byteCount: 1)]) == .badStream(1))
        #expect(violation([.data(stream: 2, byteCount: 1)]) == .badStream(2))
        #expect(violation([.response(stream: 2, header: [], payloadLength: 0)]) == .badStream(2))
        #expect(violation([.credit(stream: 2, byteCount: 1)]) == .badStream(2))
        #expect(violation([.credit(stream: 1, byteCount: 1)]) == .badStream(1))
        #expect(violation([.reset(stream: 1, .cancelled)]) == .badStream(1))
        #expect(violation([.reset(stream: 2, .cancelled)]) == .badStream(2))
        #expect(violation([.pong(1)]) == .badPing)
        #expect(violation([.ping(1), .ping(2)]) == .badPing)
        #expect(violation([.goodbye, .goodbye]) == .unexpected(stream: 0))
    }

    @Test func `bytes beyond what was announced or allowed are refused`() {
        let short = SessionFrame.request(stream: 1, opening(10))
        #expect(violation([short, .data(stream: 1, byteCount: 10)]) == nil)
        #expect(
            violation([short, .data(stream: 1, byteCount: 11)]) == .tooManyBytes(stream: 1))
        #expect(
            violation([short, .data(stream: 1, byteCount: 10), .data(stream: 1, byteCount: 1)])
                == .tooManyBytes(stream: 1))
        let long = SessionFrame.request(stream: 1, opening(1 << 20))
        #expect(violation([long, .data(stream: 1, byteCount: 1)]) == .tooManyBytes(stream: 1))
    }

    @Test func `the sixty-fifth request at once is refused`() {
        let frames = (0..<64).map { SessionFrame.request(stream: UInt32(2 * $0 + 1), opening()) }
        #expect(violation(frames) == nil)
        #expect(violation(frames + [.request(stream: 129, opening())]) == .tooManyStreams)
    }

    @Test func `who asks and gives up without reading is found flooding`() throws {
        var core = try listener(after: [])
        var stream: UInt32 = 1
        while !core.isFlooded {
            try core.received(.frame(.request(stream: stream, opening(1 << 20))))
            try core.received(.frame(.reset(stream: stream, .cancelled)))
            stream += 2
            try #require(stream < 4096)
        }
        #expect(core.isQuiet)
    }

    @Test func `an answer that nobody asked for, or too long, or too early is refused`() throws {
        func dialler(_ request: SessionRequest, _ frames: [SessionFrame]) -> SessionViolation? {
            var core = SessionCore(role: .dialler)
            core.call(1, request, timeAllowed: 1)
            do throws(SessionViolation) {
                try core.received(.frame(.hello))
                while core.nextOutput() != nil {}
                for frame in frames { try core.received(.frame(frame)) }
                return nil
            } catch {
                return error
            }
        }
        let plain = SessionRequest(header: [], responseLengthMax: 5)
        let long = SessionRequest(
            header: [], payload: SessionPayload(patterned(1 << 20)), responseLengthMax: 5)
        let answer = SessionFrame.response(stream: 1, header: [], payloadLength: 5)
        #expect(dialler(plain, [answer]) == nil)
        #expect(dialler(plain, [answer, answer]) == .unexpected(stream: 1))
        #expect(
            dialler(plain, [.response(stream: 1, header: [], payloadLength: 6)])
                == .tooManyBytes(stream: 1))
        #expect(dialler(plain, [.data(stream: 1, byteCount: 1)]) == .unexpected(stream: 1))
        #expect(
            dialler(plain, [answer, .data(stream: 1, byteCount: 6)]) == .tooManyBytes(stream: 1))
        #expect(
            dialler(plain, [.response(stream: 3, header: [], payloadLength: 0)])
                == .badStream(3))
        #expect(
            dialler(long, [.response(stream: 1, header: [], payloadLength: 1)])
                == .unexpected(stream: 1))
        #expect(dialler(long, [.response(stream: 1, header: [], payloadLength: 0)]) == nil)
        #expect(
            dialler(long, [.credit(stream: 1, byteCount: (1 << 20) + 1)])
                == .tooManyBytes(stream: 1))
        #expect(dialler(plain, [.credit(stream: 1, byteCount: 1)]) == .tooManyBytes(stream: 1))
    }
}
