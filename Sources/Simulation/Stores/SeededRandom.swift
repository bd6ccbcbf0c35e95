internal import Model
internal import Synchronization

/// Random bytes that a seed repeats. SplitMix64 (Steele, Lea, Flood, “Fast splittable pseudorandom
/// number generators”, 2014); for simulations, never for keys of a product.
package final class SeededRandom: RandomSource {
    private let state: Mutex<UInt64>

    package init(seed: UInt64) {
        state = Mutex(seed)
    }

    package func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var word = state
            word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
            word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
            return word ^ (word >> 31)
        }
    }

    /// A number of `range`, each about as likely as the others.
    ///
    /// - Precondition: `range` is not empty.
    package func below(_ range: Range<Int>) -> Int {
        precondition(!range.isEmpty)
        return range.lowerBound + Int(next() % UInt64(range.count))
    }

    package func flip() -> Bool { next() & 1 == 1 }

    package func fill(_ bytes: UnsafeMutableRawBufferPointer) {
        for offset in bytes.indices { bytes[offset] = UInt8(truncatingIfNeeded: next()) }
    }
}
