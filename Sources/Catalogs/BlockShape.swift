package import Model

/// What a block has in common with many others: its scheme, and which suppliers hold what of it.
///
/// With one family there are as many shapes as it has suppliers, times the kinds and lengths of
/// blocks; each loss makes some more. Who wants to know how it stands with a million blocks asks
/// for the shapes and how many blocks each has.
///
/// ```
/// kind 1, data count 1, parity count 1, sealed length 4,
/// for each position: supplier 32, held 1; spares: count 4, each position 1, supplier 32
/// ```
package struct BlockShape: Hashable, Sendable {
    package let kind: BlockKind
    package let scheme: ErasureScheme
    package let length: BlockLength
    /// One for each position.
    package let places: [SupplierID]
    /// One for each position: whether the supplier has signed for it and not lost it since.
    package let isHeld: [Bool]
    package let spares: [Spare]

    package struct Spare: Hashable, Sendable {
        package let position: Int
        package let supplier: SupplierID
    }

    private static let format = "block shape"

    init(_ descriptor: BlockDescriptor, receipts: [Bool], spares: [Spare]) {
        kind = descriptor.kind
        scheme = descriptor.scheme
        length = descriptor.length
        places = descriptor.places.map(\.supplier)
        isHeld = places.indices.map { $0 < receipts.count && receipts[$0] }
        self.spares = spares.filter { descriptor.places.indices.contains($0.position) }
    }

    var encoded: [UInt8] {
        var writer = ByteWriter(reserving: 16 + 33 * (places.count + spares.count))
        writer.byte(kind.rawValue)
        writer.byte(UInt8(scheme.dataCount))
        writer.byte(UInt8(scheme.parityCount))
        writer.integer(UInt32(length.sealedLength))
        for (place, isHeld) in zip(places, isHeld) {
            writer.identifier(place)
            writer.byte(isHeld ? 1 : 0)
        }
        writer.integer(UInt32(spares.count))
        for spare in spares {
            writer.byte(UInt8(spare.position))
            writer.identifier(spare.supplier)
        }
        return writer.bytes
    }

    init(_ bytes: [UInt8]) throws(FormatError) {
        var reader = ByteReader(bytes, format: BlockShape.format)
        guard let kind = BlockKind(rawValue: try reader.byte()),
            let scheme = ErasureScheme(
                dataCount: Int(try reader.byte()), parityCount: Int(try reader.byte())),
            let length = BlockLength(exactly: Int(try reader.integer(UInt32.self)))
        else { throw .invalid(format: BlockShape.format, field: "scheme") }
        var (places, isHeld): ([SupplierID], [Bool]) = ([], [])
        for _ in 0..<scheme.fragmentCount {
            places.append(try reader.identifier())
            isHeld.append(try reader.byte() == 1)
        }
        let spareCount = Int(try reader.integer(UInt32.self))
        try reader.need(spareCount * 33)
        var spares: [Spare] = []
        for _ in 0..<spareCount {
            let position = Int(try reader.byte())
            guard position < scheme.fragmentCount else {
                throw .invalid(format: BlockShape.format, field: "spare")
            }
            spares.append(Spare(position: position, supplier: try reader.identifier()))
        }
        try reader.finish()
        (self.kind, self.scheme, self.length) = (kind, scheme, length)
        (self.places, self.isHeld, self.spares) = (places, isHeld, spares)
    }
}
