import Model
import Simulation
import Testing

@testable import Daemon

/// What a supplier may promise, over values.
@Suite struct DonationTests {
    private func user(_ number: UInt64) -> UserID { UserID(Bytes32(words: (number, 0, 0, 0))) }

    private func donation(
        _ promises: [(quota: Int, charged: Int, isEnded: Bool)], donated: Int = 100,
        customerMax: Int = 1000, room: Int = 1000, isAccepting: Bool = true
    ) -> Donation {
        Donation(
            donated: donated, customerMax: customerMax, room: room, isAccepting: isAccepting,
            promises: promises.enumerated().map { index, promise in
                Donation.Promise(
                    owner: user(UInt64(index)), quota: promise.quota, charged: promise.charged,
                    isEnded: promise.isEnded)
            })
    }

    @Test func `what is free is given to whoever asks, once`() {
        #expect(donation([]).quotaMax(for: user(9)) == 100)
        #expect(donation([(60, 10, false)]).quotaMax(for: user(9)) == 40)
        #expect(donation([(60, 10, false)]).quotaMax(for: user(0)) == 100)
        #expect(donation([(60, 10, false), (40, 0, false)]).quotaMax(for: user(9)) == 0)
        #expect(donation([(60, 10, false), (40, 0, false)]).free == 0)
        #expect(donation([], customerMax: 30).quotaMax(for: user(9)) == 30)
    }

    @Test func `a contract that has ended keeps its bytes and no more`() {
        #expect(donation([(60, 10, true)]).quotaMax(for: user(9)) == 90)
        #expect(donation([(60, 10, true)]).quotaMax(for: user(0)) == 100)
    }

    @Test func `less donated takes nothing away and promises nothing`() {
        let shrunk = donation([(60, 50, false)], donated: 40)
        #expect(shrunk.quotaMax(for: user(9)) == 0 && shrunk.free == 0)
        #expect(shrunk.quotaMax(for: user(0)) == 60)
    }

    @Test func `the disk's room is not promised twice either`() {
        // 50 of the 60 promised are still to come; the disk takes 70.
        #expect(donation([(60, 10, false)], donated: 500, room: 70).free == 20)
        #expect(donation([(60, 10, false)], donated: 500, room: 30).free == 0)
    }

    @Test func `who is paused promises nothing new`() {
        let paused = donation([(60, 10, false)], isAccepting: false)
        #expect(paused.quotaMax(for: user(9)) == 0 && paused.free == 0)
        #expect(paused.quotaMax(for: user(0)) == 60)
    }

    @Test func `a gift is the friend's alone, whatever others get at most`() {
        var gift = donation([(60, 10, false)], customerMax: 30)
        gift.gifts = [user(0): 80, user(7): 15]
        // 80 and 15 are promised, 5 are left.
        #expect(gift.committed == 95 && gift.free == 5)
        #expect(gift.quotaMax(for: user(9)) == 5)
        #expect(gift.quotaMax(for: user(0)) == 80)
        #expect(gift.quotaMax(for: user(7)) == 20, "what is free, too")
        gift.reserved = 5
        #expect(gift.quotaMax(for: user(9)) == 0 && gift.quotaMax(for: user(0)) == 80)
        // What was taken out of the donation again nobody can have.
        gift.donated = 50
        #expect(gift.quotaMax(for: user(7)) == 0 && gift.quotaMax(for: user(0)) == 60)
        gift.isAccepting = false
        #expect(gift.free == 0 && gift.quotaMax(for: user(0)) == 60)
    }

    @Test func `who serves friends only gives strangers nothing new`() {
        var gift = donation([(60, 10, false)])
        gift.gifts = [user(7): 15]
        gift.isPublic = false
        #expect(gift.free == 0 && gift.quotaMax(for: user(9)) == 0)
        #expect(gift.quotaMax(for: user(7)) == 15)
        #expect(gift.quotaMax(for: user(0)) == 60, "a contract is kept")
    }

    @Test func `what must be donated for a gift is said beside all that is promised`() {
        var gift = donation([(60, 10, false)], room: 100)
        gift.gifts = [user(7): 15]
        gift.reserved = 5
        #expect(gift.needed(for: 100, to: nil) == 180)
        #expect(gift.needed(for: 100, to: user(7)) == 165)
        #expect(gift.needed(for: 100, to: user(0)) == 120)
        #expect(gift.needed(for: 20, to: user(0)) == 80, "a contract is kept")
        // 100 on the disk, of which 50 of the contract, 15 and 5 are owed.
        #expect(gift.room(for: nil) == 30)
        #expect(gift.room(for: user(0)) == 90 && gift.room(for: user(7)) == 45)
        gift.gifts[user(8)] = .max
        #expect(gift.room(for: nil) == 0 && gift.needed(for: 1, to: nil) == .max)
    }

    @Test func `contracts for more than there is number for trap nothing`() {
        let greedy = donation([(.max, 0, false), (.max, .max, false)])
        #expect(greedy.free == 0 && greedy.quotaMax(for: user(9)) == 0)
    }

    /// Whatever is asked for in whatever order, all quotas together stay within the donation.
    @Test func `nothing is oversold by any order of requests`() {
        let random = SeededRandom(seed: 4)
        for _ in 0..<300 {
            var donation = donation([], donated: random.below(1..<1000))
            for _ in 0..<30 {
                let owner = user(UInt64(random.below(0..<5)))
                let asked = random.below(0..<600)
                guard asked <= donation.quotaMax(for: owner) else { continue }
                let charged = donation.promises.first { $0.owner == owner }?.charged ?? 0
                donation.promises.removeAll { $0.owner == owner }
                donation.promises.append(
                    Donation.Promise(
                        owner: owner, quota: asked, charged: min(charged, asked), isEnded: false))
                #expect(donation.committed <= donation.donated)
                donation.isAccepting = random.below(0..<4) > 0
            }
        }
    }
}
