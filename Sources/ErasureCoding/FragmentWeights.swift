internal import Model

/// What each source fragment contributes to each target fragment of one loss pattern.
///
/// The code is a generalised Reed-Solomon code: with positions as elements of GF(2^8), D the data
/// positions and w(z) the product of z + y over all y ≠ z of D, the values w(z) * fragment(z) are
/// those of one polynomial of degree below `dataCount`. Lagrange interpolation through any
/// `dataCount` sources S, with l(z) the product of z + s over all s ≠ z of S, gives
///
///     fragment(t) = sum over s of S: (r(t) / r(s)) / (t + s) * fragment(s),   r(z) = l(z) / w(z)
///
/// No matrix is inverted, and no set of sources is singular. For S = D every r is 1.
///
/// - SeeAlso: Roth, Seroussi, "On generator matrices of MDS codes", 1985.
struct FragmentWeights {
    /// The `dataCount` positions computed from, ascending.
    let sources: [Int]
    /// r(z) for each position of the scheme.
    private let ratios: [UInt8]

    init(scheme: ErasureScheme, sources: [Int]) {
        self.sources = sources
        self.ratios = (0..<scheme.fragmentCount).map { position in
            GaloisField.quotient(
                FragmentWeights.distance(from: position, to: sources),
                FragmentWeights.distance(from: position, to: 0..<scheme.dataCount))
        }
    }

    func ratio(_ position: Int) -> UInt8 { ratios[position] }

    /// The factor of fragment `source` in fragment `target`.
    func coefficient(target: Int, source: Int) -> UInt8 {
        let ratio = GaloisField.quotient(ratios[target], ratios[source])
        return GaloisField.quotient(ratio, UInt8(target ^ source))
    }

    /// The product of position + other over all others but the position itself.
    static func distance(from position: Int, to others: some Sequence<Int>) -> UInt8 {
        others.reduce(1) { product, other in
            other == position ? product : GaloisField.product(product, UInt8(position ^ other))
        }
    }
}
