internal import Model
internal import Suppliers

/// One block while it is worked on.
struct BlockWork {
    let block: SealedBlock
    var outcome = Rebuilder.Outcome()
    /// Copies that are not asked again.
    private var excluded: Set<Copy> = []

    private struct Copy: Hashable {
        let supplier: SupplierID
        let position: Int
    }

    init(_ block: SealedBlock) {
        self.block = block
    }

    func mayAsk(_ supplier: SupplierID, _ position: Int) -> Bool {
        !excluded.contains(Copy(supplier: supplier, position: position))
            && !outcome.suppliersFailed.contains(supplier)
    }

    mutating func exclude(_ supplier: SupplierID, _ position: Int) {
        excluded.insert(Copy(supplier: supplier, position: position))
    }

    /// Positions that may still be read, one supplier for each; data before parity, since data
    /// needs no arithmetic where it is among what is wanted.
    func sources(without missing: [Int], isOpen: (SupplierID) -> Bool) -> [Source] {
        block.fragments.indices.compactMap { position in
            guard !missing.contains(position) else { return nil }
            let supplier = block.suppliers(of: position).first {
                isOpen($0) && mayAsk($0, position)
            }
            return supplier.map {
                Source(position: position, supplier: $0, fragment: block.fragments[position])
            }
        }
    }
}
