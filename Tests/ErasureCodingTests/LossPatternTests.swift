import ErasureCoding
import Model
import Testing

@Suite struct LossPatternTests {
    static let schemes = (1...8).flatMap { data in
        (0...8).map { ErasureScheme(dataCount: data, parityCount: $0)! }
    }

    @Test(arguments: schemes)
    func `any dataCount fragments give all others back`(_ scheme: ErasureScheme) throws {
        let code = ReedSolomon(scheme: scheme)
        let stripe = try Stripe(code, length: 3, seed: UInt64(scheme.fragmentCount))
        for kept in 0..<1 << scheme.fragmentCount
        where kept.nonzeroBitCount >= scheme.dataCount {
            let positions = (0..<scheme.fragmentCount).filter { kept >> $0 & 1 == 1 }
            guard try stripe.survives(on: positions, code: code) else {
                Issue.record("\(scheme): lost with \(positions) present")
                return
            }
        }
    }

    @Test(arguments: ["10+6", "8+12", "29+51", "64+64", "100+155", "1+254", "254+1", "128+127"])
    func `any dataCount fragments of a wide scheme give all others back`(_ text: String) throws {
        let code = ReedSolomon(scheme: scheme(text))
        let stripe = try Stripe(code, length: 66, seed: 1)
        var random = Seeded(2)
        let rounds = code.scheme.fragmentCount > 100 ? 10 : 200
        for _ in 0..<rounds {
            let kept = random.positions(code.scheme.dataCount, below: stripe.fragments.count)
            #expect(try stripe.survives(on: kept, code: code), "\(text): \(kept)")
        }
    }

    @Test(arguments: ["10+6", "29+51", "64+64"])
    func `a few losses with more fragments present than needed`(_ text: String) throws {
        let code = ReedSolomon(scheme: scheme(text))
        let stripe = try Stripe(code, length: 33, seed: 4)
        var random = Seeded(6)
        for lossCount in 1...6 {
            let missing = random.positions(lossCount, below: stripe.fragments.count)
            let kept = stripe.others(than: missing)
            #expect(try stripe.survives(on: kept, code: code), "\(text): lost \(missing)")
        }
    }

    @Test func `what is asked for is computed and nothing else is needed`() throws {
        let code = ReedSolomon(scheme: scheme("10+6"))
        let stripe = try Stripe(code, length: 100, seed: 8)
        let present = stripe.present([15, 3, 4, 5, 6, 7, 8, 9, 14, 0])
        #expect(try code.reconstruct([12], from: present) == [stripe.fragments[12]])
        #expect(
            try code.reconstruct([1, 13], from: present) == [1, 13].map { stripe.fragments[$0] })
    }

    @Test func `the example of the format page holds`() throws {
        let code = ReedSolomon(scheme: scheme("2+2"))
        #expect(try code.parity(of: [[0x01], [0x02]]) == [[0x7B], [0xF5]])
    }

    @Test func `one copy of one fragment is a mirror`() throws {
        let code = ReedSolomon(scheme: scheme("1+1"))
        #expect(try code.parity(of: [[7, 0, 255]]) == [[7, 0, 255]])
    }
}
