import Model
import Testing

@testable import Sealing

struct RootGenerationTests {
    @Test func `every generation has a key of its own, and the first is the one it was`() {
        let seed = RootSeed(SecretBytes(Bytes32((0..<32).map { UInt8($0) })!))
        let keys = (0..<6).map { seed.identitySeed(generation: $0) }
        #expect(keys[0] == seed.identitySeed)
        for (index, key) in keys.enumerated() {
            for other in keys[(index + 1)...] { #expect(key != other) }
            #expect(seed.identitySeed(generation: index) == key)
        }
        // The labels are for ever: a key that a document has committed to must come out again.
        let golden = [
            "36af797f144e23c8680bb914db059f761519f610659bc642bc74b99561fcdfe5",
            "17e9b1797af50d8c57cb4b782e3fb6e7a3b894876563afad7df4a7a178b3670d",
        ]
        for (number, text) in golden.enumerated() {
            #expect(keys[number + 1].withBytes { Hex.encode($0) } == text)
        }
    }
}
