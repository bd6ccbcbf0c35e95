internal import Model

/// Chooses the suppliers that get the fragments of one block.
struct RebuildTargets {
    enum Choice {
        /// It gives up the spare at position `releases`.
        case supplier(SupplierID, releases: Int?)
        /// Those that have room have had their share of bytes.
        case later
        case nobody
    }

    private let block: BlockAssessment
    private let releasesSpares: Bool
    /// Suppliers that hold a fragment of the block, or will, and which.
    private var positions: [SupplierID: Int] = [:]
    /// Suppliers that hold nothing of the block but a spare.
    private var spares: [SupplierID: Int] = [:]

    init(_ block: BlockAssessment, releasesSpares: Bool = true) {
        self.block = block
        self.releasesSpares = releasesSpares
        for (position, copy) in block.best.enumerated() {
            if let copy { positions[copy.supplier] = position }
        }
        for spare in block.holdings.spares where positions[spare.supplier] == nil {
            spares[spare.supplier] = spare.position
        }
        // The place of a fragment that is given up holds it again if it ever comes back.
        for (position, place) in block.holdings.places.enumerated()
        where block.holdings.isHeld[position] && positions[place] == nil {
            spares[place] = position
        }
    }

    /// The fragment's own place where that answers and has room; else a supplier with nothing of
    /// the block, else one with only a spare of it. Among equals a number worked out from block and
    /// supplier decides: it spreads blocks over suppliers, and a plan that is made again after a
    /// crash, or by another rebuilder, chooses the same.
    mutating func choose(
        _ position: Int, length: Int, _ suppliers: [SupplierID: SupplierView]
    ) -> Choice {
        let open = suppliers.values.filter {
            $0.answers && !$0.isLeaving && $0.freeByteCount >= length && positions[$0.id] == nil
                && (releasesSpares || (spares[$0.id] ?? position) == position)
        }
        let trusted = open.filter { !$0.isDistrusted }
        // Better with one that loses things than nowhere.
        let fitting =
            trusted.isEmpty ? open.filter { $0.id == block.holdings.places[position] } : trusted
        guard !fitting.isEmpty else { return .nobody }
        let chosen = fitting.filter { $0.byteBudget >= length }.min {
            rank($0.id, position) < rank($1.id, position)
        }
        guard let chosen else { return .later }
        positions[chosen.id] = position
        let spare = spares.removeValue(forKey: chosen.id)
        return .supplier(chosen.id, releases: spare == position ? nil : spare)
    }

    private func rank(_ supplier: SupplierID, _ position: Int) -> (Int, UInt64) {
        if supplier == block.holdings.places[position] { return (0, 0) }
        let words = supplier.bytes.words
        var mixed = words.0 ^ words.1 ^ UInt64(bitPattern: block.holdings.row)
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return (spares[supplier] == nil ? 1 : 2, mixed ^ (mixed >> 31))
    }
}
