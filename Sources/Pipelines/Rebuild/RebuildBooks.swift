internal import Catalogs
internal import Model
internal import Placement
internal import Rebuilding

/// The catalog as a rebuild sees it: it hears what was stored and lost, and has the owner's device
/// sign headers as they are needed.
struct RebuildBooks: RebuildLedger, HeaderSource {
    let customer: Customer

    func stored(
        _ block: SealedBlock, position: Int, on supplier: SupplierID, releases: Int?
    ) throws {
        try customer.catalog.move(
            row: block.row, position: position, to: supplier, releases: releases)
    }

    func lost(_ block: SealedBlock, position: Int, on supplier: SupplierID) throws {
        try customer.catalog.lose(row: block.row, position: position, on: supplier)
    }

    func header(of block: SealedBlock, position: Int) throws -> FragmentHeader {
        guard let row = try customer.catalog.block(row: block.row) else {
            throw RebuildError.wrongHeader(row: block.row, position: position)
        }
        return try FragmentSigning(owner: customer.owner, random: customer.adapters.random)
            .header(of: row.descriptor, position: position)
    }

    /// A block as it is in the catalog now; `nil` when it was given up.
    func block(_ row: Int64) throws -> SealedBlock? {
        guard let found = try customer.catalog.block(row: row) else { return nil }
        return found.sealedBlock(spares: try customer.catalog.spares(rows: row...row)[row] ?? [])
    }

    /// Blocks of rows behind this one, ascending.
    func blocks(after row: Int64, limit: Int) throws -> [SealedBlock] {
        let rows = try customer.catalog.blocks(after: row, limit: limit)
        guard let first = rows.first, let last = rows.last else { return [] }
        let spares = try customer.catalog.spares(rows: first.id...last.id)
        return rows.map { $0.sealedBlock(spares: spares[$0.id] ?? []) }
    }

    /// Calls `body` with every block, a number of them at a time.
    func forEachGroup(
        of count: Int, _ body: ([(row: BlockRow, block: SealedBlock)]) throws -> Void
    ) throws {
        var last: Int64 = 0
        while true {
            let rows = try customer.catalog.blocks(after: last, limit: count)
            guard let first = rows.first, let end = rows.last else { return }
            let spares = try customer.catalog.spares(rows: first.id...end.id)
            try body(rows.map { ($0, $0.sealedBlock(spares: spares[$0.id] ?? [])) })
            last = end.id
        }
    }
}

extension BlockRow {
    func sealedBlock(spares: [SpareRow]) -> SealedBlock {
        let holdings = BlockHoldings(
            row: id, kind: descriptor.kind, scheme: descriptor.scheme,
            fragmentLength: descriptor.fragmentLength,
            places: descriptor.places.map(\.supplier), isHeld: receipts,
            spares: spares.filter { receipts.indices.contains($0.position) }.map {
                BlockHoldings.Spare(position: $0.position, supplier: $0.supplier)
            })
        return SealedBlock(holdings: holdings, fragments: descriptor.places.map(\.fragment))
    }
}
