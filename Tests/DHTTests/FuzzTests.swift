import DHT
import Model
import Simulation
import Testing

/// The entry that libFuzzer uses, with mutations from a seed.
@Suite struct FuzzTests {
    private static let id = "2:id20:abcdefghij0123456789"
    private static let seeds: [[UInt8]] = [
        "d1:ad\(id)e1:q4:ping1:t2:aa1:y1:qe",
        "d1:ad\(id)6:target20:mnopqrstuvwxyz123456e1:q9:find_node1:t2:aa1:y1:qe",
        "d1:ad\(id)9:info_hash20:mnopqrstuvwxyz123456e1:q9:get_peers1:t2:aa1:y1:qe",
        """
        d1:ad\(id)12:implied_porti1e9:info_hash20:mnopqrstuvwxyz1234564:porti6881e\
        5:token8:TOKENTOKe1:q13:announce_peer1:t2:aa1:y1:qe
        """,
        "d1:ad\(id)6:target20:mnopqrstuvwxyz123456e1:q3:get1:t2:aa1:y1:qe",
        "d1:ad\(id)5:token8:TOKENTOK1:v12:Hello World!e1:q3:put1:t2:aa1:y1:qe",
        """
        d1:ad3:casi1e\(id)1:k32:abcdefghijklmnopqrstuvwxyz0123454:salt3:foo3:seqi4e3:sig64:\
        abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz0123455:token8:TOKENTOK\
        1:v3:abce1:q3:put1:t2:aa1:y1:qe
        """,
        "d1:eli201e7:generice1:t6:TRANSA1:y1:ee",
        "d2:ip6:abcdef1:rd\(id)5:nodes26:abcdefghij0123456789axje.ue1:t6:TRANSA1:y1:re",
        "d1:rd\(id)5:token1:a6:valuesl6:axje.u6:idhtnmee1:t6:TRANSA1:y1:re",
        """
        d1:rd\(id)1:k32:abcdefghijklmnopqrstuvwxyz0123453:seqi4e3:sig64:\
        abcdefghijklmnopqrstuvwxyz012345abcdefghijklmnopqrstuvwxyz0123455:token1:a1:v3:abce\
        1:t6:TRANSA1:y1:re
        """,
        "d1:rd\(id)5:token1:a1:v4:kepte1:t6:TRANSA1:y1:re",
    ].map { Array($0.utf8) }

    @Test func `the samples are what they seem`() throws {
        for seed in FuzzTests.seeds {
            let exercise = DatagramExercise.run(seed, verifier: CheapVerifier())
            #expect(exercise.sentCount > 0)
            let message = try KRPCMessage(seed)
            #expect(!message.transaction.isEmpty)
        }
    }

    @Test func `mutated datagrams never trap and never get more than twice their length`() {
        let random = SeededRandom(seed: 11)
        for _ in 0..<6000 {
            var bytes: [UInt8] = []
            for _ in 0...random.below(0..<3) {
                bytes += mutated(FuzzTests.seeds[random.below(0..<FuzzTests.seeds.count)], random)
                bytes.append(0xff)
            }
            let exercise = DatagramExercise.run(bytes, verifier: CheapVerifier())
            #expect(exercise.amplification <= 2)
        }
    }

    private func mutated(_ seed: [UInt8], _ random: SeededRandom) -> [UInt8] {
        var bytes = seed
        for _ in 0..<random.below(0..<5) {
            let index = random.below(0..<bytes.count)
            switch random.below(0..<5) {
            case 0: bytes[index] = UInt8(random.below(0..<255))
            case 1: bytes[index] = Array("0123456789:ilde-".utf8)[random.below(0..<16)]
            case 2 where bytes.count > 1: bytes.remove(at: index)
            case 3: bytes.insert(Array("0123456789:ilde-".utf8)[random.below(0..<16)], at: index)
            default: bytes.removeLast(min(bytes.count - 1, random.below(0..<8)))
            }
        }
        return bytes
    }
}
