internal import Model

/// SipHash-2-4 under a key of 128 bits: a pseudorandom function of short inputs, for tokens,
/// transaction ids and whatever an outsider must not foresee.
///
/// - SeeAlso: Aumasson, Bernstein, “SipHash: a fast short-input PRF”, 2012.
package struct SipHash: Sendable {
    private let key: (UInt64, UInt64)

    package init(key: (UInt64, UInt64)) {
        self.key = key
    }

    /// Of the words one after the other, as little-endian bytes.
    package func callAsFunction(_ first: UInt64, _ second: UInt64, _ third: UInt64) -> UInt64 {
        var state = State(key: key)
        state.absorb(first)
        state.absorb(second)
        state.absorb(third)
        return state.finish(byteCount: 24)
    }

    package func callAsFunction(_ bytes: [UInt8]) -> UInt64 {
        var state = State(key: key)
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() {
            word |= UInt64(byte) << UInt64(index % 8 * 8)
            if index % 8 == 7 {
                state.absorb(word)
                word = 0
            }
        }
        return state.finish(byteCount: bytes.count, tail: word)
    }

    private struct State {
        var a, b, c, d: UInt64

        init(key: (UInt64, UInt64)) {
            a = key.0 ^ 0x736f_6d65_7073_6575
            b = key.1 ^ 0x646f_7261_6e64_6f6d
            c = key.0 ^ 0x6c79_6765_6e65_7261
            d = key.1 ^ 0x7465_6462_7974_6573
        }

        @inline(__always)
        mutating func absorb(_ word: UInt64) {
            d ^= word
            round()
            round()
            a ^= word
        }

        mutating func finish(byteCount: Int, tail: UInt64 = 0) -> UInt64 {
            absorb(UInt64(truncatingIfNeeded: byteCount) << 56 | tail)
            c ^= 0xff
            for _ in 0..<4 { round() }
            return a ^ b ^ c ^ d
        }

        @inline(__always)
        private mutating func round() {
            a &+= b
            b = (b << 13 | b >> 51) ^ a
            a = a << 32 | a >> 32
            c &+= d
            d = (d << 16 | d >> 48) ^ c
            a &+= d
            d = (d << 21 | d >> 43) ^ a
            c &+= b
            b = (b << 17 | b >> 47) ^ c
            c = c << 32 | c >> 32
        }
    }
}

/// All randomness of one core, from one seed: repeatable by who knows the seed, unforeseeable to
/// everyone else.
struct SecretStream: Sendable {
    private enum Purpose {
        static let draws: UInt64 = 1
        static let tokens: UInt64 = 2
        static let tags: UInt64 = 3
    }

    private let hash: SipHash
    private var count: UInt64 = 0

    init(seed: Bytes32) {
        hash = SipHash(
            key: (seed.words.0 ^ seed.words.2, seed.words.1 ^ seed.words.3))
    }

    mutating func next() -> UInt64 {
        count += 1
        return hash(Purpose.draws, count, 0)
    }

    /// A number from 0 up to, not including, `bound`.
    ///
    /// - Precondition: `bound` is positive.
    mutating func below(_ bound: UInt64) -> UInt64 {
        next().multipliedFullWidth(by: bound).high
    }

    mutating func nodeID() -> NodeID {
        NodeID(high: next(), middle: next(), low: UInt32(truncatingIfNeeded: next()))
    }

    /// What a node at `address` must show in period `period`.
    func token(for address: IPAddress, period: UInt64) -> UInt64 {
        switch address {
        case .v4(let word): hash(Purpose.tokens | period << 8, UInt64(word), 4)
        case .v6(let high, let low): hash(Purpose.tokens | 1 << 7 | period << 8, high, low)
        }
    }

    /// A number for `address`, always the same, that outsiders cannot make collide on purpose.
    func tag(of address: IPAddress, port: UInt16 = 0) -> UInt64 {
        switch address {
        case .v4(let word): hash(Purpose.tags | UInt64(port) << 8, UInt64(word), 4)
        case .v6(let high, let low): hash(Purpose.tags | 1 << 7 | UInt64(port) << 8, high, low)
        }
    }
}
