package import Model

/// How much loss a backup must stand.
package enum Redundancy: Hashable, Sendable {
    /// As the suppliers at hand allow.
    case automatic
    /// Any so many suppliers may go.
    case survive(Int)
    case scheme(ErasureScheme)
}

/// Why suppliers cannot give what was asked for.
package enum PlacementError: Error, Equatable, Sendable {
    case noSuppliers
    /// A scheme puts each fragment of a block on a supplier of its own.
    case tooFewSuppliers(have: Int, need: Int)
}

extension Redundancy {
    /// The scheme for so many suppliers.
    ///
    /// - Throws: ``PlacementError`` when there are too few of them.
    package func scheme(supplierCount: Int) throws(PlacementError) -> ErasureScheme {
        guard supplierCount > 0 else { throw .noSuppliers }
        switch self {
        case .automatic:
            guard let scheme = ErasureScheme.automatic(supplierCount: supplierCount) else {
                throw .noSuppliers
            }
            return scheme
        case .survive(let lossCount):
            // One data fragment is left when all the others may go.
            let usable = min(supplierCount, Limits.fragmentCountMax)
            guard
                let scheme = ErasureScheme.surviving(lossCount, supplierCount: usable)
            else { throw .tooFewSuppliers(have: supplierCount, need: lossCount + 1) }
            return scheme
        case .scheme(let scheme):
            guard scheme.fragmentCount <= supplierCount else {
                throw .tooFewSuppliers(have: supplierCount, need: scheme.fragmentCount)
            }
            return scheme
        }
    }
}
