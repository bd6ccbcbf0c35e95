/// Where unpredictable bytes come from. Comes in through `init`, so that a whole network can run
/// from one seed in tests.
package protocol RandomSource: Sendable {
    /// Fills all of `bytes`; never fails and never returns with less.
    func fill(_ bytes: UnsafeMutableRawBufferPointer)
}

extension RandomSource {
    /// `count` fresh bytes.
    package func bytes(_ count: Int) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: count) { target, initializedCount in
            fill(UnsafeMutableRawBufferPointer(target))
            initializedCount = count
        }
    }

    /// Thirty-two fresh bytes by value.
    package func bytes32() -> Bytes32 {
        Bytes32(filling: { fill($0) })
    }
}
