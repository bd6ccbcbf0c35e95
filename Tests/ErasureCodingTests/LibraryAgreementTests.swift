import ErasureCoding
import Model
import Testing

/// Ours against liberasurecode, where Debian's library has its ISA-L backend.
@Suite(.enabled(if: (try? LibErasureCode(scheme: scheme("4+2"))) != nil))
struct LibraryAgreementTests {
    static let schemes = [
        "1+1", "1+4", "2+1", "2+2", "3+2", "4+2", "4+4", "5+3", "8+8", "10+6", "8+12", "16+16",
        "29+3", "31+1", "20+12",
    ]

    @Test(arguments: schemes)
    func `both make the same fragments`(_ text: String) throws {
        let library = try LibErasureCode(scheme: scheme(text))
        for length in [1, 15, 16, 17, 64, 1000, 4096] {
            let theirs = try Stripe(library, length: length, seed: 3)
            let ours = try Stripe(ReedSolomon(scheme: scheme(text)), length: length, seed: 3)
            #expect(ours.fragments == theirs.fragments, "\(length) bytes")
        }
    }

    @Test(arguments: schemes)
    func `each recomputes what the other made`(_ text: String) throws {
        let library = try LibErasureCode(scheme: scheme(text))
        let own = ReedSolomon(scheme: scheme(text))
        let theirs = try Stripe(library, length: 100, seed: 4)
        let ours = try Stripe(own, length: 100, seed: 5)
        var random = Seeded(6)
        for _ in 0..<10 {
            let kept = random.positions(own.scheme.dataCount, below: own.scheme.fragmentCount)
            #expect(try theirs.survives(on: kept, code: own), "\(kept)")
            #expect(try ours.survives(on: kept, code: library), "\(kept)")
        }
    }

    @Test func `more than 32 fragments and no parity are unsupported`() {
        for text in ["29+4", "29+51", "1+0", "8+0"] {
            #expect(throws: ErasureError.unsupportedScheme(scheme(text))) {
                try LibErasureCode(scheme: scheme(text))
            }
        }
    }
}
