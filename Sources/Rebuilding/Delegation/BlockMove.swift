package import Model
internal import Placement
package import Suppliers

/// A fragment that a rebuilder has stored for an owner: what the owner's catalog learns at the next
/// contact, with the supplier's receipt, which pays the supplier and proves it.
///
/// ```
/// offset  length  field                          docs/formats/rebuilder.md
///      0       8  magic "BDMOVE01"
///      8       8  sequence                       of the rebuilder's moves for this owner
///     16       8  row                            what the owner calls the block
///     24       1  position
///     25     180  receipt                        says which supplier and fragment
///    205       4  CRC-32C of all before it
/// ```
///
/// Golden file: `fixtures/rebuilder/move-v1.bin`.
package struct BlockMove: Hashable, Sendable {
    package let sequence: UInt64
    package let row: Int64
    package let position: Int
    package let receipt: Receipt

    package static let length = 209
    private static let format = "block move"
    private static let magic: StaticString = "BDMOVE01"
    private static let receiptLength = 180

    /// - Precondition: `position` is one of a block's.
    package init(sequence: UInt64, row: Int64, position: Int, receipt: Receipt) {
        precondition((0..<Limits.fragmentCountMax).contains(position))
        self.sequence = sequence
        self.row = row
        self.position = position
        self.receipt = receipt
    }

    package func encoded() -> [UInt8] {
        var writer = ByteWriter(reserving: BlockMove.length)
        writer.magic(BlockMove.magic)
        writer.integer(sequence)
        writer.integer(row)
        writer.byte(UInt8(position))
        writer.raw(receipt.encoded())
        writer.checksum()
        return writer.bytes
    }

    /// Reads the fields. The receipt's signature is the owner's to check.
    package init(_ bytes: [UInt8]) throws(FormatError) {
        let format = BlockMove.format
        var reader = try ByteReader(checked: bytes, format: format)
        try reader.expect(BlockMove.magic)
        sequence = try reader.integer()
        row = try reader.integer()
        position = Int(try reader.byte())
        guard position < Limits.fragmentCountMax else {
            throw .invalid(format: format, field: "position")
        }
        receipt = try Receipt(reader.take(BlockMove.receiptLength))
        try reader.finish()
    }
}

extension SealedBlock {
    /// The block with a fragment on another supplier; the place before stays as a spare.
    package func moving(_ position: Int, to supplier: SupplierID) -> SealedBlock {
        guard holdings.places.indices.contains(position) else { return self }
        var (places, isHeld, spares) = (holdings.places, holdings.isHeld, holdings.spares)
        if isHeld[position], places[position] != supplier {
            spares.append(.init(position: position, supplier: places[position]))
        }
        spares.removeAll { $0.supplier == supplier && $0.position == position }
        places[position] = supplier
        isHeld[position] = true
        return with(places, isHeld, spares)
    }

    /// The block without the copy on a supplier.
    package func losing(_ position: Int, on supplier: SupplierID) -> SealedBlock {
        guard holdings.places.indices.contains(position) else { return self }
        var isHeld = holdings.isHeld
        if holdings.places[position] == supplier { isHeld[position] = false }
        let spares = holdings.spares.filter {
            $0.position != position || $0.supplier != supplier
        }
        return with(holdings.places, isHeld, spares)
    }

    private func with(
        _ places: [SupplierID], _ isHeld: [Bool], _ spares: [BlockHoldings.Spare]
    ) -> SealedBlock {
        SealedBlock(
            holdings: BlockHoldings(
                row: row, kind: holdings.kind, scheme: scheme, fragmentLength: fragmentLength,
                places: places, isHeld: isHeld, spares: spares), fragments: fragments)
    }
}
