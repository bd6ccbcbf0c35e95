package import Model

/// Which supplier gets which fragment, for one stable family of suppliers.
///
/// Every block uses the same family, so that all blocks fail together or not at all: with a stable
/// family the chance of any loss is the chance for one block. Positions rotate from block to block,
/// so that data and parity are spread evenly and a restore reads from all suppliers.
///
/// - SeeAlso: Cidon et al., “Copysets: Reducing the Frequency of Data Loss in Cloud Storage”, 2013.
package struct FamilyPlan: Sendable {
    /// In the order in which they joined.
    package let suppliers: [SupplierID]
    package let scheme: ErasureScheme

    /// - Throws: ``PlacementError/tooFewSuppliers(have:need:)`` unless each fragment of a block can
    ///   have a supplier of its own.
    package init(suppliers: [SupplierID], scheme: ErasureScheme) throws(PlacementError) {
        guard Set(suppliers).count == suppliers.count, suppliers.count >= scheme.fragmentCount
        else { throw .tooFewSuppliers(have: suppliers.count, need: scheme.fragmentCount) }
        self.suppliers = suppliers
        self.scheme = scheme
    }

    /// One supplier for each position, no supplier twice.
    package func assignment(blockNumber: UInt64) -> [SupplierID] {
        let start = Int(blockNumber % UInt64(suppliers.count))
        return (0..<scheme.fragmentCount).map { suppliers[(start + $0) % suppliers.count] }
    }

    /// Receipts without which a block does not count as stored: its data fragments and half of the
    /// parity, rounded down, so that one supplier that is off stops no backup that has parity.
    package static func receiptsNeeded(_ scheme: ErasureScheme) -> Int {
        scheme.dataCount + scheme.parityCount / 2
    }
}
