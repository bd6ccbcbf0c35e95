import ErasureCoding
import Model

/// A seeded stream of bytes: SplitMix64.
struct Seeded {
    private var state: UInt64

    init(_ seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(limit)) }

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: next() >> 32) }
    }

    /// `count` different positions below `limit`, ascending.
    mutating func positions(_ count: Int, below limit: Int) -> [Int] {
        var pool = Array(0..<limit)
        for index in 0..<count { pool.swapAt(index, index + below(limit - index)) }
        return pool[0..<count].sorted()
    }
}

/// All fragments of one block, and the arithmetic of losing some.
struct Stripe {
    let scheme: ErasureScheme
    let fragments: [[UInt8]]

    init(_ code: some ErasureCode, length: Int, seed: UInt64) throws {
        var random = Seeded(seed)
        let data = (0..<code.scheme.dataCount).map { _ in random.bytes(length) }
        self.scheme = code.scheme
        self.fragments = data + (try code.parity(of: data))
    }

    func present(_ positions: [Int]) -> [(position: Int, bytes: [UInt8])] {
        positions.map { (position: $0, bytes: fragments[$0]) }
    }

    func others(than positions: [Int]) -> [Int] {
        fragments.indices.filter { !positions.contains($0) }
    }

    /// Whether `code` recomputes every fragment outside `positions` from those within.
    func survives(on positions: [Int], code: some ErasureCode) throws -> Bool {
        let missing = others(than: positions)
        let found = try code.reconstruct(missing, from: present(positions))
        return found == missing.map { fragments[$0] }
    }
}

func scheme(_ text: String) -> ErasureScheme { ErasureScheme(text)! }

/// Parity by the formula of docs/formats/erasure-code.md, byte by byte.
func parityByFormula(_ data: [[UInt8]], scheme: ErasureScheme) -> [[UInt8]] {
    (0..<scheme.parityCount).map { row in
        data[0].indices.map { at in
            data.indices.reduce(0) { sum, column in
                let point = UInt8((scheme.dataCount + row) ^ column)
                return sum ^ GaloisField.quotient(data[column][at], point)
            }
        }
    }
}
