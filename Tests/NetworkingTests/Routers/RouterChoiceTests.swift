import Model
import Synchronization
import Testing

@testable import Networking

/// A seeded stream of bytes that several may draw from.
final class SharedDice: Sendable {
    private let dice: Mutex<Dice>

    init(_ seed: UInt64) { dice = Mutex(Dice(seed)) }

    func roll() -> UInt8 { dice.withLock { UInt8($0.roll(256)) } }
}

@Suite struct RouterChoiceTests {
    private func router(_ range: UInt32, _ host: UInt32 = 1) -> Endpoint {
        Endpoint(.v4(0xcb00_0000 | range << 8 | host), port: 7771)
    }

    @Test func `two routers of different ranges are used, and told of together`() {
        var choice = RouterChoice(random: CountingRandom())
        let offered = [router(1), router(1, 2), router(2)]
        #expect(
            choice.offer(offered, at: 0) == [.wait(at: router(1)), .wait(at: router(2))])
        #expect(choice.began(router(2)) == [])
        #expect(choice.began(router(1)) == [.reached(by: [router(2), router(1)])])
        #expect(choice.nextDeadline == nil)
    }

    @Test func `one range is better than no second router`() {
        var choice = RouterChoice(random: CountingRandom())
        let effects = choice.offer([router(1), router(1, 2)], at: 0)
        #expect(effects == [.wait(at: router(1)), .wait(at: router(1, 2))])
    }

    @Test func `a router that is lost is replaced and rests`() {
        var choice = RouterChoice(random: CountingRandom())
        _ = choice.offer([router(1), router(2), router(3)], at: 0)
        _ = choice.began(router(1))
        _ = choice.began(router(2))
        #expect(choice.lost(router(1), at: 10) == [.wait(at: router(3))])
        #expect(choice.began(router(3)) == [.reached(by: [router(2), router(3)])])
        #expect(choice.lost(router(2), at: 20) == [.reached(by: [router(3)])])
        let deadline = choice.nextDeadline
        #expect(deadline != nil)
        // Which of the two rests longer is chance.
        let next = choice.tick(at: deadline ?? 0)
        #expect(next == [.wait(at: router(1))] || next == [.wait(at: router(2))])
    }

    @Test func `a router that never answers is tried less and less often`() {
        var choice = RouterChoice(wantedCount: 1, random: CountingRandom())
        var now: UInt64 = 0
        var gaps: [UInt64] = []
        #expect(choice.offer([router(1)], at: 0) == [.wait(at: router(1))])
        for _ in 0..<12 {
            #expect(choice.lost(router(1), at: now) == [])
            guard let deadline = choice.nextDeadline else {
                Issue.record("no deadline")
                return
            }
            gaps.append(deadline - now)
            now = deadline
            #expect(choice.tick(at: now) == [.wait(at: router(1))])
        }
        #expect(gaps[0] < 2_000_000_000 && gaps[11] > 200_000_000_000)
    }

    @Test func `routers in use stay when they are not offered any more`() {
        var choice = RouterChoice(wantedCount: 1, random: CountingRandom())
        _ = choice.offer([router(1)], at: 0)
        #expect(choice.began(router(1)) == [.reached(by: [router(1)])])
        #expect(choice.offer([router(2)], at: 5) == [])
        #expect(choice.lost(router(1), at: 6) == [.wait(at: router(2))])
    }
}
