package import Model
package import Placement
package import Suppliers

/// What a rebuild knows of a block: lengths, roots and suppliers. Not what is in it, nor its name.
package struct SealedBlock: Sendable {
    package let holdings: BlockHoldings
    /// One for each position: the root that its bytes must have.
    package let fragments: [FragmentID]

    /// - Precondition: one fragment for each position.
    package init(holdings: BlockHoldings, fragments: [FragmentID]) {
        precondition(fragments.count == holdings.places.count)
        self.holdings = holdings
        self.fragments = fragments
    }

    package var row: Int64 { holdings.row }
    package var scheme: ErasureScheme { holdings.scheme }
    package var fragmentLength: Int { holdings.fragmentLength }

    /// Suppliers that may have the fragment at a position, its place first.
    package func suppliers(of position: Int) -> [SupplierID] {
        (holdings.isHeld[position] ? [holdings.places[position]] : [])
            + holdings.spares.filter { $0.position == position }.map(\.supplier)
    }
}

/// Where the signed headers of rebuilt fragments come from: from the owner's device as they are
/// needed, or from a grant that the owner has signed them into
/// (docs/decisions/0060-headers-of-rebuilt-fragments.md).
package protocol HeaderSource: Sendable {
    /// - Throws: when there is none for this fragment.
    func header(of block: SealedBlock, position: Int) throws -> FragmentHeader
}

/// Who keeps the books: hears what a rebuild has found and done. Durable on return.
package protocol RebuildLedger: Sendable {
    /// A supplier has a receipt for the fragment: from now on this is its place. What `releases`
    /// names, a spare that it held, is no longer there.
    func stored(
        _ block: SealedBlock, position: Int, on supplier: SupplierID, releases: Int?
    ) throws
    /// The supplier has the fragment no more, or has shown wrong bytes.
    func lost(_ block: SealedBlock, position: Int, on supplier: SupplierID) throws
    /// What a supplier has signed for a fragment, before it is booked as stored.
    func signed(_ receipt: Receipt, for block: SealedBlock, position: Int) throws
}

extension RebuildLedger {
    /// An owner's own catalog needs none: the supplier is asked again.
    package func signed(_ receipt: Receipt, for block: SealedBlock, position: Int) throws {}
}
