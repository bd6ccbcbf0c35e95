package import Model

/// Which fragments of a block are on which suppliers, as the customer's catalog knows it.
///
/// A *place* is where a fragment belongs; a *spare* is a copy that stayed behind when its fragment
/// was moved away from a supplier that was thought gone. A spare costs nothing until it is needed,
/// and saves a rebuild when it is.
package struct BlockHoldings: Hashable, Sendable {
    /// The block's row in the catalog: its name in plans.
    package let row: Int64
    package let kind: BlockKind
    package let scheme: ErasureScheme
    /// Bytes of each fragment.
    package let fragmentLength: Int
    /// One for each position.
    package let places: [SupplierID]
    /// One for each position: false when its supplier never signed for it, says that it is gone, or
    /// has shown wrong bytes.
    package let isHeld: [Bool]
    package let spares: [Spare]

    /// A copy of a fragment beside its place.
    package struct Spare: Hashable, Sendable {
        package let position: Int
        package let supplier: SupplierID

        package init(position: Int, supplier: SupplierID) {
            self.position = position
            self.supplier = supplier
        }
    }

    /// - Precondition: `places` and `isHeld` have one entry for each fragment of the scheme, and
    /// the   spares are of its positions.
    package init(
        row: Int64, kind: BlockKind, scheme: ErasureScheme, fragmentLength: Int,
        places: [SupplierID], isHeld: [Bool], spares: [Spare] = []
    ) {
        precondition(places.count == scheme.fragmentCount && isHeld.count == places.count)
        precondition(spares.allSatisfy { places.indices.contains($0.position) })
        self.row = row
        self.kind = kind
        self.scheme = scheme
        self.fragmentLength = fragmentLength
        self.places = places
        self.isHeld = isHeld
        self.spares = spares
    }
}
