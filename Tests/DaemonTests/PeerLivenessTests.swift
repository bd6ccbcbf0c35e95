import Model
import Testing

@testable import Daemon

/// Who is given up on, and who is only slow: times are seconds, a look is taken each half second.
@Suite struct PeerLivenessTests {
    /// A session that a test moves on.
    private struct Play {
        var counts = PeerLiveness.Counts(received: 1000, sent: 1000)
        var now: UInt64 = 5_000_000_000
        var liveness: PeerLiveness

        init() { liveness = PeerLiveness(counts, at: now) }

        /// - Returns: the verdict that is not fine, and after how many seconds; `nil` when all is
        ///   well to the end.
        mutating func pass(
            _ seconds: Double, step: (Double, inout PeerLiveness.Counts) -> Void = { _, _ in }
        ) -> (verdict: PeerLiveness.Verdict, after: Double)? {
            for look in 1...Int(seconds * 2) {
                now += 500_000_000
                step(Double(look) / 2, &counts)
                let verdict = liveness.verdict(counts, at: now)
                if verdict != .fine { return (verdict, Double(look) / 2) }
            }
            return nil
        }

        mutating func ask(_ byteCount: UInt64) {
            liveness.began(counts, at: now)
            counts.sent += byteCount
        }

        mutating func answer(after seconds: Double) {
            now += UInt64(seconds * 1e9)
            counts.received += 500
            _ = liveness.verdict(counts, at: now)
            liveness.answered(after: UInt64(seconds * 1e9), at: now)
        }
    }

    /// Whether nothing is said of a peer for so long.
    private func passes(_ play: inout Play, _ seconds: Double) -> Bool {
        play.pass(seconds) == nil
    }

    /// What the session does of itself: it pings whom it has not heard for three seconds.
    private static func ping(_ second: Double, _ counts: inout PeerLiveness.Counts) {
        if second == 3 { counts.sent += 17 }
    }

    @Test func `silence is deafness after some seconds, and not before`() throws {
        var play = Play()
        play.ask(300_000)
        let found = play.pass(60, step: PeerLivenessTests.ping)
        let end = try #require(found)
        #expect(end.verdict == .deaf && (8...13).contains(end.after))
    }

    @Test func `whoever was sent nothing owes no sign of life`() {
        var play = Play()
        play.ask(0)
        let isFine1 = passes(&play, 29)
        #expect(isFine1)
    }

    @Test func `a slow line is waited for as long as it takes`() {
        var play = Play()
        play.ask(0)
        // 2 MiB at 16 KiB/s; nothing comes back meanwhile.
        let early = play.pass(128) { _, counts in counts.sent += 8192 }
        #expect(early == nil)
        // What is in between still arrives for half of that time; signs of life come after it.
        let isFine2 = passes(&play, 64)
        #expect(isFine2)
        play.counts.received += 17
        let isFine3 = passes(&play, 20)
        #expect(isFine3)
    }

    @Test func `a peer that only gives signs of life is stuck`() throws {
        var play = Play()
        play.ask(300_000)
        let found = play.pass(100) { second, counts in
            if Int(second * 2) % 6 == 0 { counts.received += 17 }
            if Int(second * 2) % 6 == 5 { counts.sent += 17 }
        }
        let end = try #require(found)
        #expect(end.verdict == .stuck && (30...33).contains(end.after))
    }

    @Test func `who has answered fast is given less time, and who has answered slowly as much`()
        throws
    {
        var (fast, slow) = (Play(), Play())
        for _ in 0..<8 {
            fast.ask(1000)
            fast.answer(after: 0.1)
            slow.ask(1000)
            slow.answer(after: 20)
        }
        fast.ask(1000)
        slow.ask(1000)
        let living: (Double, inout PeerLiveness.Counts) -> Void = { second, counts in
            if Int(second * 2) % 4 == 0 { counts.received += 17 }
        }
        let found = (fast.pass(100, step: living), slow.pass(100, step: living))
        let (first, second) = (try #require(found.0), try #require(found.1))
        #expect(first.verdict == .stuck && (15...18).contains(first.after))
        #expect(second.verdict == .stuck && (30...33).contains(second.after))
    }

    @Test func `answers to others of its requests show that a peer gets on`() {
        var play = Play()
        play.ask(1000)
        for _ in 0..<20 { play.answer(after: 10) }
        let isFine4 = passes(&play, 14)
        #expect(isFine4)
    }

    @Test func `a pause between requests is no silence`() {
        var play = Play()
        play.ask(1000)
        play.answer(after: 1)
        play.now += 3600_000_000_000
        play.ask(1000)
        let isFine5 = passes(&play, 7)
        #expect(isFine5)
    }
}
